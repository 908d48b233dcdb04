"""What the nightly rules do over months: false alarms among 500 cells, and how soon a true loss is found.

The rules are written again here for all cells at once. A test holds this against `judge_night`, which judges one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from configspec.regression.metrics import GOODPUT
from configspec.regression.nightly import Night, NightlyRules, judge_night
from configspec.regression.series import Measured, SeriesKey
from configspec.regression.spread import Spread, pooled_spread, spread_of
from configspec.theory.ids import configuration_id
from configspec.theory.student import t_quantile

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Runs = Callable[
    [np.random.Generator, int], Floats
]  # three runs of each cell in one night, log values, shape (3, cells)
Luck = Callable[[float, float], Runs]  # from a spread and the share of its square that a night's runs have in common

CELLS = 500
SERIES = SeriesKey(configuration=configuration_id("orin", "llama", "xs", "Q4_K_M", 4), metric=GOODPUT)


@dataclass
class Cells:
    """The last nights of all cells, and what the rules say of the next one. Every cell has the same nights."""

    rules: NightlyRules = field(default_factory=NightlyRules)
    series: int = CELLS
    prior: Spread | None = None
    first: list[Floats] = field(default_factory=list)  # of each night, the first run
    total: list[Floats] = field(default_factory=list)  # of each night, the sum over its runs, and their number
    count: list[Floats] = field(default_factory=list)

    def night(self, three: Floats) -> tuple[Bools, Bools]:
        """Which cells are shown worse, and which were measured again; the night is added to the history."""
        rules, level = self.rules, self.rules.confirmed_at(self.series)
        history = np.array(self.first[-rules.most :])
        before = history[: 1 - rules.recent]
        single = self._shift(three[0], 1.0, history)
        several = self._shift(*self._last_nights(three[:1]), before)
        again = self._beyond(*single, rules.suspect) | self._beyond(*several, rules.recent_suspect)
        of_three = self._shift(three.mean(axis=0), self._variance(np.array(3.0)), history)
        of_all = self._shift(*self._last_nights(three), before)
        worse = again & (self._loss(*of_three, level) | self._loss(*of_all, level))
        self.first.append(three[0])
        self.total.append(np.where(again, three.sum(axis=0), three[0]))
        self.count.append(np.where(again, 3.0, 1.0))
        return worse, again

    def _variance(self, runs: Floats) -> Floats:
        """Of the mean of a night's runs, in units of the spread's square."""
        share = self.rules.night_share
        variance: Floats = share + (1 - share) / runs
        return variance

    def _last_nights(self, tonight: Floats) -> tuple[Floats, Floats]:
        """The mean over the last nights, tonight's runs with them, and its variance."""
        counts = np.array([*self.count[1 - self.rules.recent :], np.full(tonight.shape[1], float(len(tonight)))])
        totals = np.array([*self.total[1 - self.rules.recent :], tonight.sum(axis=0)])
        weights = 1 / self._variance(counts)
        return (weights * totals / counts).sum(axis=0) / weights.sum(axis=0), 1 / weights.sum(axis=0)

    def _shift(self, new: Floats, weight: Floats | float, base: Floats) -> tuple[Floats, Floats, float]:
        own, degrees = base.var(axis=0, ddof=1), len(base) - 1.0
        if self.prior is not None and math.isinf(self.prior.degrees):
            own, degrees = np.full_like(own, self.prior.log_sd**2), math.inf
        elif self.prior is not None:
            both = degrees + self.prior.degrees
            own, degrees = (degrees * own + self.prior.degrees * self.prior.log_sd**2) / both, both
        return new - base.mean(axis=0), np.sqrt(own * (weight + 1 / len(base))), degrees

    def _loss(self, gain: Floats, chance: Floats, degrees: float, level: float) -> Bools:
        found: Bools = (gain < math.log1p(-GOODPUT.floor)) & (gain < -t_quantile(level, degrees) * chance)
        return found

    def _beyond(self, gain: Floats, chance: Floats, degrees: float, level: float) -> Bools:
        reach = t_quantile(level, degrees) * chance
        better: Bools = (gain > math.log1p(GOODPUT.floor)) & (gain > reach)
        return better | self._loss(gain, chance, degrees, level)


