"""Forest plots of a comparison: the ratio of each series, new over base, with its interval and its state."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import final

from configspec.histories.judging import Checked
from configspec.regression.states import STATES, Verdict, outcome
from configspec.reporting.change_words import change_words
from configspec.reporting.document import Cell as TableCell
from configspec.reporting.document import Column, Interval, Table
from configspec.reporting.pictures.dot_chart import Dot, DotChart
from configspec.reporting.pictures.looks import LOOKS
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import NoPicture, Picture, Sketch

MOST_ROWS = 30
WIDE = 4.0  # times
FAILS = ("REGRESSED", "MISSING")


@final
class Forest:
    """New over base, one picture for each metric."""

    name = "forest"
    purpose = "new over base of every series that was compared, with intervals: a release at a glance"

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """One for each metric that has a ratio."""
        if material.checked is None:
            yield NoPicture(kind=self.name, subject="a comparison", why=material.not_compared)
            return
        metrics: dict[str, list[Verdict]] = {}
        asked = [one for one in material.checked.outcome.verdicts if _is_asked(one, material.metrics)]
        for one in asked:
            if one.against != "choice" and one.ratio is not None and 0 < one.ratio < math.inf:
                metrics.setdefault(one.series.metric.name, []).append(one)
        if not metrics:
            counts = ", ".join(f"{count} {state}" for state, count in outcome(asked).counts)
            of_these = f" of {', '.join(material.metrics)}" if material.metrics else ""
            why = f"no series{of_these} has a ratio ({counts or 'no series'})"
            yield NoPicture(kind=self.name, subject="a comparison", why=why)
        for metric, found in metrics.items():
            yield partial(_drawn, self.name, metric, found, material.checked)


def _is_asked(one: Verdict, metrics: Collection[str]) -> bool:
    return not metrics or one.series.metric.name in metrics


def _drawn(kind: str, metric: str, found: Sequence[Verdict], checked: Checked) -> Picture:
    shown = sorted(found, key=lambda one: (one.state not in FAILS, -abs(math.log(one.ratio or 1.0))))[:MOST_ROWS]
    states = [state for state in STATES if any(one.state == state for one in shown)]
    confidences = sorted({one.confidence for one in shown if one.confidence is not None})
    intervals = f"Bars are {confidences[0]:.0%} intervals." if confidences else "No interval is known of so few runs."
    better = found[0].series.metric.better
    more = f"Of {len(found)} series the {MOST_ROWS} that failed or changed most are drawn."
    return Picture(
        kind=kind,
        subject=f"{len(checked.new)} new against {len(checked.base)} base runs",
        title=f"New over base: {metric}",
        words=(
            f"The ratio of each series; at 1 nothing changed, and {better} is better.",
            intervals,
            "A mark that is not filled was not compared, or is undecided.",
            *((more,) if len(found) > MOST_ROWS else ()),
        ),
        chart=DotChart(
            dots=tuple(_dot(one, states.index(one.state) % LOOKS) for one in shown),
            title="new / base",
            names=tuple(states[:LOOKS]),
            level=1.0,
            by_ratio=_is_wide(shown),
        ),
        table=Table(
            columns=(
                *(Column(title="configuration"), Column(title="state"), Column(title="new / base", kind="ratio")),
                *(Column(title="interval"), Column(title="runs", kind="count"), Column(title="base", kind="count")),
                Column(title="reason"),
            ),
            rows=tuple(map(_row, shown)),
        ),
    )


def _dot(one: Verdict, place: int) -> Dot:
    ratio = one.ratio or 1.0
    low, high = _ends(one, ratio)
    configuration = one.series.configuration
    words = f"{configuration}: {change_words(ratio)}, {one.state}: {one.reason}"
    filled = one.state in ("PASS", "IMPROVED", "REGRESSED", "WORSE_WITHIN_FLOOR")
    return Dot(name=str(configuration), value=ratio, low=low, high=high, series=place, filled=filled, says=words)


def _is_wide(shown: Sequence[Verdict]) -> bool:
    """Whether the ratios differ by so much that only their own ratios can be seen."""
    ends = [end for one in shown for end in _ends(one, one.ratio or 1.0)]
    return max(ends) > WIDE * min(ends)


def _ends(one: Verdict, ratio: float) -> tuple[float, float]:
    """The interval as far as it can be drawn."""
    known = [end for end in (one.low, one.high) if end is not None and 0 < end < math.inf]
    return (min(known), max(known)) if len(known) == 2 else (ratio, ratio)


def _row(one: Verdict) -> tuple[TableCell, ...]:
    ratio = one.ratio or 1.0
    low, high = _ends(one, ratio)
    interval = "" if low == high else Interval(low=low, high=high)
    return str(one.series.configuration), one.state, ratio, interval, one.runs, one.base_runs, one.reason
