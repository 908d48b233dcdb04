"""What a comparison of new runs with earlier ones comes to: the rules that the nightly and the single gate share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from configspec.regression.series import SeriesKey
from configspec.regression.shift import SHOWN_CONFIDENCE, Shift
from configspec.regression.states import Against, State, Verdict, share


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One comparison; `over` says of what, `suspect` is the confidence at which it asks for more runs."""

    shift: Shift
    suspect: float
    over: str
    runs: int
    base_runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A state, the comparison that led to it, and why."""

    state: State
    look: Look
    reason: str

    def verdict(self, series: SeriesKey, *, floor: float, against: Against, weak: bool = False) -> Verdict:
        """As it is reported."""
        low, high = self.look.shift.interval()
        return Verdict(
            series=series,
            state=self.state,
            reason=self.reason,
            ratio=math.exp(self.look.shift.ratio_log),
            low=low,
            high=high,
            confidence=SHOWN_CONFIDENCE,
            runs=self.look.runs,
            base_runs=self.look.base_runs,
            floor=floor,
            against=against,
            weak=weak,
        )


def first_finding(looks: Sequence[Look], floor: float) -> Finding:
    """SUSPECT where any comparison is beyond the floor and beyond its own suspicion; else what the first one shows."""
    for look in looks:
        one = look.shift
        if (one.below_floor(floor) and one.worse(look.suspect)) or (
            one.above_floor(floor) and one.better(look.suspect)
        ):
            return _finding("SUSPECT", look, f"beyond chance at {_percent(look.suspect)}; measure it again")
    return _quiet(looks[0], floor)


def last_finding(looks: Sequence[Look], floor: float, confidence: float) -> Finding:
    """REGRESSED or IMPROVED where any comparison is beyond the floor and beyond chance at `confidence`."""
    beyond = f"beyond chance at {_percent(confidence)}"
    for look in looks:
        if look.shift.below_floor(floor) and look.shift.worse(confidence):
            return _finding("REGRESSED", look, beyond)
    for look in looks:
        if look.shift.above_floor(floor) and look.shift.better(confidence):
            return _finding("IMPROVED", look, beyond)
    if looks[0].shift.worse(confidence):
        return _finding("WORSE_WITHIN_FLOOR", looks[0], f"{beyond}, within the floor of {_percent(floor)}")
    return _quiet(looks[0], floor)


def _quiet(look: Look, floor: float) -> Finding:
    if look.shift.below_floor(floor):
        return _finding(
            "UNDECIDED", look, f"worse than the floor of {_percent(floor)}, no further than chance takes it"
        )
    return _finding("PASS", look, f"no loss beyond the floor of {_percent(floor)}")


def _finding(state: State, look: Look, why: str) -> Finding:
    return Finding(state=state, look=look, reason=f"{share(look.shift.ratio_log)} {look.over}: {why}")


def _percent(number: float) -> str:
    return f"{100 * number:.6g} %"
