"""Nightly: suspect, measure again, speak.

    1   History: comparable nights since the last accepted change, at most 30. Fewer than five: NO_BASELINE.
    2   Suspect, when tonight is worse than the floor and beyond the one-sided 95 % prediction bound of the history.
    3   Then exactly two more runs, never "until green". Speak only if the mean of the three is worse than the floor and
        beyond m - t * s * sqrt(1/3 + 1/n), with m, s of the n earlier nights and t the quantile at `confirm`.
    4   The same for the better. An unexplained gain is often a broken benchmark.

One night in noise of 3 % hardly shows a loss of 5 %, so the mean of all runs of the last five nights is compared too,
with the nights before them, at the same confirmation.

`confirm` is 99.9 %, and stricter where more series are judged together: half of `alarms_per_night`, over their number,
for each of the two comparisons. This holds however series depend on each other.

s is the history's own spread, joined with what is known beforehand (`pooled_spread`, or a calibration) if that is
given. The runs of one night share its weather: give the share that was calibrated, or spread them over the night.

A slow drift carries the history along. `judge_against_release` compares the same recent runs with a pinned release.

Among 500 series, in Gaussian noise, a loss is found in this share of cases; in brackets with a known spread:

    spread    nights    10 % in the first night    5 % within five nights
    1 %       14        1.00 (1.00)                1.00 (1.00)
    3 %       14        0.52 (0.93)                0.26 (0.67)
    3 %       30        0.86 (0.95)                0.62 (0.82)

A false alarm comes in 3 to 4 nights of 100. Where runs of a night share 30 % of the square and nobody says so, it comes
in one night of three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configspec.regression.accepted import AcceptedChange
from configspec.regression.history import History, history_of
from configspec.regression.looks import Look, first_finding, last_finding
from configspec.regression.metrics import check_floor
from configspec.regression.series import Difference, Measured, first_difference, nights_of
from configspec.regression.shift import shift
from configspec.regression.spread import Spread, spread_of
from configspec.regression.states import Against, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyRules:
    """When to suspect and when to speak. Confidences are one-sided.

    Attributes:
        floor: The loss that matters, as a share; None takes the metric's own.
        recent_suspect: At which the last nights together are suspect.
        alarms_per_night: False alarms, of all series together, that a user bears in one night.
        again: How many more runs a suspect series is given.
        recent: Nights that are compared together with those before; 1 compares tonight alone.
        night_share: How much of the spread's square the runs of one night have in common.
    """

    floor: float | None = None
    suspect: float = 0.95
    recent_suspect: float = 0.99
    confirm: float = 0.999
    alarms_per_night: float = 0.05
    again: int = 2
    recent: int = 5
    fewest: int = 5
    weak: int = 8
    most: int = 30
    night_share: float = 0.0

    def __post_init__(self) -> None:
        if self.floor is not None:
            check_floor(self.floor)
        if self.fewest < 2 or self.recent < 1 or self.again < 0 or not 0 <= self.night_share <= 1:
            raise ValueError(f"a spread takes two nights, and a night share is one of 0 to 1: {self}")

    def confirmed_at(self, series: int) -> float:
        """The confidence of the bound that `series` judged together have to be beyond."""
        return 1 - min(1 - self.confirm, self.alarms_per_night / 2 / max(series, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What is common to all series of a night: rules, how many series there are, and what is known beforehand.

    `prior` is of this series' kind, such as all goodputs of one device.
    """

    rules: NightlyRules = NightlyRules()
    series: int = 1
    prior: Spread | None = None
    changes: tuple[AcceptedChange, ...] = ()


def judge_night(tonight: Sequence[Measured], earlier: Sequence[Measured], night: Night) -> Verdict:
    """What one series did tonight.

    Args:
        tonight: Its run; with two more, in the order they were made, where it was suspect.
        earlier: All that is recorded of it. Of other series too, if that is easier; they are left out.
        night: What is common to all series.

    Returns:
        SUSPECT asks for two more runs. Where they could not be made, or were disturbed, it stays the verdict.
    """
    first, rules = _first(tonight, night.rules), night.rules
    if first.disturbed:
        return Verdict(series=first.series, state="UNSTABLE", reason=f"the run is {' and '.join(first.disturbed)}")
    history = history_of(first, earlier, changes=night.changes, most=rules.most)
    if len(history.nights) < rules.fewest:
        return _no_baseline(first, history, rules)
    new = _steady_logs(tonight)
    looks = [_tonight(first, new, history, night)]
    if rules.recent > 1 and len(history.nights) - rules.recent + 1 >= rules.fewest:
        looks.append(_last_nights(first, new, history, night))
    floor = _floor(first, rules)
    again = len(new) > rules.again
    found = last_finding(looks, floor, rules.confirmed_at(night.series)) if again else first_finding(looks, floor)
    weak = len(history.nights) < rules.weak
    return found.verdict(first.series, floor=floor, against="history", weak=weak)


