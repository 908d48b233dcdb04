"""A history as a table, as JSON and as CSV: a line a series, its changes below it, and what changed there.

`docs/histories.md` describes the JSON and the columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from configspec.histories.trend import Break, Change, Point, Trend, sparkline
from configspec.histories.unread import Unread
from configspec.printable import printable
from configspec.regression.series import Difference
from configspec.regression.states import share
from configspec.reporting.document import Cell, Column, Document, Notes, Paragraph, Section, Table

VERSION = 1
COMMIT_LETTERS = 10
MOST_LINES = 40  # about what changed, the last ones
CSV_COLUMNS = (
    *("series", "device", "family", "draft", "quant", "algorithm", "settings", "k", "metric", "unit", "better"),
    *("point", "at_s", "value", "runs", "disturbed", "commit", "comparable", "step_ratio", "changed", "then", "now"),
)
COLUMNS = (
    Column(title="series"),
    Column(title="points", kind="count"),
    Column(title="trend"),
    Column(title="newest", kind="figure"),
    Column(title="unit"),
    Column(title="steps"),
)


def history_document(trends: Sequence[Trend], by: str, most: int) -> Document:
    """The series whose level moved, the largest loss first, then the others."""
    ordered = sorted(trends, key=lambda one: (not one.changes, one.gain_log))
    shown = ordered[:most]
    moved = sum(bool(one.changes) for one in trends)
    summary = f"{_series(len(trends))} by {by}, {moved} with a step"
    blocks: list[Table | Notes | Paragraph] = [Table(columns=COLUMNS, rows=tuple(map(_row, shown)))]
    if lines := tuple(_lines(trends)):
        blocks.append(Notes(lines=lines[-MOST_LINES:]))
    if len(trends) > most:
        more = f"{len(trends) - most} more series are not shown; --series PATTERN, --top N or --format json has them."
        blocks.append(Paragraph(text=more))
    blocks.append(Paragraph(text="A step is information and no verdict: configspec check judges."))
    return Document(sections=(Section(heading="history", summary=summary, blocks=tuple(blocks)),))


def history_json(trends: Sequence[Trend], by: str, unread: Unread) -> dict[str, object]:
    """All of it, as plain JSON."""
    return {
        "configspec_history": VERSION,
        "by": by,
        "series": [_series_json(one) for one in trends],
        "unread": {
            "skipped": [{"file": one.file, "what": one.entry, "why": one.why} for one in unread.skipped],
            "gone": unread.gone,
            "repeated": unread.repeated,
            "not_configspec": unread.others,
        },
    }


def history_csv(trends: Sequence[Trend]) -> Iterator[tuple[object, ...]]:
    """A line of headings, then one a point."""
    yield CSV_COLUMNS
    for trend in trends:
        one, metric, setup = trend.series.configuration, trend.series.metric, trend.points[-1].newest.setup
        settings = ", ".join(map(str, one.cell.settings))
        names = (one.device, one.family, one.draft, one.quant, one.drafter.algorithm, settings, one.k)
        ratios = {change.now.name: change.ratio for change in trend.changes}
        breaks = {found.now.name: found.difference for found in trend.breaks}
        for point in trend.points:
            yield (
                *(trend.series.id, *names, metric.name, metric.unit, metric.better),
                *(point.name, point.at_s, point.value, point.runs, int(point.disturbed), point.newest.commit or ""),
                *(int(point.newest.setup == setup), ratios.get(point.name, "")),
                *_three(breaks.get(point.name)),
            )


def _three(difference: Difference | None) -> tuple[str, str, str]:
    return ("", "", "") if difference is None else (difference.field, difference.then or "", difference.now or "")


def _row(trend: Trend) -> tuple[Cell, ...]:
    values = [None if one.disturbed else one.value for one in trend.points]
    steps = ", ".join(share(math.log(one.ratio)) for one in trend.changes) or "none"
    newest = trend.points[-1].value
    return str(trend.series), len(trend.points), sparkline(values), newest, trend.series.metric.unit, steps


def _lines(trends: Sequence[Trend]) -> Iterator[str]:
    """Where steps came, with what changed there; then where the setup changed without one. One line for all series."""
    steps: dict[tuple[float, str, str], list[Change]] = {}
    breaks: dict[tuple[float, str, str], int] = {}
    for trend in trends:
        stepped = {change.now.name for change in trend.changes}
        for change in trend.changes:
            steps.setdefault((change.now.at_s, change.now.name, _why(change)), []).append(change)
        for one in trend.breaks:
            if one.now.name not in stepped:
                key = one.now.at_s, one.now.name, str(one.difference)
                breaks[key] = breaks.get(key, 0) + 1
    for (_, name, why), some in sorted(steps.items(), key=lambda item: item[0]):
        yield f"{_shown(name)}: {_range([math.log(one.ratio) for one in some])} in {_series(len(some))}: {why}"
    for (_, name, difference), count in sorted(breaks.items(), key=lambda item: item[0]):
        yield f"{_shown(name)}: no step in {_series(count)}, which do not compare across it: {difference}"


def _range(steps_log: Sequence[float]) -> str:
    low, high = share(min(steps_log)), share(max(steps_log))
    return low if low == high else f"{low} to {high}"


def _why(change: Change) -> str:
    then, now = change.commits
    setup = "the same setup" if change.difference is None else str(change.difference)
    if then == now:
        commits = "" if then is None else f", the same commit {_commit(then)}"
    else:
        commits = f", commits {_commit(then)}..{_commit(now)}"
    return f"{setup}{commits}"


def _commit(name: str | None) -> str:
    return "unknown" if name is None else _shown(name[:COMMIT_LETTERS])


def _shown(text: str) -> str:
    return printable(text, at_most=40)


def _series_json(trend: Trend) -> dict[str, object]:
    one, metric = trend.series.configuration, trend.series.metric
    return {
        "series": trend.series.id,
        "device": one.device,
        "family": one.family,
        "draft": one.draft,
        "quant": one.quant,
        "algorithm": one.drafter.algorithm,
        "settings": dict(one.cell.settings),
        "k": one.k,
        "metric": metric.name,
        "unit": metric.unit,
        "better": metric.better,
        "comparable": trend.comparable,
        "points": [_point_json(point) for point in trend.points],
        "steps": [_change_json(change) for change in trend.changes],
        "setup_changes": [_break_json(found) for found in trend.breaks],
    }


def _point_json(point: Point) -> dict[str, object]:
    return {
        "name": point.name,
        "at_s": point.at_s,
        "value": point.value,
        "runs": point.runs,
        "disturbed": point.disturbed,
        "commit": point.newest.commit,
    }


def _change_json(change: Change) -> dict[str, object]:
    then, now = change.commits
    return {
        "then": change.then.name,
        "now": change.now.name,
        "ratio": change.ratio,
        "commits": [then, now],
        "difference": None if change.difference is None else _difference_json(change.difference),
    }


def _break_json(found: Break) -> dict[str, object]:
    return {"now": found.now.name, "difference": _difference_json(found.difference)}


def _difference_json(one: Difference) -> dict[str, object]:
    return {"field": one.field, "then": one.then, "now": one.now}


def _series(count: int) -> str:
    return f"{count} series"
