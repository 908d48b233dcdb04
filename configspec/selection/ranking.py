"""Which configurations serve best, and which of them are statistically tied with the best.

One ranking is of one device and one family: configurations of two devices, or of two targets, are never compared. A
winner is a set: the best by point value, and with it all that is not shown worse or lies within the indifference.

The interval of a value, and whether it is worse than the best, come from a bootstrap by prompt and by round, paired
wherever two configurations share prompts or rounds (`resampling.py`, `values.py`). It is the doubt within one run: how
runs of different nights differ is not in it.

The best of many flatters itself: of equals, the luckiest comes first. Measure it again before announcing its value.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from configspec.selection.contest import Contest
from configspec.selection.k_advice import UntriedK, untried_ks
from configspec.selection.next_measurement import NextMeasurement, Rival, next_measurements
from configspec.selection.other_bests import OtherBest, Ranked, other_bests
from configspec.selection.resampling import DrawnFigures, Resampling
from configspec.selection.separation import Separation, fewest_prompts
from configspec.selection.values import Values, same_power
from configspec.theory.decoding import Decoding
from configspec.theory.ids import Setting
from configspec.theory.objectives.objective import Figures, Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRules:
    """How the best are told from the rest.

    Attributes:
        indifference: How much worse than the best still counts as tied, as a share.
        confidence: Of the intervals, and of the test that shows a configuration worse than the best.
        resamples: Bootstrap resamples.
        top: How many choices to return; None returns all.
        intervals: Whether to say how sure each value is, which takes longer than to say which are tied with the best.
        allow_throttled: Whether what was measured while the device throttled, or changed its mode, is ranked too.
        every_k: Whether all K that were measured are ranked, so that it can be said which are missing.
        other_schemes: Whether to say under which other serving schemes another configuration is the best.
    """

    indifference: float = 0.02
    confidence: float = 0.95
    resamples: int = 2000
    top: int | None = None
    intervals: bool = True
    allow_throttled: bool = False
    every_k: bool = True
    other_schemes: bool = True


MOST_RIVALS = 64
DEFAULT_RULES = RankingRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One configuration in its place, with its value in the objective's unit and the doubt about it.

    `best_in` is the share of bootstrap draws in which it is the best; None where nothing was sampled, or any
    that is ranked is modelled. Under rules without intervals, it is None too, and `low` and `high` are the value.
    """

    rank: int
    configuration: Configuration
    value: float
    low: float
    high: float
    tied_with_best: bool
    best_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The choices of one device and family by one objective, the best first.

    `unavailable` says why there are none; `left_out` names what could not be ranked though others could. `decoding` is
    that of all configurations; None where nobody says, or they differ. `cut` more are ranked behind the choices than
    the rules return; `cut_tied` of them are tied with the best. `power_kind`: of an objective that looks at power, the
    kind of meter and the boundary that all its configurations have: others are in a ranking of their own. `untried`
    are the K that were not measured and are worth it; `to_measure` is what would tell from the best what is tied with
    it, of the first `MOST_RIVALS`. Under rules without intervals, both are empty. `best_known`: where the
    best is modelled, the best that is not, if there is one. `other_bests`: the best under other serving schemes.
    """

    device: str
    family: str
    objective: Objective
    serving: Serving
    decoding: Decoding | None
    rules: RankingRules
    unavailable: str | None = None
    choices: tuple[Choice, ...] = ()
    left_out: tuple[str, ...] = ()
    cut: int = 0
    cut_tied: int = 0
    power_kind: str = ""
    untried: tuple[UntriedK, ...] = ()
    to_measure: tuple[NextMeasurement, ...] = ()
    best_known: Choice | None = None
    other_bests: tuple[OtherBest, ...] = ()

    @property
    def modelled_best(self) -> Choice | None:
        """The best, where nobody measured it; None where somebody did, or nothing is ranked."""
        best = self.choices[0] if self.choices else None
        return best if best is not None and best.configuration.provenance == "modelled" else None


def rank(
    configurations: Sequence[Configuration],
    objective: Objective,
    serving: Serving,
    *,
    rng: np.random.Generator,
    rules: RankingRules = DEFAULT_RULES,
) -> Ranking:
    """Rank the configurations of one device and family.

    Args:
        configurations: At least one; all of one device and family, none twice.
        objective: What is ranked by.
        serving: Verification latency and price to rank under.
        rng: Draws the bootstrap resamples.
        rules: How ties are told, and how many choices to return.
    """
    return _rank_by_each(configurations, (objective,), serving, lambda: rng, rules)[0]


def rank_all(
    configurations: Sequence[Configuration],
    objectives: Sequence[Objective],
    serving_for: Callable[[str, str], Serving],
    *,
    rng: np.random.Generator,
    rules: RankingRules = DEFAULT_RULES,
) -> tuple[Ranking, ...]:
    """A ranking for each device, family and objective, in the order of first appearance.

    `serving_for` gives the serving assumptions of a device and family: a link is the device's. What one device's
    rankings say does not depend on which other devices or objectives are ranked beside it.
    """
    groups: dict[tuple[str, str], list[Configuration]] = {}
    for configuration in configurations:
        groups.setdefault((configuration.device, configuration.family), []).append(configuration)
    seed = int(rng.integers(2**32))
    rankings: list[Ranking] = []
    for (device, family), group in groups.items():
        seeds = [seed, zlib.crc32(f"{device}\n{family}".encode())]
        begin = partial(np.random.default_rng, seeds)
        rankings += _rank_by_each(group, objectives, serving_for(device, family), begin, rules)
    return tuple(rankings)


def _rank_by_each(
    configurations: Sequence[Configuration],
    objectives: Sequence[Objective],
    serving: Serving,
    begin: Callable[[], np.random.Generator],
    rules: RankingRules,
) -> list[Ranking]:
    """One device and family by each objective; those that rank the same configurations share their draws."""
    device, family = _one_device_and_family(configurations)
    # In an order of their own, so that the draws do not depend on the order in which they were given.
    ordered = sorted(configurations, key=_by_size)
    decoding = _decoding(configurations)
    rankings: list[Ranking] = []
    alike: dict[tuple[int, ...], list[int]] = {}  # which rankings rank the configurations at these positions
    for objective in objectives:
        whole = Ranking(
            device=device,
            family=family,
            objective=objective,
            serving=serving,
            decoding=decoding,
            rules=rules,
            unavailable=objective.unavailable(serving),
        )
        for ranking, able in _with_able(whole, ordered):
            if able:
                alike.setdefault(able, []).append(len(rankings))
            rankings.append(ranking)
    for able, places in alike.items():
        some = [ordered[position] for position in able]
        judged = _judged(some, [rankings[place] for place in places], begin())
        for place, ranking in zip(places, judged, strict=True):
            rankings[place] = ranking
    return rankings


def _with_able(whole: Ranking, ordered: Sequence[Configuration]) -> list[tuple[Ranking, tuple[int, ...]]]:
    """The rankings by one objective, each with the positions of what it ranks: one for each kind of power it looks at.

    What cannot be ranked is named, each cell with its reason, once.
    """
    if whole.unavailable is not None:
        return [(whole, ())]
    reasons = [_barred(whole.rules, c) or whole.objective.lacks(c, whole.serving) for c in ordered]
    able = [position for position, reason in enumerate(reasons) if reason is None]
    if not able:
        return [(replace(whole, unavailable="; ".join(dict.fromkeys(filter(None, reasons)))), ())]
    left_out = (f"{c.cell.drafter_words}: {why}" for c, why in zip(ordered, reasons, strict=True) if why)
    named = replace(whole, left_out=tuple(dict.fromkeys(left_out)))
    if "power_w" not in whole.objective.moves(whole.serving):
        return [(named, tuple(able))]
    kinds: dict[str, list[int]] = {}
    for position in able:
        kinds.setdefault(ordered[position].power_kind, []).append(position)
    largest_first = sorted(kinds.items(), key=lambda one: -len(one[1]))
    return [(replace(named, power_kind=kind), tuple(positions)) for kind, positions in largest_first]


def _barred(rules: RankingRules, configuration: Configuration) -> str | None:
    """Why it may not be ranked at all; None where it may."""
    if rules.allow_throttled:
        return None
    found = [one.code for one in configuration.flags if one.code in BARRED]
    return BARRED[found[0]] if found else None


BARRED: Mapping[str, str] = {
    "throttled": "the device throttled while it was measured (--allow-throttled ranks it all the same)",
    "clock_changed": "the device's power mode or clocks changed while it was measured (--allow-throttled ranks it)",
}


def _judged(
    configurations: Sequence[Configuration], rankings: Sequence[Ranking], rng: np.random.Generator
) -> list[Ranking]:
    """The rankings with their choices: every one of `configurations` has a value by each of their objectives."""
    serving, rules = rankings[0].serving, rankings[0].rules
    resampling = Resampling(configurations, serving, resamples=rules.resamples, rng=rng)
    standings = [_Standing(configurations, ranking, resampling.points) for ranking in rankings]
    bests = resampling.of({standing.best for standing in standings})
    for positions, figures in resampling.blocks():
        for standing in standings:
            standing.judge(positions, figures, bests[standing.best])
    return [standing.ranking() for standing in standings]


class _Standing:
    """Where the configurations stand by one objective: their points at first, their doubt a block at a time."""

    def __init__(
        self, configurations: Sequence[Configuration], ranking: Ranking, points: Figures[NDArray[np.float64]]
    ) -> None:
        self._configurations = configurations
        self._ranking = ranking
        self._values = Values(objective=ranking.objective, serving=ranking.serving)
        self._figures = points
        self._points = self._values.points(points)
        # Equal values keep the order in which the configurations came.
        order = np.argsort(-self._points if self._values.higher_is_better else self._points, kind="stable")
        self._order: list[int] = order.tolist()
        self.best = self._order[0]
        self._known = self._best_known()
        self._returned = {*self._order[: ranking.rules.top], *([] if self._known is None else [self._known[1]])}
        self._contest = Contest(higher_is_better=self._values.higher_is_better)
        self._separation = Separation(
            len(configurations),
            confidence=ranking.rules.confidence,
            fewest_prompts=fewest_prompts(configurations),
        )
        self._low, self._high = self._points.copy(), self._points.copy()
        self._near = self._values.within(self._points, float(self._points[self.best]), ranking.rules.indifference)

    def judge(self, positions: Sequence[int], figures: DrawnFigures, best: DrawnFigures) -> None:
        """Which of the configurations at these positions are tied with the best; the intervals of what is returned."""
        confidence = self._ranking.rules.confidence
        winner = self._configurations[self.best]
        alike = np.array([[same_power(self._configurations[position], winner)] for position in positions])
        values = self._values.drawn(figures)
        behind = self._values.behind(figures, values, best, same_power=alike)
        near = self._separation.enter(positions, behind)
        if near:
            spreads = self._values.spreads(figures.only(near), best, same_power=alike[near])
            self._separation.split([positions[row] for row in near], *spreads)
        if not self._ranking.rules.intervals:
            return
        self._contest.enter(positions, values)
        rows = [row for row, position in enumerate(positions) if position in self._returned]
        if rows:
            if len(rows) < len(positions):
                figures, values = figures.only(rows), values[rows]
            returned = [positions[row] for row in rows]
            self._low[returned], self._high[returned] = self._values.interval(figures, values, confidence)

    def ranking(self) -> Ranking:
        """The ranking with its choices, the best first."""
        top = self._ranking.rules.top
        cut = [] if top is None else self._order[top:]
        modelled = any(one.provenance == "modelled" for one in self._configurations)
        shares = None if modelled else self._contest.shares()  # a model's error is in no draw
        tied = self._near | ~self._separation.shown_worse()

        def choice(rank: int, position: int) -> Choice:
            return Choice(
                rank=rank,
                configuration=self._configurations[position],
                value=float(self._points[position]),
                low=float(self._low[position]),
                high=float(self._high[position]),
                tied_with_best=bool(tied[position]),
                best_in=None if shares is None else shares.get(position, 0.0),
            )

        return replace(
            self._ranking,
            choices=tuple(choice(*one) for one in enumerate(self._order[:top], 1)),
            cut=len(cut),
            cut_tied=int(np.count_nonzero(tied[cut])),
            untried=self._untried() if self._ranking.rules.intervals else (),
            to_measure=self._to_measure(tied) if self._ranking.rules.intervals else (),
            best_known=None if self._known is None else choice(*self._known),
            other_bests=self._other_bests(tied),
        )

    def _best_known(self) -> tuple[int, int] | None:
        """Rank and position of the best that was not modelled, where the best was."""
        if self._configurations[self.best].provenance != "modelled":
            return None
        ranked = enumerate(self._order, 1)
        return next((one for one in ranked if self._configurations[one[1]].provenance != "modelled"), None)

    def _to_measure(self, tied: NDArray[np.bool_]) -> tuple[NextMeasurement, ...]:
        if self._known is not None:  # the best is modelled: it is to be measured at all
            return ()
        rivals = [
            position
            for position in self._order[1:]
            if tied[position] and not self._near[position] and self._configurations[position].provenance != "modelled"
        ]
        if not rivals:
            return ()
        found = list(map(self._rival, rivals[:MOST_RIVALS]))
        best = self._configurations[self.best]
        return next_measurements(best, found, self._configurations)

    def _rival(self, position: int) -> Rival:
        one, best = self._configurations[position], self._configurations[self.best]
        return Rival(
            configuration=one,
            gap=self._separation.gap(position),
            bounded=self._values.bounded(one, best),
        )

    def _untried(self) -> tuple[UntriedK, ...]:
        rules, serving = self._ranking.rules, self._ranking.serving
        if not rules.every_k:
            return ()
        in_order = [self._configurations[position] for position in self._order]
        return untried_ks(in_order, self._ranking.objective, serving, indifference=rules.indifference)

    def _other_bests(self, tied: NDArray[np.bool_]) -> tuple[OtherBest, ...]:
        rules, serving = self._ranking.rules, self._ranking.serving
        if not rules.other_schemes:
            return ()
        ranked = Ranked(configurations=self._configurations, figures=self._figures, best=self.best, tied=tied)
        return other_bests(ranked, self._ranking.objective, serving, indifference=rules.indifference)


def _decoding(configurations: Sequence[Configuration]) -> Decoding | None:
    found = {configuration.acceptance.decoding for configuration in configurations}
    return found.pop() if len(found) == 1 else None


def _one_device_and_family(configurations: Sequence[Configuration]) -> tuple[str, str]:
    groups = sorted({(c.device, c.family) for c in configurations})
    if len(groups) != 1:
        raise ValueError(f"a ranking is of one device and one family, not of {groups}")
    if len({c.id for c in configurations}) < len(configurations):
        raise ValueError(f"a configuration of {groups[0]} is given twice")
    return groups[0]


def _by_size(configuration: Configuration) -> tuple[int, str, str, str, tuple[Setting, ...]]:
    """Which comes first where values are equal: the shorter draft length, then by name."""
    drafter = configuration.id.drafter
    return configuration.k, drafter.draft, drafter.quant, drafter.algorithm, configuration.cell.settings
