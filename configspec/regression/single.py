"""One new run against one earlier run: what can be said at all.

The repetitions of two runs are no evidence of a change: they share their run's luck, and comparing them raises a false
alarm in one night of four. So the spread between runs has to come from elsewhere: it is calibrated, or declared.
With a spread s, two runs of one build differ by s * sqrt(2). Of the default 3 %, and one series:

    loss                 verdict
    up to the floor      PASS
    up to 6.7 %          UNDECIDED       one in twenty pairs of one build differs by more
    up to 12.3 %         SUSPECT         one in a thousand does; more where more series are judged together
    more                 REGRESSED

A default that nobody measured is named in the reason. Five earlier runs are the better remedy: see `nightly.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from configspec.regression.looks import Look, first_finding, last_finding
from configspec.regression.metrics import check_floor
from configspec.regression.series import Measured, first_difference
from configspec.regression.shift import shift
from configspec.regression.spread import Spread
from configspec.regression.states import Verdict

ASSUMED = Spread(log_sd=0.03, degrees=math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleRules:
    """Confidences are one-sided; `spread` is between runs of one build, None where nobody has measured or said it."""

    floor: float | None = None
    spread: Spread | None = None
    suspect: float = 0.95
    confirm: float = 0.999
    alarms: float = 0.05  # false ones that a user bears, of all series of a comparison together

    def __post_init__(self) -> None:
        if self.floor is not None:
            check_floor(self.floor)


def judge_single(now: Measured, then: Measured, rules: SingleRules, *, series: int = 1) -> Verdict:
    """The run `now` against `then`, one of `series` that are judged together."""
    if now.series != then.series:
        raise ValueError(f"{now.series} is not compared with {then.series}")
    difference = first_difference(then.setup, now.setup)
    if difference is not None:
        return Verdict(series=now.series, state="INCOMPARABLE", reason=str(difference), against="run")
    for which, run in (("new", now), ("earlier", then)):
        if run.disturbed:
            why = f"the {which} run is {' and '.join(run.disturbed)}"
            return Verdict(series=now.series, state="UNSTABLE", reason=why, against="run")
    return _compared(now, then, rules, series)


def _compared(now: Measured, then: Measured, rules: SingleRules, series: int) -> Verdict:
    spread = rules.spread or ASSUMED
    found = shift(now.series.metric, new=[[now.log]], base=[[then.log]], spread=spread)
    look = Look(shift=found, suspect=rules.suspect, over="since that run", runs=1, base_runs=1)
    floor = now.series.metric.floor if rules.floor is None else rules.floor
    finding = last_finding([look], floor, 1 - min(1 - rules.confirm, rules.alarms / max(series, 1)))
    if finding.state in ("PASS", "UNDECIDED"):
        finding = first_finding([look], floor)
    assumed = "" if rules.spread else f"; assumes that runs spread by {100 * ASSUMED.log_sd:g} %, which nobody measured"
    finding = replace(finding, reason=finding.reason + assumed)
    return finding.verdict(now.series, floor=floor, against="run", weak=rules.spread is None)
