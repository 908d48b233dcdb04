"""Two builds, several runs of each, interleaved: the rule of a release, from runs that were read.

Each side is a set of runs. Where both builds are devices of one machine (two `python:` in `devices.yaml`), a pair of
devices says which is which: the earlier one's runs are then compared under the new one's name.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from configspec.errors import UsageError, did_you_mean
from configspec.histories.baseline import Sides, sides
from configspec.histories.check_series import declared
from configspec.histories.judge_acceptance import AcceptanceRules, judge_builds
from configspec.histories.judge_choice import earlier_choices
from configspec.histories.judging import Checked, CheckRequest, counts_of
from configspec.histories.renaming import renamed_run
from configspec.histories.run import Run
from configspec.regression.metrics import ACCEPTANCE
from configspec.regression.release import Pair, ReleaseRules, check_plan, judge_release
from configspec.regression.series import SeriesKey
from configspec.regression.states import Verdict, outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePair:
    """Which device of the base is which of the new side."""

    old: str
    new: str


def judge_ab(
    base: Sequence[Run],
    new: Sequence[Run],
    request: CheckRequest,
    *,
    level: float = 0.05,
    pair: DevicePair | None = None,
) -> Checked:
    """Judge the new build against the base. A series counts in the correction for many as soon as it is declared.

    Raises:
        UsageError: The sides have nothing in common, or so few runs that nothing could be shown among so many series.
    """
    if pair is not None:
        base, new = _of_device(base, pair.old, pair.new), _of_device(new, pair.new, pair.new)
    found = sides(new, base, names=request.names, varies=request.varies, in_time=False)
    choices = dict.fromkeys(one.series.configuration for one in earlier_choices(found, ())) if request.choices else ()
    series = declared(found, choices, request.asked, request.floors)
    timed = [key for key in series if key.metric != ACCEPTANCE]
    rules = ReleaseRules(level=level)
    if timed:
        check_plan(min(len(found.base), len(found.new)), len(timed), rules)
    pairs = [_pair(key, found, request) for key in timed]
    judged = zip(timed, judge_release(pairs, rules), strict=True)
    by_series = {key: replace(one, series=key) for key, one in judged}
    verdicts = [by_series[key] if key in by_series else _acceptance(key, found, request, len(series)) for key in series]
    return Checked(
        outcome=outcome(verdicts, request.also),
        notes=(*found.notes, *_notes(found)),
        new=tuple(run.source for run in found.new),
        base=tuple(run.source for run in found.base),
        medians={key: _medians(key, found) for key in series if found.of_base(key) and found.of_new(key)},
    )


def _medians(series: SeriesKey, found: Sides) -> tuple[float, float]:
    return (
        statistics.median(one.value for one in found.of_base(series)),
        statistics.median(one.value for one in found.of_new(series)),
    )


def _of_device(runs: Sequence[Run], device: str, name: str) -> list[Run]:
    """What the runs measured of one device, under another name of it."""
    there = sorted({key.configuration.device for run in runs for key in run.measured})
    if device not in there:
        raise UsageError(f"no run of this side measured device {device!r}. {did_you_mean(device, there)}")
    return [_only(run, device, name) for run in runs]


def _only(run: Run, device: str, name: str) -> Run:
    own = replace(
        run,
        sha256=f"{run.sha256}:{device}",  # one file may hold both devices: each is a run of its own
        figures_sha256=f"{run.figures_sha256}:{device}" if run.figures_sha256 else "",
        measured={key: one for key, one in run.measured.items() if key.configuration.device == device},
        counted={key: one for key, one in run.counted.items() if key.device == device},
        chosen=tuple(one for one in run.chosen if one.device == device),
    )
    if device == name:
        return own
    return renamed_run(own, lambda one: replace(one, cell=replace(one.cell, device=name)))


def _pair(series: SeriesKey, found: Sides, request: CheckRequest) -> Pair:
    """With the floor that is asked for as the metric's own: each metric has another one."""
    floor = request.floors.of(series)
    own = replace(series, metric=replace(series.metric, floor=floor))
    return Pair(series=own, base=tuple(found.of_base(series)), candidate=tuple(found.of_new(series)))


def _acceptance(series: SeriesKey, found: Sides, request: CheckRequest, together: int) -> Verdict:
    then, now = counts_of(series, found.base), counts_of(series, found.new)
    if not then or not now:
        state, side = ("NEW", "base") if now else ("MISSING", "candidate")
        reason = f"the {side} has no run of it"
        return Verdict(series=series, state="NEW" if state == "NEW" else "MISSING", reason=reason, against="base")
    rules = AcceptanceRules(floor=request.floors.given.get(ACCEPTANCE.name), together=together)
    return replace(judge_builds(series, then, now, rules), against="base", runs=len(now), base_runs=len(then))


def _notes(found: Sides) -> Iterator[str]:
    dated = [(run.at_s, side) for side, runs in (("base", found.base), ("new", found.new)) for run in runs]
    if any(at_s is None for at_s, _ in dated):
        yield "some runs have no date: whether they were interleaved cannot be told"
        return
    order = [side for side, _ in groupby(side for _, side in sorted(dated, key=lambda one: one[0] or 0.0))]
    if len(order) < len(dated) / 2:
        yield (
            "the runs were not interleaved: a board that warmed up, or a day that changed, looks like another build. "
            "`configspec interleave` makes such runs"
        )
