"""Testbeds whose true figures are known, and what a run measures of them, with the luck that runs have.

    prompts     a population of texts, some easy for every draft and some for one; a run asks a few, the same of all
    passes      each pass over a cell is slower or faster by `between_passes`, for all its rounds and K
    rounds      each token of a round takes its time by `within_pass`; the rounds of K are beginnings of the longest
    disturbed   in a few passes somebody else used the board: they are slower by a fifth or more

The truth is the value over the whole population, at the speed of an undisturbed median pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from configspec.theory.acceptance.chain import replay_each
from configspec.theory.figures import Estimate
from configspec.theory.ids import Cell, Drafter
from configspec.theory.objectives.objective import Objective, objective_value
from configspec.theory.passes import counting
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

KS = (1, 2, 3, 4, 5, 6, 8)
POPULATION, TOKENS = 200, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """What differs between two runs of the same testbed, as shares of a time; and how much a run measures."""

    prompts: int = 30
    passes: int = 2
    rounds: int = 10
    between_passes: float = 0.015
    within_pass: float = 0.03
    disturbed: float = 0.03


class KnownTestbed:
    """A device with some cells: what is true of them, and runs that measure it."""

    def __init__(
        self, rng: np.random.Generator, *, cells: int = 6, ks: Sequence[int] = KS, alike: bool = False
    ) -> None:
        """`alike`: the cells differ by next to nothing, so that chance alone decides who seems to be the best."""
        self.ks = ks
        self.cells = [
            Cell(device="orin", family="llama", drafter=Drafter(draft=f"d{number}", quant="Q8_0"))
            for number in range(cells)
        ]
        # Drafts of one family: what is larger accepts more, and takes longer.
        size = np.zeros(cells) if alike else rng.normal(size=cells)
        own = 0.05 * rng.normal(size=(2, cells)) * (0.1 if alike else 1)
        self._token_s = 0.05 * np.exp(0.15 * size + own[0])
        skill = 0.8 + 0.25 * size + 2 * own[1]
        easy = rng.normal(0, 0.8, size=(POPULATION, 1))
        logits = skill + easy + rng.normal(0, 0.4, size=(POPULATION, cells))
        matches = rng.random((TOKENS, POPULATION, cells)) < 1 / (1 + np.exp(-logits))
        self._counts = np.array(  # (cells, K, prompts, 2): rounds and accepted
            [
                [
                    [(one.rounds, one.accepted) for one in replay_each(matches[:, prompt, cell].tolist(), ks)]
                    for prompt in range(POPULATION)
                ]
                for cell in range(cells)
            ]
        ).swapaxes(1, 2)

    def truth(self, objective: Objective, serving: Serving) -> dict[Configuration, float]:
        """The true value of each configuration."""
        everyone = np.arange(POPULATION)
        found = {}
        for number in range(len(self.cells)):
            for place, k in enumerate(self.ks):
                one = self.configuration(number, place, [[self._token_s[number] * k]], everyone)
                found[one] = objective_value(objective, one, serving)
        return found

    def run(self, rng: np.random.Generator, luck: Luck) -> list[Configuration]:
        """What one run measures: the same prompts of every cell, each cell in its own passes."""
        return KnownRun(self, rng, luck).configurations()

    def timed(self, number: int, rng: np.random.Generator, luck: Luck) -> NDArray[np.float64]:
        """Seconds of each token of the longest rounds of a cell, (passes, rounds, longest K)."""
        speed = np.exp(luck.between_passes * rng.normal(size=luck.passes))
        speed *= np.where(rng.random(luck.passes) < luck.disturbed, rng.uniform(1.2, 1.5, size=luck.passes), 1.0)
        of_round = np.exp(luck.within_pass * rng.normal(size=(luck.passes, luck.rounds)))
        of_token = np.exp(luck.within_pass * rng.normal(size=(luck.passes, luck.rounds, self.ks[-1])))
        times: NDArray[np.float64] = of_round[:, :, np.newaxis] * of_token * speed[:, np.newaxis, np.newaxis]
        times *= self._token_s[number]
        return times

    def configuration(
        self, number: int, place: int, passes: Sequence[Sequence[float]], prompts: NDArray[np.int64]
    ) -> Configuration:
        """A cell at the K in this place, as so many prompts and passes have it."""
        k = self.ks[place]
        by_prompt = self._counts[number, place, prompts]
        rounds, accepted = by_prompt.sum(axis=0).tolist()
        counted = counting(passes)
        samples = tuple(s for of_pass, counts in zip(passes, counted, strict=True) if counts for s in of_pass)
        return Configuration(
            id=self.cells[number].at(k),
            round_s=_figure(median(samples)),
            round_samples_s=samples,
            pass_samples_s=tuple(map(tuple, passes)),
            acceptance=Acceptance(
                rate=_figure(accepted / (k * rounds)),
                rounds=rounds,
                drafted=k * rounds,
                accepted=accepted,
                by_prompt=tuple(map(tuple, by_prompt.tolist())),
                prompts_sha256="ab" * 32,
            ),
            power_w=None,
            provenance="measured",
        )


class KnownRun:
    """One run over a testbed, whose cells may be timed again, and asked more prompts."""

    def __init__(self, testbed: KnownTestbed, rng: np.random.Generator, luck: Luck) -> None:
        self._testbed, self._rng, self._luck = testbed, rng, luck
        self._asked = rng.integers(POPULATION, size=luck.prompts)
        self._passes = [testbed.timed(number, rng, luck) for number in range(len(testbed.cells))]

    def configurations(self) -> list[Configuration]:
        """All that is known."""
        return [one for cell in self._testbed.cells for one in self.of(cell)]

    def more(self, cell: Cell, passes: int) -> list[Configuration]:
        """Time a cell so many times more."""
        number = self._testbed.cells.index(cell)
        found = self._testbed.timed(number, self._rng, replace(self._luck, passes=passes))
        self._passes[number] = np.concatenate([self._passes[number], found])
        return self.of(cell)

    def ask(self, prompts: int) -> list[Configuration]:
        """Ask all cells so many more prompts; what is known then."""
        self._asked = np.concatenate([self._asked, self._rng.integers(POPULATION, size=prompts)])
        return self.configurations()

    def of(self, cell: Cell) -> list[Configuration]:
        """What is known of a cell."""
        number = self._testbed.cells.index(cell)
        return [
            self._testbed.configuration(number, place, self._passes[number][:, :, :k].sum(axis=2).tolist(), self._asked)
            for place, k in enumerate(self._testbed.ks)
        ]


def _figure(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=value, confidence=1.0, n=0)
