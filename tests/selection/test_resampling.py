"""Draws a block at a time: which they are, and that it does not matter who is in the block."""

from __future__ import annotations

import numpy as np
import pytest

from configspec.selection import drawn_rates
from configspec.selection import resampling as module
from configspec.selection.drawn_figures import DrawnFigures
from configspec.selection.resampling import Resampling
from configspec.theory.figures import Estimate
from configspec.theory.ids import configuration_id
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.statistics import resample_weights

RESAMPLES = 40


def configuration(number: int, k: int, *, sha: str | None, rounds: int, prompts: int) -> Configuration:
    luck = np.random.default_rng([number, k])
    figure = Estimate(value=0.5, low=0.4, high=0.6, confidence=0.95, n=5)
    return Configuration(
        id=configuration_id("orin", "llama", f"d{number}", "Q8_0", k),
        round_s=figure,
        round_samples_s=tuple(luck.uniform(1, 2, size=rounds).tolist()),
        acceptance=Acceptance(
            rate=figure,
            rounds=None,
            drafted=None,
            accepted=None,
            by_prompt=tuple((9, int(a)) for a in luck.integers(9 * k, size=prompts)),
            prompts_sha256=sha,
        ),
        power_w=None,
        provenance="measured",
    )


KINDS = (("ab", 5, 7), ("cd", 6, 7), (None, 5, 4), ("ab", 1, 7), ("ab", 4, 0))
MIXED = [
    configuration(number, k, sha=sha, rounds=rounds, prompts=prompts)
    for number, (sha, rounds, prompts) in enumerate(
        [("ab", 5, 7), ("cd", 6, 7), (None, 5, 4), ("ab", 1, 7), ("ab", 4, 0)]
    )
    for k in (1, 3, 2)
]


def ends(figures: DrawnFigures, row: int) -> tuple[list[float], ...]:
    """Alpha and round of one configuration, at both ends, as long as the resamples."""
    of_figures = (figures.alpha.low, figures.alpha.high, figures.round_s.low, figures.round_s.high)
    return tuple(np.broadcast_to(end[row], RESAMPLES).tolist() for end in of_figures)


def draws_of(resampling: Resampling) -> dict[int, tuple[list[float], ...]]:
    return {column: ends(some, row) for columns, some in resampling.blocks() for row, column in enumerate(columns)}


def resampling(seed: int = 3) -> Resampling:
    return Resampling(MIXED, Serving(), resamples=RESAMPLES, rng=np.random.default_rng(seed))


def test_prompts_are_drawn_first_then_rounds_each_in_the_order_of_first_appearance() -> None:
    """By the definition, all at once: weights times counts, and sorted resamples. What is not sampled stays bounded."""
    rng = np.random.default_rng(3)
    found = draws_of(resampling())
    assert sorted(found) == list(range(len(MIXED)))
    sets = [[0, 1, 2, 9, 10, 11], [3, 4, 5], [6], [7], [8]]  # those without a hash are each its own
    for columns in sets:
        weights = resample_weights(len(MIXED[columns[0]].acceptance.by_prompt), RESAMPLES, rng)
        for column in columns:
            drawn = weights @ np.array(MIXED[column].acceptance.by_prompt, dtype=np.float64)
            rates = (drawn[:, 1] / (MIXED[column].k * drawn[:, 0])).tolist()
            assert found[column][:2] == (rates, rates)
    for columns in ([0, 1, 2], [3, 4, 5], [6, 7, 8], [12, 13, 14]):
        rounds = len(MIXED[columns[0]].round_samples_s)
        places = rng.integers(rounds, size=(RESAMPLES, rounds))
        for column in columns:
            medians = np.median(np.array(MIXED[column].round_samples_s)[places], axis=1).tolist()
            assert found[column][2:] == (medians, medians)
    bounds = ([0.4] * RESAMPLES, [0.6] * RESAMPLES)
    assert all(found[column][2:] == bounds for column in (9, 10, 11))
    assert all(found[column][:2] == bounds for column in (12, 13, 14))


@pytest.mark.parametrize(("block", "kept"), [(1, 0), (4, 1), (100, 100)])
def test_blocks_and_what_is_kept_change_no_draw(monkeypatch: pytest.MonkeyPatch, block: int, kept: int) -> None:
    """What is drawn again is what was drawn before; a few are as they are among all."""
    expected = draws_of(resampling())
    monkeypatch.setattr(module, "BLOCK", block)
    monkeypatch.setattr(drawn_rates, "KEPT", kept)
    again = resampling()
    few = again.of({0, 7, 10})
    assert draws_of(again) == expected
    assert {column: ends(figures, 0) for column, figures in few.items()} == {
        column: expected[column] for column in (0, 7, 10)
    }


def test_where_the_generator_is_left_does_not_depend_on_who_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor on the size of a block: whoever draws next from it draws the same."""
    left = set()
    for block in (1, 4, 100):
        monkeypatch.setattr(module, "BLOCK", block)
        for asked in ({0}, {7, 10}, set(range(len(MIXED)))):
            rng = np.random.default_rng(3)
            one = Resampling(MIXED, Serving(), resamples=RESAMPLES, rng=rng)
            one.of(asked)
            list(one.blocks())
            left.add(rng.random())
    assert len(left) == 1