def judge_against_release(
    tonight: Sequence[Measured], earlier: Sequence[Measured], release: Sequence[Measured], night: Night
) -> Verdict:
    """The runs of the last nights, tonight's too, against those of the pinned release: a drift takes no history along.

    It speaks at once, at `confirm`: several nights are in it. The arguments are those of `judge_night`.
    """
    first, rules = _first(tonight, night.rules), night.rules
    pinned = [one for one in release if one.series == first.series and not one.disturbed]
    base = [one for one in pinned if one.setup == first.setup]
    if len(base) < rules.fewest:
        difference = first_difference(pinned[-1].setup, first.setup) if pinned and not base else None
        return _not_compared(first, difference, len(base), rules, "release")
    history = history_of(first, earlier, changes=night.changes, most=rules.most)
    new = [logs for logs in (*map(_steady_logs, _last(history, rules.recent - 1)), _steady_logs(tonight)) if logs]
    if not new:
        return Verdict(series=first.series, state="UNSTABLE", reason="all recent runs are disturbed", against="release")
    then = [[run.log for run in of_night] for of_night in nights_of(base)]
    own = spread_of([run.log for run in base])
    look = _look(first, new, then, own, night, suspect=rules.suspect, over=f"over {len(new)} nights, of the release")
    floor = _floor(first, rules)
    found = last_finding([look], floor, rules.confirmed_at(night.series))
    return found.verdict(first.series, floor=floor, against="release", weak=len(base) < rules.weak)


def _tonight(first: Measured, new: Sequence[float], history: History, night: Night) -> Look:
    logs = history.first_logs
    base = [[log] for log in logs]
    return _look(first, [new], base, spread_of(logs), night, suspect=night.rules.suspect, over="tonight")


def _last_nights(first: Measured, new: Sequence[float], history: History, night: Night) -> Look:
    """Of all runs of the last nights, with the first runs of those before."""
    rules = night.rules
    before = history.first_logs[: 1 - rules.recent]
    recent = [*map(_steady_logs, _last(history, rules.recent - 1)), new]
    base = [[log] for log in before]
    over = f"over {rules.recent} nights"
    return _look(first, recent, base, spread_of(before), night, suspect=rules.recent_suspect, over=over)


def _look(
    first: Measured,
    new: Sequence[Sequence[float]],
    base: Sequence[Sequence[float]],
    own: Spread,
    night: Night,
    *,
    suspect: float,
    over: str,
) -> Look:
    spread, share = own.joined(night.prior), night.rules.night_share
    return Look(
        shift=shift(first.series.metric, new=new, base=base, spread=spread, night_share=share),
        suspect=suspect,
        over=over,
        runs=sum(map(len, new)),
        base_runs=sum(map(len, base)),
    )


def _first(tonight: Sequence[Measured], rules: NightlyRules) -> Measured:
    """The first of tonight's runs; the others have to belong to it."""
    if not 1 <= len(tonight) <= 1 + rules.again:
        raise ValueError(
            f"a series has 1 run a night, and {rules.again} more where it is suspect; found {len(tonight)}"
        )
    first = tonight[0]
    for one in tonight[1:]:
        if (one.series, one.night, one.setup) != (first.series, first.night, first.setup):
            raise ValueError(f"{first.series}: the runs of one night differ in their series, night or setup")
    return first


def _last(history: History, nights: int) -> Sequence[Sequence[Measured]]:
    return history.nights[-nights:] if nights else ()


def _steady_logs(runs: Sequence[Measured]) -> list[float]:
    return [run.log for run in runs if not run.disturbed]


def _floor(first: Measured, rules: NightlyRules) -> float:
    return first.series.metric.floor if rules.floor is None else rules.floor


def _no_baseline(first: Measured, history: History, rules: NightlyRules) -> Verdict:
    if history.newest is None:
        return Verdict(series=first.series, state="NEW", reason="there is no earlier run of it")
    difference = None if history.nights else history.difference(first)
    return _not_compared(first, difference, len(history.nights), rules, "history")


def _not_compared(
    first: Measured, difference: Difference | None, comparable: int, rules: NightlyRules, against: Against
) -> Verdict:
    if difference is not None:
        return Verdict(series=first.series, state="INCOMPARABLE", reason=str(difference), against=against)
    reason = f"{comparable} earlier runs compare with it; {rules.fewest} are needed"
    return Verdict(series=first.series, state="NO_BASELINE", reason=reason, base_runs=comparable, against=against)
