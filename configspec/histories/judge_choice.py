"""Does what the base chose still serve? Not "is it still first": of two equals, the first changes every second night.

The earlier choice is the configuration that was among the best in most of the earlier runs; of several, the newest
run's. One lucky night makes no other choice, and one bad night neither.

It holds where it cannot be told from the best in one of the new runs. Where it is shown worse within each of them, its
regret decides, with the doubt between runs: two configurations share a run's luck, but not all of it. That doubt is
what their ratio spread by in the earlier runs, five at least; else a calibration's, or the assumed one.

Of a night counts the run that ranked the most. The others measured a few suspect cells again, without their rivals.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from configspec.histories.baseline import Sides
from configspec.histories.behind import behind_log
from configspec.histories.floors import Floors
from configspec.histories.judge_since import accepted_since_s
from configspec.histories.run import Chosen, Run
from configspec.regression.accepted import AcceptedChange
from configspec.regression.choice import Measurements, regret_allowed, still_among_best
from configspec.regression.metrics import METRICS, Metric
from configspec.regression.nightly import NightlyRules
from configspec.regression.series import SeriesKey
from configspec.regression.single import ASSUMED
from configspec.regression.spread import Spread, spread_of
from configspec.regression.states import Verdict
from configspec.theory.figures import Estimate
from configspec.theory.ids import ConfigurationId
from configspec.theory.student import t_quantile

FEWEST = 5  # earlier runs that tell how a ratio spreads
Group = tuple[str, str, str]  # device, family, objective


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierChoice:
    """What the base chose, and the earlier runs that chose for the same; none since an accepted change, it may be."""

    group: Group
    series: SeriesKey
    runs: tuple[Chosen, ...]


def earlier_choices(found: Sides, changes: Sequence[AcceptedChange]) -> tuple[EarlierChoice, ...]:
    """The choice of each device, family and objective of the base, since the last accepted change that concerns it."""
    groups: dict[Group, list[tuple[Run, Chosen]]] = {}
    for run in found.base:
        for chosen in run.chosen:
            groups.setdefault(_group(chosen), []).append((run, chosen))
    return tuple(_earlier(group, found, runs, changes) for group, runs in groups.items())


def _fullest_of_each_night(runs: Sequence[tuple[Run, Chosen]]) -> tuple[Chosen, ...]:
    """Of each night the run that ranked the most, the first of equals."""
    nights: dict[str, Chosen] = {}
    for run, chosen in runs:
        if len(chosen.values) > len(nights.setdefault(run.night, chosen).values):
            nights[run.night] = chosen
    return tuple(nights.values())


def choice_key(chosen: Chosen, configuration: ConfigurationId) -> SeriesKey:
    """The series of a choice: the configuration, and the objective as a metric."""
    own = Metric(name=chosen.objective, unit="", better="lower" if chosen.better == "lower" else "higher")
    return SeriesKey(configuration=configuration, metric=next((one for one in METRICS if one.name == own.name), own))


def judge_choice(choice: EarlierChoice, found: Sides, floors: Floors, together: int) -> Verdict:
    """Whether the choice still holds in the new runs."""
    if not choice.runs:
        reason = "its history begins at an accepted change, and no earlier run is left"
        return Verdict(series=choice.series, state="NO_BASELINE", reason=reason, against="choice")
    new = _fullest([one for run in found.new for one in run.chosen if _group(one) == choice.group])
    verdicts = [still_among_best(choice.series, Measurements(ranked=tuple(one.values), tied=one.tied)) for one in new]
    present = [one for one in verdicts if one.state != "MISSING"]
    if not present:
        disturbed = _disturbed(choice, found)
        if disturbed:
            return Verdict(series=choice.series, state="UNSTABLE", reason=disturbed, against="choice")
        return verdicts[0] if verdicts else _nothing_ranked(choice.series)
    held = next((one for one in present if one.state == "PASS"), None)
    ranked = [one for one, verdict in zip(new, verdicts, strict=True) if verdict.state != "MISSING"]
    if held is not None:
        return replace(held, runs=len(ranked), base_runs=len(choice.runs), floor=floors.regret)
    return _by_regret(choice, ranked, present[0], floors, together)


def _by_regret(
    choice: EarlierChoice, new: Sequence[Chosen], not_best: Verdict, floors: Floors, together: int
) -> Verdict:
    """Of a choice that is shown worse within each new run."""
    best = new[0].best
    logs = [log for one in new if (log := behind_log(one, choice.series.configuration, best)) is not None]
    if not logs:
        return replace(not_best, state="NO_BASELINE", reason=f"{not_best.reason}; its regret is not known")
    spread = _ratio_spread(choice, best, floors)
    # The best of many flatters itself: each of them could have come first by luck.
    confidence = NightlyRules().confirmed_at(together * max(len(new[0].values) - 1, 1))
    mean = math.fsum(logs) / len(logs)
    reach = t_quantile(confidence, spread.degrees) * spread.log_sd * math.sqrt(1 / len(logs))
    low, value, high = (max(0.0, -math.expm1(-log)) for log in (mean - reach, mean, mean + reach))
    regret = Estimate(value=value, low=low, high=high, confidence=confidence, n=len(logs))
    found = regret_allowed(
        choice.series, Measurements(ranked=tuple(new[0].values), tied=new[0].tied), regret, floors.regret
    )
    return replace(
        found,
        reason=f"{not_best.reason}; {found.reason}",
        ratio=1 - value,
        low=1 - high,
        high=1 - low,
        confidence=2 * confidence - 1,
        runs=len(logs),
        base_runs=len(choice.runs),
        floor=floors.regret,
    )


def _ratio_spread(choice: EarlierChoice, best: ConfigurationId, floors: Floors) -> Spread:
    """Of the log ratio of the choice and the best within a run."""
    both = (behind_log(one, choice.series.configuration, best) for one in choice.runs)
    logs = [log for log in both if log is not None]
    if len(logs) >= FEWEST:
        return spread_of(logs)
    known = floors.known(choice.series)
    own = ASSUMED if known is None else known.spread
    return Spread(log_sd=own.log_sd * math.sqrt(2), degrees=own.degrees)


def _earlier(
    group: Group, found: Sides, runs: Sequence[tuple[Run, Chosen]], changes: Sequence[AcceptedChange]
) -> EarlierChoice:
    newest = runs[-1][1]
    begins_s = accepted_since_s(choice_key(newest, newest.best), found, changes)
    since = _fullest_of_each_night([one for one in runs if one[0].at_s is None or one[0].at_s >= begins_s])
    held = Counter(one for chosen in since or (newest,) for one in {chosen.best, *chosen.tied})
    most = max(held.values())
    order = dict.fromkeys((newest.best, *newest.tied, *sorted(held)))
    best = next(one for one in order if held[one] == most)
    return EarlierChoice(group=group, series=choice_key(newest, best), runs=since)


def _fullest(runs: Sequence[Chosen]) -> list[Chosen]:
    """Those that ranked the most: a run that measured a few suspect cells again has no rivals in it."""
    most = max((len(one.values) for one in runs), default=0)
    return [one for one in runs if len(one.values) == most]


def _disturbed(choice: EarlierChoice, found: Sides) -> str:
    """Why the new runs are no evidence of the choice; empty where one is."""
    of_it = found.of_new(choice.series)
    why = sorted({reason for one in of_it for reason in one.disturbed})
    return f"the new run is {' and '.join(why)}" if of_it and all(one.disturbed for one in of_it) else ""


def _nothing_ranked(series: SeriesKey) -> Verdict:
    return Verdict(series=series, state="MISSING", reason="nothing was ranked", against="choice")


def _group(chosen: Chosen) -> Group:
    return chosen.device, chosen.family, chosen.objective
