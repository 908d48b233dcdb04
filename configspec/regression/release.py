"""A release: several runs of the candidate and of its base, interleaved, on the same boards in the same night.

The exact one-sided Mann-Whitney test on run medians decides, with Holm's correction over the declared series. Declare
the handful that matter: the same loss is seen less often among more series. REGRESSED: significant, and the estimate
worse than the floor. To ask for the whole interval beyond the floor would blind the gate. What cannot succeed with so
few runs among so many series is refused before a board starts (`check_plan`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal, NamedTuple

from configspec.errors import UsageError
from configspec.regression.many import geometric_mean, holm
from configspec.regression.metrics import Metric, check_floor
from configspec.regression.ranks import MOST_A_SIDE, most_series, p_lower, shift_log, smallest_p
from configspec.regression.series import Measured, SeriesKey, Setup, first_difference
from configspec.regression.states import State, Verdict, share

Side = Literal["base", "candidate"]

FEWEST_A_SIDE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRules:
    """`level`: the chance of any false alarm among all declared series.

    `varies` names the fields of a setup in which candidate and base may differ, such as the version of a runtime.
    """

    floor: float | None = None
    level: float = 0.05
    confidence: float = 0.95  # of the intervals
    varies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.floor is not None:
            check_floor(self.floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The runs of both sides of one series. Only a declared series can fail; the others are shown."""

    series: SeriesKey
    base: tuple[Measured, ...]
    candidate: tuple[Measured, ...]
    declared: bool = True


def check_plan(runs_a_side: int, declared: int, rules: ReleaseRules) -> None:
    """Whether that many runs a side can show anything among that many series; before the boards start.

    Raises:
        UsageError: They cannot; the message says how many runs, or series, could.
    """
    if not FEWEST_A_SIDE <= runs_a_side <= MOST_A_SIDE:
        raise UsageError(f"a release takes {FEWEST_A_SIDE} to {MOST_A_SIDE} runs a side, not {runs_a_side}")
    if declared < 1:
        raise UsageError("a release needs one declared series at least: nothing else can fail")
    most = most_series(runs_a_side, runs_a_side, rules.level)
    if declared > most:
        enough = next(n for n in count(runs_a_side) if most_series(n, n, rules.level) >= declared)
        raise UsageError(
            f"{runs_a_side} runs a side show nothing among {declared} declared series: their smallest p is "
            f"{smallest_p(runs_a_side, runs_a_side):.2g}. Declare {most} at most, or make {enough} runs a side"
        )


def interleaved(runs_a_side: int) -> tuple[Side, ...]:
    """The order of the runs: base, candidate, candidate, base, and again, so that neither side has the warmer board."""
    sides: tuple[Side, ...] = ("base", "candidate", "candidate", "base")
    return tuple(sides[position % 4] for position in range(2 * runs_a_side))


def judge_release(pairs: Sequence[Pair], rules: ReleaseRules) -> tuple[Verdict, ...]:
    """A verdict for each pair, in their order. Disturbed runs are left out, and six have to be left on each side.

    A declared series that cannot be compared counts in Holm's correction all the same: it was declared beforehand.

    Raises:
        UsageError: A side has more runs than are counted.
    """
    for pair in pairs:
        most = max(len(pair.base), len(pair.candidate))
        if most > MOST_A_SIDE:
            raise UsageError(f"{pair.series}: a release takes at most {MOST_A_SIDE} runs a side; found {most}")
    excluded = [_excluded(pair, rules) for pair in pairs]
    counts = [pair.declared and reason is None for pair, reason in zip(pairs, excluded, strict=True)]
    tested = [pair for pair, one in zip(pairs, counts, strict=True) if one]
    absent = [1.0] * (sum(pair.declared for pair in pairs) - len(tested))
    worse = iter(holm([*(p_lower(_gains(pair.base), _gains(pair.candidate)) for pair in tested), *absent]))
    better = iter(holm([*(p_lower(_gains(pair.candidate), _gains(pair.base)) for pair in tested), *absent]))
    return tuple(
        excluding or _judged(pair, _Ps(next(worse), next(better)) if one else None, rules)
        for pair, excluding, one in zip(pairs, excluded, counts, strict=True)
    )


def mean_ratio(verdicts: Sequence[Verdict]) -> float | None:
    """The geometric mean of the ratios of one metric, as the last line of a table; None where there are none."""
    ratios = [one.ratio for one in verdicts if one.ratio is not None]
    return geometric_mean(ratios) if ratios else None


class _Ps(NamedTuple):
    """Of a declared series, adjusted for all of them."""

    worse: float
    better: float


def _judged(pair: Pair, ps: _Ps | None, rules: ReleaseRules) -> Verdict:
    metric, base, candidate = pair.series.metric, _steady(pair.base), _steady(pair.candidate)
    floor = metric.floor if rules.floor is None else rules.floor
    found = shift_log([one.log for one in base], [one.log for one in candidate], rules.confidence)
    state = _state(metric, metric.gain_log(found.value), ps, floor, rules.level)
    p = None if ps is None else ps.better if state == "IMPROVED" else ps.worse
    beside = "it was not declared" if p is None else f"p {p:.2g} among the declared series"
    return Verdict(
        series=pair.series,
        state=state,
        reason=f"{share(found.value)} with {len(base)} and {len(candidate)} runs: {beside}",
        ratio=math.exp(found.value),
        low=math.exp(found.low),
        high=math.exp(found.high),
        confidence=found.confidence,
        runs=len(candidate),
        base_runs=len(base),
        floor=floor,
        p=p,
        against="base",
    )


def _state(metric: Metric, gain_log: float, ps: _Ps | None, floor: float, level: float) -> State:
    below, above = gain_log < metric.loss_at(floor), gain_log > metric.gain_at(floor)
    if ps is not None and ps.worse <= level:
        return "REGRESSED" if below else "WORSE_WITHIN_FLOOR"
    if ps is not None and ps.better <= level and above:
        return "IMPROVED"
    return "UNDECIDED" if below else "PASS"


def _excluded(pair: Pair, rules: ReleaseRules) -> Verdict | None:
    """Why a pair cannot be compared; None where it can."""
    if not pair.base or not pair.candidate:
        return _without(pair, "MISSING" if pair.base else "NEW", f"the {_absent_side(pair)} has no run of it")
    first = _varying_apart(pair.base[0].setup, rules)
    for run in (*pair.base, *pair.candidate):
        difference = first_difference(first, _varying_apart(run.setup, rules))
        if difference is not None:
            return _without(pair, "INCOMPARABLE", str(difference))
    for side, runs in (("base", pair.base), ("candidate", pair.candidate)):
        steady = len(_steady(runs))
        if steady < FEWEST_A_SIDE:
            state: State = "UNSTABLE" if len(runs) >= FEWEST_A_SIDE else "NO_BASELINE"
            return _without(pair, state, f"{steady} undisturbed runs of the {side}; {FEWEST_A_SIDE} are needed")
    return None


def _without(pair: Pair, state: State, reason: str) -> Verdict:
    return Verdict(series=pair.series, state=state, reason=reason, against="base")


def _absent_side(pair: Pair) -> Side:
    return "candidate" if pair.base else "base"


def _varying_apart(setup: Setup, rules: ReleaseRules) -> Setup:
    return tuple((field, value) for field, value in setup if field not in rules.varies)


def _steady(runs: Sequence[Measured]) -> list[Measured]:
    return [one for one in runs if not one.disturbed]


def _gains(runs: Sequence[Measured]) -> list[float]:
    """The log values, signed so that more is better."""
    return [one.series.metric.gain_log(one.log) for one in _steady(runs)]