def gaussian(spread: float, share: float = 0.0) -> Runs:
    """Every cell has its own night, with `share` of the square, and its own runs."""

    def runs(rng: np.random.Generator, cells: int) -> Floats:
        night, own = rng.standard_normal(cells), rng.standard_normal((3, cells))
        drawn: Floats = math.sqrt(share) * night + math.sqrt(1 - share) * own
        return spread * drawn

    return runs


def weather(spread: float, share: float) -> Runs:
    """All cells have the same lucky and unlucky nights, with `share` of the square."""

    def runs(rng: np.random.Generator, cells: int) -> Floats:
        drawn: Floats = math.sqrt(share) * rng.standard_normal() + math.sqrt(1 - share) * rng.standard_normal(
            (3, cells)
        )
        return spread * drawn

    return runs


def repetitions(spread: float) -> Runs:
    """A run is the median of ten repetitions, each like the one before (correlation 0.8), around the run's own luck."""

    def runs(rng: np.random.Generator, cells: int) -> Floats:
        own = spread * rng.standard_normal((3, cells))
        around = np.zeros((3, cells, 10))
        around[..., 0] = rng.standard_normal((3, cells))
        for i in range(1, 10):
            around[..., i] = 0.8 * around[..., i - 1] + 0.6 * rng.standard_normal((3, cells))
        medians: Floats = np.median(own[..., None] + 0.02 * around, axis=-1)
        return medians

    return runs


def after(nights: int, runs: Runs, rng: np.random.Generator, cells: Cells, of: int = CELLS) -> Cells:
    """The cells after so many quiet nights, in which nothing was measured again."""
    for _ in range(nights):
        first = runs(rng, of)[0]
        cells.first.append(first)
        cells.total.append(first)
        cells.count.append(np.ones(of))
    return cells


def alarms(runs: Runs, cells: Cells, nights: int, seed: int = 1) -> float:
    """In which share of quiet nights any of 500 cells is shown worse."""
    rng = np.random.default_rng(seed)
    cells = after(30, runs, rng, cells)
    return float(np.mean([cells.night(runs(rng, CELLS))[0].any() for _ in range(nights)]))


def found_by(loss: float, nights: int, runs: Runs, cells: Cells, *, history: int = 30, seed: int = 2) -> list[float]:
    """The share of cells in which a loss was shown by its first night, its second, and so on."""
    rng, many = np.random.default_rng(seed), 4000
    cells = after(history, runs, rng, cells, many)
    shown, by = np.zeros(many, dtype=bool), []
    for _ in range(nights):
        shown |= cells.night(runs(rng, many) + math.log1p(-loss))[0]
        by.append(float(shown.mean()))
    return by


def known(spread: float) -> Spread:
    """As many series of a testbed tell it together."""
    return Spread(log_sd=spread, degrees=math.inf)


@pytest.mark.parametrize("spread", [0.01, 0.03])
@pytest.mark.parametrize("prior", [False, True])
def test_at_most_one_night_in_twenty_has_a_false_alarm(spread: float, prior: bool) -> None:
    """Among 500 cells, with the history's own spread or a known one."""
    assert alarms(gaussian(spread), Cells(prior=known(spread) if prior else None), 2000) <= 0.05


def test_repetitions_that_resemble_each_other_raise_no_alarms() -> None:
    """A run is one observation, so it does not matter how its repetitions hang together."""
    assert alarms(repetitions(0.01), Cells(), 500) <= 0.05


@pytest.mark.parametrize("luck", [gaussian, weather])
@pytest.mark.parametrize("share", [0.3, 0.5])
def test_nights_that_runs_share_raise_no_alarms_where_their_share_is_known(luck: Luck, share: float) -> None:
    """Lucky and unlucky nights, of each cell by itself or of all together."""
    assert alarms(luck(0.03, share), Cells(rules=NightlyRules(night_share=share)), 2000) <= 0.05


def test_nights_that_runs_share_raise_alarms_where_nobody_says_so() -> None:
    """Measuring again in the same night is then no second opinion: this is why a calibration tells the share."""
    assert alarms(gaussian(0.03, 0.3), Cells(), 300) > 0.2


