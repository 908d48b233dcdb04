"""Verdicts as a document: what failed with its reason, a table of all series, and what else has to be known.

A job summary takes 1 MiB and is dropped when it is longer, so rows are capped there, and what is left out is counted.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from configspec.histories.judging import Checked
from configspec.regression.release import mean_ratio
from configspec.regression.states import COMPARED, STATES, Verdict
from configspec.reporting.change_words import change_words, interval_words
from configspec.reporting.document import Block, Cell, Column, Document, Notes, Paragraph, Section, Table
from configspec.reporting.figure_words import figure
from configspec.reporting.markdown import as_markdown

ROWS = 60  # of a table in a terminal
REASONS = 20
SUMMARY_ROWS = 2000
SUMMARY_BYTES = (1 << 20) - 4096  # other steps' words stand above them
SHOWN_STATES = ("REGRESSED", "IMPROVED", "WORSE_WITHIN_FLOOR")  # of which a release shows a change
COLUMNS = (
    *(Column(title="state"), Column(title="configuration"), Column(title="metric"), Column(title="change")),
    *(Column(title="interval"), Column(title="runs"), Column(title="floor"), Column(title="")),
)
RELEASE_COLUMNS = (
    *(Column(title="state"), Column(title="configuration"), Column(title="base"), Column(title="new")),
    *(Column(title="change"), Column(title="interval"), Column(title="p"), Column(title="runs")),
)


def check_document(found: Checked, rows: int = ROWS) -> Document:
    """What a gate has to say, with at most `rows` series in its table."""
    table = Section(heading="series", blocks=tuple(_capped(_table(found), len(found.outcome.verdicts), rows)))
    return Document(sections=(_verdict_section(found, rows), table, *_notes(found, rows)))


def release_document(found: Checked, rows: int = ROWS) -> Document:
    """A table for each metric, as benchstat has it: `~` where nothing is shown, the geometric mean last."""
    metrics = dict.fromkeys(one.series.metric for one in found.outcome.verdicts)
    tables = []
    for metric in metrics:
        own = [one for one in found.outcome.verdicts if one.series.metric == metric]
        heading = f"{metric.name}, {metric.unit}"
        tables.append(Section(heading=heading, blocks=tuple(_capped(_release_table(own, found), len(own), rows))))
    return Document(sections=(_verdict_section(found, rows), *tables, *_notes(found, rows)))


def markdown_within(found: Checked, *, release: bool = False, most_bytes: int = SUMMARY_BYTES) -> str:
    """As Markdown that a job summary takes: as many rows as there is room for."""
    rows = min(max(len(found.outcome.verdicts), 1), SUMMARY_ROWS)
    while True:
        text = as_markdown(release_document(found, rows) if release else check_document(found, rows))
        if rows == 1 or len(text.encode()) <= most_bytes:
            return text
        rows = max(rows // 2, 1)


def _verdict_section(found: Checked, rows: int) -> Section:
    outcome = found.outcome
    counts = ", ".join(f"{count} {state}" for state, count in outcome.counts) or "no series"
    if not outcome.compared:
        says = "failed, since nothing was compared"
    else:
        says = "passed" if outcome.ok else f"failed, {len(outcome.failed)} of {len(outcome.verdicts)} series"
    blocks: list[Block] = [Paragraph(text=f"{outcome.compared} compared: {counts}")]
    shown = outcome.failed or [one for one in outcome.verdicts if one.state not in COMPARED]
    reasons = [_reason(one) for one in shown[: min(REASONS, rows)]]
    if len(shown) > len(reasons):
        reasons.append(f"and {len(shown) - len(reasons)} more")
    if reasons:
        blocks.append(Notes(lines=tuple(reasons)))
    return Section(heading="verdict", summary=says, blocks=tuple(blocks))


def _reason(one: Verdict) -> str:
    choice = "choice for " if one.against == "choice" else ""
    return f"{one.state}: {one.series.configuration}, {choice}{one.series.metric.name}: {one.reason}"


def _ordered(found: Sequence[Verdict]) -> list[Verdict]:
    """What fails first, then state by state."""
    order = ("REGRESSED", "MISSING", "SUSPECT", *STATES)
    return sorted(found, key=lambda one: order.index(one.state))


def _table(found: Checked) -> Table:
    failed = {id(one) for one in found.outcome.failed}
    rows = tuple(_row(one, id(one) in failed) for one in _ordered(found.outcome.verdicts))
    return Table(columns=COLUMNS, rows=rows)


def _row(one: Verdict, failed: bool) -> tuple[Cell, ...]:
    remarks = [word for word, holds in (("fails", failed), ("weak", one.weak)) if holds]
    return (
        one.state,
        str(one.series.configuration),
        f"{one.series.metric.name}{' (choice)' if one.against == 'choice' else ''}",
        change_words(one.ratio),
        interval_words(one.low, one.high),
        f"{one.runs} : {one.base_runs}" if one.base_runs else "",
        "" if one.floor is None else f"{one.floor:.3g}" if one.floor == 0 else f"{100 * one.floor:.3g}%",
        ", ".join(remarks),
    )


def _release_table(own: Sequence[Verdict], found: Checked) -> Table:
    rows = [_release_row(one, found) for one in _ordered(own)]
    mean = mean_ratio(own)
    if mean is not None:
        rows.append(("", "geometric mean", "", "", change_words(mean), "", "", ""))
    return Table(columns=RELEASE_COLUMNS, rows=tuple(rows))


def _release_row(one: Verdict, found: Checked) -> tuple[Cell, ...]:
    base, new = found.medians.get(one.series, (None, None))
    shown = one.state in SHOWN_STATES
    return (
        one.state,
        str(one.series.configuration),
        "" if base is None else figure(base),
        "" if new is None else figure(new),
        change_words(one.ratio) if shown else "~" if one.ratio is not None else "",
        interval_words(one.low, one.high),
        "" if one.p is None else f"{one.p:.2g}",
        f"{one.runs} : {one.base_runs}" if one.base_runs else "",
    )


def _capped(table: Table, all_rows: int, rows: int) -> Iterator[Block]:
    """The first rows; a last line that is no series, the mean, stays."""
    if all_rows <= rows:
        yield table
        return
    yield Table(columns=table.columns, rows=(*table.rows[:rows], *table.rows[all_rows:]))
    yield Notes(lines=(f"and {all_rows - rows} more series: --format json has them all",))


def _notes(found: Checked, rows: int) -> Iterator[Section]:
    most = max(min(REASONS, rows), 1)
    lines = found.notes[:most]
    if len(found.notes) > most:
        lines = (*lines, f"and {len(found.notes) - most} more")
    if lines:
        yield Section(heading="notes", blocks=(Notes(lines=lines),))
