"""One measured series: tonight's runs against the earlier ones, by as strict a rule as their number allows.

    earlier nights that compare    rule
    five or more                   nightly: suspect, measure again, speak (`regression/nightly.py`)
    one to four                    the newest of them, as a single run (`regression/single.py`)
    none                           NEW, INCOMPARABLE or NO_BASELINE, with the reason

The single rule serves the first nights of a history, and those after an accepted change: else there would be no gate in
them at all. It asks for a loss beyond what runs of one build spread by, calibrated or assumed.

A night that was judged as changed is in no later baseline until that change is accepted. Files do not hold verdicts, so
earlier nights are judged again, oldest first. Only a night with three runs can have spoken by the nightly rule; after
one that did, each night counts as changed while it looks odd, so that a loss which stays does not become the baseline.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from configspec.histories.floors import CalibratedFloor
from configspec.regression.accepted import AcceptedChange
from configspec.regression.history import history_of
from configspec.regression.nightly import Night, NightlyRules, judge_night
from configspec.regression.series import Measured, first_difference, nights_of
from configspec.regression.single import SingleRules, judge_single
from configspec.regression.spread import Spread
from configspec.regression.states import State, Verdict

RULES = NightlyRules()
RUNS_OF_A_NIGHT = 1 + RULES.again
CHANGED: tuple[State, ...] = ("REGRESSED", "IMPROVED")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRules:
    """What holds for one series. `together`: how many are judged in this comparison, it among them."""

    floor: float
    known: CalibratedFloor | None = None
    changes: tuple[AcceptedChange, ...] = ()
    together: int = 1

    @property
    def spread(self) -> Spread | None:
        """Between runs of one build, where it was calibrated."""
        return None if self.known is None else self.known.spread

    @property
    def night(self) -> Night:
        """As the nightly rule takes them."""
        share = 0.0 if self.known is None else self.known.night_share
        rules = replace(RULES, floor=self.floor, night_share=share)
        return Night(rules=rules, series=self.together, prior=self.spread, changes=self.changes)

    @property
    def single(self) -> SingleRules:
        """As the rule for a single earlier run takes them."""
        return SingleRules(floor=self.floor, spread=self.spread)


def judge_metric(tonight: Sequence[Measured], earlier: Sequence[Measured], rules: MetricRules) -> Verdict:
    """What one series did tonight.

    Args:
        tonight: Its one to three runs, in their order.
        earlier: Its earlier runs.
        rules: What holds for it.
    """
    difference = next((found for one in tonight if (found := first_difference(tonight[0].setup, one.setup))), None)
    if difference is not None:
        reason = f"the new runs differ among themselves: {difference}"
        return Verdict(series=tonight[0].series, state="INCOMPARABLE", reason=reason, against="history")
    return _judged(tonight, _judged_before(earlier, rules), rules)


def mean_run(runs: Sequence[Measured]) -> Measured:
    """The undisturbed runs of one night as one, with their geometric mean; the first where all are disturbed."""
    steady = [one for one in runs if not one.disturbed]
    if not steady:
        return runs[0]
    return replace(steady[0], value=math.exp(math.fsum(one.log for one in steady) / len(steady)))


def _judged(tonight: Sequence[Measured], earlier: Sequence[Measured], rules: MetricRules) -> Verdict:
    history = history_of(tonight[0], earlier, changes=rules.changes, most=RULES.most)
    nights = len(history.nights)
    if 0 < nights < RULES.fewest:
        found = judge_single(mean_run(tonight), history.nights[-1][0], rules.single, series=rules.together)
        few = f"; {nights} earlier {'night compares' if nights == 1 else 'nights compare'}, the newest is taken"
        return replace(found, reason=found.reason + few) if nights > 1 else found
    found = judge_night(tonight, earlier, rules.night)
    if found.state == "NO_BASELINE" and history.begins_s > 0:
        return replace(found, reason="its history begins at an accepted change, and no earlier run is left")
    return found


def _judged_before(earlier: Sequence[Measured], rules: MetricRules) -> list[Measured]:
    """The earlier runs, those of nights that were judged as changed marked so."""
    found: list[Measured] = []
    changed = False
    for place, runs in enumerate(nights_of(earlier)):
        night = list(runs)
        if place and (changed or place < RULES.fewest or len(night) >= RUNS_OF_A_NIGHT):
            tonight = [one for one in night if one.setup == night[0].setup][:RUNS_OF_A_NIGHT]
            state = _judged(tonight, found, rules).state
            begins_s = history_of(tonight[0], found, changes=rules.changes).begins_s
            if state in CHANGED or (changed and state == "SUSPECT"):
                night = [replace(one, changed_since_s=begins_s) for one in night]
                changed = True
            elif state == "PASS":
                changed = False
        found += night
    return found
