"""What differs between two files of rows: the figures of each cell, then the facts that may be why."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from configspec.count_words import count_words
from configspec.records.differences import FactDifference, Facts, Value, differences, facts_of
from configspec.records.origin import Origin
from configspec.records.row import Row
from configspec.records.setup import Difference, Setup, setup_of
from configspec.reporting.document import Column, Document, Interval, Notes, Paragraph, Section, Table
from configspec.reporting.figure_words import figure
from configspec.theory.ids import Cell, ConfigurationId

FORMAT = 1  # of the JSON
CELLS = 10  # in a table
COLUMNS = (
    *(Column(title="device"), Column(title="family"), Column(title="drafter"), Column(title="K")),
    *(Column(title="speed", kind="ratio"), Column(title="range", kind="interval"), Column(title="acceptance")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """What of a row is compared."""

    id: ConfigurationId
    is_decoded: bool
    tokens_per_s: float
    acceptance: float
    setup: Setup
    facts: Facts

    @property
    def name(self) -> tuple[ConfigurationId, bool]:
        """What a row of another file must have in common to be compared with it."""
        return self.id, self.is_decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Rows of two files, two by two, and how many of each are in one file alone."""

    pairs: tuple[tuple[ComparedRow, ComparedRow], ...]
    only_then: int = 0
    only_now: int = 0

    @property
    def facts(self) -> tuple[FactDifference, ...]:
        """What differs beside the figures, likeliest causes first."""
        return differences((then.facts, now.facts) for then, now in self.pairs)

    @property
    def setup(self) -> Difference | None:
        """The first thing by which rows that stand for the same may not stand in one table; None where they may."""
        found = (then.setup.difference(now.setup) for then, now in self.pairs)
        return next((one for one in found if one is not None), None)


def compared_row(row: Row, origin: Origin | None = None) -> ComparedRow:
    """What of it is compared; `origin` is what the head of its file says."""
    return ComparedRow(
        id=row.id,
        is_decoded=row.end_to_end is not None,
        tokens_per_s=row.drafting.tokens_per_s.value,
        acceptance=row.acceptance.rate.value,
        setup=setup_of(row),
        facts=facts_of(row, origin),
    )


def comparison(then: Iterable[ComparedRow], now: Iterable[ComparedRow]) -> Comparison:
    """Rows of one name compared with each other; of several with one name in a file, the last."""
    before, after = {row.name: row for row in then}, {row.name: row for row in now}
    both = tuple((row, after[name]) for name, row in before.items() if name in after)
    return Comparison(pairs=both, only_then=len(before) - len(both), only_now=len(after) - len(both))


def difference_document(found: Comparison) -> Document:
    """The figures, the facts, and whether the rows may stand in one table."""
    return Document(sections=(_figures(found), _facts(found)))


def difference_json(found: Comparison) -> dict[str, object]:
    """The same as plain JSON, every pair of rows."""
    setup = found.setup
    return {
        "format": FORMAT,
        "comparable": setup is None,
        "setup_difference": None if setup is None else {"what": setup.what, "then": setup.then, "now": setup.now},
        "only_then": found.only_then,
        "only_now": found.only_now,
        "facts": [
            {
                **{"key": one.key, "then": one.then, "now": one.now},
                **{"rows": one.pairs, "values": one.values, "fleeting": one.is_fleeting},
            }
            for one in found.facts
        ],
        "rows": [_pair_json(then, now) for then, now in found.pairs],
    }


def _pair_json(then: ComparedRow, now: ComparedRow) -> dict[str, object]:
    same = {"then": then.id.id, "now": now.id.id, "decoded": then.is_decoded}
    speeds = {"then_tokens_per_s": then.tokens_per_s, "now_tokens_per_s": now.tokens_per_s}
    rates = {"then_acceptance": then.acceptance, "now_acceptance": now.acceptance}
    return {**same, **speeds, **rates}


def _figures(found: Comparison) -> Section:
    cells: dict[Cell, list[tuple[ComparedRow, ComparedRow]]] = {}
    for pair in found.pairs:
        cells.setdefault(pair[0].id.cell, []).append(pair)
    shown = list(cells.items())[:CELLS]
    table = Table(columns=COLUMNS, rows=tuple(_cell(cell, pairs) for cell, pairs in shown))
    notes = tuple(_notes(found, len(cells) - len(shown)))
    summary = f"{count_words(len(found.pairs), 'row')} compared; speed is the median of drafting speed now / then"
    return Section(heading="figures", summary=summary, blocks=(table, *([Notes(lines=notes)] if notes else [])))


def _notes(found: Comparison, cells_more: int) -> Iterator[str]:
    if cells_more:
        yield f"and {count_words(cells_more, 'cell')} more: --format json has them all"
    for count, which in ((found.only_then, "first"), (found.only_now, "second")):
        if count:
            have = "has" if count == 1 else "have"
            yield f"{count_words(count, 'row')} of the {which} file {have} no row to compare with"


def _cell(
    cell: Cell, pairs: Sequence[tuple[ComparedRow, ComparedRow]]
) -> tuple[str, str, str, str, float, Interval, str]:
    ratios = [now.tokens_per_s / then.tokens_per_s for then, now in pairs]
    speed = statistics.median(ratios), Interval(low=min(ratios), high=max(ratios))
    ks = _ks([then.id.k for then, _ in pairs], [now.id.k for _, now in pairs])
    return (cell.device, cell.family, str(cell.drafter), ks, *speed, _acceptance(pairs))


def _ks(then: Sequence[int], now: Sequence[int]) -> str:
    def said(ks: Sequence[int]) -> str:
        return str(ks[0]) if min(ks) == max(ks) else f"{min(ks)} to {max(ks)}"

    return said(then) if then == now else f"{said(then)}, {said(now)}"


def _acceptance(pairs: Sequence[tuple[ComparedRow, ComparedRow]]) -> str:
    then, now = max(pairs, key=lambda pair: abs(pair[1].acceptance - pair[0].acceptance))
    if then.acceptance == now.acceptance:
        return "equal"
    return f"{figure(then.acceptance)}, is {figure(now.acceptance)}"


def _facts(found: Comparison) -> Section:
    facts, setup = found.facts, found.setup
    compares = (
        "These rows may stand in one table." if setup is None else f"These rows do not belong into one table: {setup}."
    )
    if not facts:
        return Section(heading="facts", summary="none differs", blocks=(Paragraph(text=compares),))
    columns = tuple(Column(title=title) for title in ("what", "was", "is", "rows"))
    table = Table(columns=columns, rows=tuple(_fact(one, len(found.pairs)) for one in facts))
    summary = "what differs, likeliest causes of another drafting speed first"
    return Section(heading="facts", summary=summary, blocks=(table, Paragraph(text=compares)))


def _fact(one: FactDifference, pairs: int) -> tuple[str, str, str, str]:
    of = "all" if one.pairs == pairs else str(one.pairs)
    more = "" if one.values == 1 else f", in {one.values} ways"
    said = _flag_said if one.key.startswith("flags.") else _said
    return (one.key, said(one.then), said(one.now), of + more)


def _flag_said(value: Value) -> str:
    return "flagged" if value else "not flagged"


def _said(value: Value) -> str:
    if value is None:
        return "not known"
    return figure(value) if isinstance(value, float) else str(value)