def test_cells_that_spread_differently_raise_no_alarms_with_a_pooled_spread() -> None:
    """Between 1.5 % and 6 %: what they have in common is worth few runs, and the estimate says so."""
    rng = np.random.default_rng(5)
    own = 0.03 * np.exp(0.4 * rng.standard_normal(CELLS))

    def runs(rng: np.random.Generator, cells: int) -> Floats:
        drawn: Floats = own * rng.standard_normal((3, cells))
        return drawn

    history = np.array([runs(rng, CELLS)[0] for _ in range(30)])
    prior = pooled_spread([spread_of(one) for one in history.T.tolist()])
    assert prior is not None
    assert prior.degrees < 20
    assert alarms(runs, Cells(prior=prior), 1500) <= 0.05


@pytest.mark.parametrize(
    ("spread", "prior", "history"), [(0.01, False, 14), (0.01, True, 9), (0.03, False, 30), (0.03, True, 14)]
)
def test_a_loss_of_ten_percent_is_found_in_its_first_night(spread: float, prior: bool, history: int) -> None:
    """In at least 80 % of 500 cells: at 3 % it takes 25 nights of history, or a spread that is known beforehand."""
    cells = Cells(prior=known(spread) if prior else None)
    assert found_by(0.10, 1, gaussian(spread), cells, history=history)[-1] >= 0.8


@pytest.mark.parametrize(("spread", "prior", "history"), [(0.01, False, 14), (0.01, True, 9), (0.03, True, 30)])
def test_a_loss_of_five_percent_is_found_in_five_nights(spread: float, prior: bool, history: int) -> None:
    """In at least 80 %: at 3 % that takes a known spread and 25 nights of history."""
    cells = Cells(prior=known(spread) if prior else None)
    assert found_by(0.05, 5, gaussian(spread), cells, history=history)[-1] >= 0.8


def test_what_the_rules_cannot_do_at_three_percent_is_known() -> None:
    """With the history's own spread: 10 % after 14 nights in about half, 5 % in five nights in about six of ten."""
    assert found_by(0.10, 1, gaussian(0.03), Cells(), history=14)[-1] == pytest.approx(0.52, abs=0.05)
    assert found_by(0.05, 5, gaussian(0.03), Cells())[-1] == pytest.approx(0.62, abs=0.05)


def test_the_last_nights_together_show_what_no_night_does_alone() -> None:
    """Without them, 5 % in noise of 3 % is found in five nights in half of the cases, or fewer."""
    together = found_by(0.05, 5, gaussian(0.03), Cells(prior=known(0.03)))[-1]
    alone = NightlyRules(
        recent_suspect=1 - 1e-12, alarms_per_night=0.1
    )  # the same level for tonight, none for the rest
    assert together > found_by(0.05, 5, gaussian(0.03), Cells(rules=alone, prior=known(0.03)))[-1] + 0.1


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_the_rules_for_all_cells_are_those_for_one(share: float) -> None:
    """The simulation and `judge_night` agree on 20 nights of 60 cells, some of which lose 8 %."""
    rng, runs = np.random.default_rng(3), gaussian(0.03, share)
    rules, prior = NightlyRules(night_share=share), Spread(log_sd=0.025, degrees=10)
    cells = after(12, runs, rng, Cells(rules=rules, series=60, prior=prior), 60)
    earlier = [[measured(float(log), n) for n, log in enumerate(of_cell)] for of_cell in np.array(cells.first).T]
    night, seen = Night(rules=rules, series=60, prior=prior), set()
    for number in range(12, 32):
        three = runs(rng, 60) + np.where(np.arange(60) < 20, math.log1p(-0.08), 0)
        worse, again = cells.night(three)
        for cell, before in enumerate(earlier):
            of_night = [measured(float(log), number, again=i) for i, log in enumerate(three[:, cell])]
            look = judge_night(of_night[:1], before, night)
            assert (look.state == "SUSPECT") == again[cell]
            if again[cell]:
                assert (judge_night(of_night, before, night).state == "REGRESSED") == worse[cell]
            # Here, as in the simulation, nobody takes out what regressed: the two have to see the same runs.
            before += of_night if again[cell] else of_night[:1]
            seen.add((bool(again[cell]), bool(worse[cell])))
    assert seen == {(False, False), (True, False), (True, True)}


def measured(log: float, night: int, *, again: int = 0) -> Measured:
    """A run of that value; the night is a day of one year, the runs of it a minute apart."""
    return Measured(
        series=SERIES, value=math.exp(log), setup=(), at_s=86_400.0 * (night + 1) + 60 * again, night=f"night {night}"
    )
