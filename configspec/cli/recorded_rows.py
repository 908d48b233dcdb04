"""What the commands that ask a file of rows have in common: which rows they take, and under which assumptions."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.assumed_options import add_assumed, check_assumed, read_assumed
from configspec.cli.left_out import add_strict, answer_code, begin_list, tell_apart, tell_left_out
from configspec.errors import UsageError
from configspec.printable import printable
from configspec.theory.objectives.objective import Objective

if TYPE_CHECKING:
    from configspec.records.left_out import LeftOutList
    from configspec.records.row import Row
    from configspec.reporting.document import Document, Section
    from configspec.reporting.rows_to_rank import RankedRow
    from configspec.selection.axes import Axis
    from configspec.selection.candidates import Group
    from configspec.selection.query import Query
    from configspec.theory.plausibility.rule import Finding


RESULTS_HELP = "a results file (pytest --benchmark-json), or a journal"
FILL_HELP = "also rank what was not measured, modelled with its error: other K, drafters that a device lacks"
LEAST, MOST = 1e-12, 1e12  # of limits and weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The rows that are asked about, and all rankings of them by device and family, at least one."""

    rows: Sequence[RankedRow]
    query: Query
    groups: tuple[Group, ...]
    left_out: LeftOutList
    findings: tuple[Finding, ...]  # what is hardly plausible of the rows

    def document(self, sections: Iterable[Section], form: str) -> Document:
        """The sections, behind what is hardly plausible and before what was left out.

        A table is for a person, who has just been told on stderr of what was left out.
        """
        from configspec.reporting.document import Document
        from configspec.reporting.left_out_section import left_out_section
        from configspec.reporting.plausibility_section import SHOWN, plausibility_section

        as_table = form == "table"
        doubts = plausibility_section(self.findings, SHOWN if as_table else None)
        left_out = None if as_table else left_out_section(self.left_out)
        return Document(sections=tuple(one for one in (doubts, *sections, left_out) if one is not None))

    def code(self, *, strict: bool, code: int = 0) -> int:
        """The exit code of a command that has answered, and would end with `code`."""
        return answer_code(self.left_out, self.findings, strict=strict, code=code)

    def more_json(self) -> dict[str, object]:
        """What every JSON document of these commands has beside its own keys."""
        from configspec.reporting.plausibility_section import findings_json

        return {"left_out": self.left_out.as_json(), "plausibility": findings_json(self.findings)}


def add_question(command: argparse.ArgumentParser, *, ks: bool = True) -> None:
    """The file, the form, which rows, and the assumptions; without `ks` no range of K, and none that are modelled."""
    command.add_argument("results", type=Path, help=RESULTS_HELP)
    command.add_argument("--format", choices=("table", "json", "markdown"), default="table", help="default: table")
    add_assumptions(command, ks=ks)
    if ks:
        add_fill(command)


def add_fill(command: argparse.ArgumentParser) -> None:
    """The option `--fill` of a command that shows what is modelled as such."""
    command.add_argument("--fill", action="store_true", help=FILL_HELP)


def refuse_fill(command: argparse.ArgumentParser, why: str) -> None:
    """Know the option in a command that cannot show what is modelled as such, to say why it does not take it."""
    command.add_argument("--fill", dest="no_fill", action="store_const", const=why, help=argparse.SUPPRESS)


def add_assumptions(command: argparse.ArgumentParser, *, ks: bool = True) -> None:
    """Which rows are taken, and what is assumed of the verifier; without `ks` no range of K."""
    command.add_argument("--device", action="append", metavar="NAME", help="name or glob; repeatable")
    command.add_argument("--family", action="append", metavar="NAME", help="name or glob; repeatable")
    if ks:
        command.add_argument("--k", metavar="RANGE", help="such as 2..10, 4 or 1,2,4")
    command.add_argument(
        "--allow-throttled", action="store_true", help="include what was measured while the device throttled"
    )
    add_strict(command)
    add_assumed(command)


def read_question(
    asked: argparse.Namespace,
    objectives: Sequence[Objective],
    *,
    ks: str | None = None,
    seen: Callable[[Row], object] | None = None,
    over: Sequence[Axis] = (),
) -> Recorded:
    """Read the file and rank what is asked for by each of `objectives`; what was left out is told.

    Args:
        asked: The command line.
        objectives: What is ranked by.
        ks: The range of K, as it was written.
        seen: Is shown each whole row as it is read, asked for or not.
        over: Axes that the answer goes along: the end of one is assumed where the objective lacks it.

    Raises:
        UsageError: An assumption cannot be, or nothing is left.
        RecordError: The file cannot be read, or contradicts itself.
    """
    from configspec.records.reader import read_each
    from configspec.reporting.filled_rows import answer_of, none_left
    from configspec.reporting.plausibility import flagged, implausible
    from configspec.reporting.rows_to_rank import check_setups, last_of_each, ranked_row
    from configspec.selection.candidates import groups_of
    from configspec.testbed.k_range import check_held

    why_not = getattr(asked, "no_fill", None)
    if why_not is not None:
        raise UsageError(f"--fill is of rank, choose, conflicts, map and explain. {why_not}")
    query = _query(asked, objectives, ks)
    left_out = begin_list(strict=asked.strict)
    ranked = ranked_row()

    def taken(row: Row) -> RankedRow:
        if seen is not None:
            seen(row)
        return ranked(row)

    rows = last_of_each(read_each(asked.results, taken, left_out), asked.results, left_out)
    tell_left_out(left_out, chooses=True)
    check_setups(rows, asked.results)
    chosen = _chosen(rows, asked)
    if ks is not None and not query.fill:
        check_held(ks, (row.id.k for row in chosen), where=f"{asked.results}: --k")
    check_assumed(query.assumed, (row.serving for row in _along(over, chosen, query)))
    tell_apart(chosen, query)
    findings = implausible(chosen)
    chosen = flagged(chosen, findings)
    groups = groups_of(answer_of(_along(over, chosen, query), query, rows))
    if not groups:
        held = ", ".join(map(str, sorted({row.id.k for row in chosen})))
        why = none_left(chosen, query, rows)
        raise UsageError(f"{asked.results}: --k is {ks}, and the rows that are asked for have K {held}.{why}")
    return Recorded(rows=chosen, query=query, groups=groups, left_out=left_out, findings=findings)


def check_rankable(recorded: Recorded, objectives: Iterable[Objective], file: Path) -> None:
    """Raises UsageError where one of the objectives has no value in any group: the question has no answer here."""
    for one in objectives:
        missing = [why for group in recorded.groups if (why := group.missing([one])) is not None]
        if len(missing) == len(recorded.groups):
            raise UsageError(f"{file}: nothing has a value by {'; '.join(dict.fromkeys(missing))}.")


def positive(written: str | float, where: str) -> float:
    """A number above 0, and not so far from 1 that ratios overflow; UsageError otherwise."""
    value = number(written, where)
    if not LEAST <= value <= MOST:
        shown = printable(str(written), at_most=40)
        raise UsageError(f"{where} is {shown}; it takes a number above 0, from {LEAST:g} to {MOST:g}.")
    return value


def number(written: str | float, where: str) -> float:
    """A finite number; UsageError otherwise."""
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{where} is {printable(str(written), at_most=40)!r}, which is no number.")
    return value


def _query(asked: argparse.Namespace, objectives: Sequence[Objective], ks: str | None) -> Query:
    from dataclasses import replace

    from configspec.selection.query import Query
    from configspec.selection.ranking import DEFAULT_RULES
    from configspec.testbed.k_range import parse_k

    return Query(
        objectives=objectives,
        ks=None if ks is None else parse_k(ks, where="--k"),
        assumed=read_assumed(asked),
        fill=getattr(asked, "fill", False),
        rules=replace(DEFAULT_RULES, top=None, allow_throttled=asked.allow_throttled),
    )


def _along(axes: Sequence[Axis], rows: Sequence[RankedRow], query: Query) -> Sequence[RankedRow]:
    """The rows, with the end of each axis assumed that they lack."""
    if not axes:
        return rows
    from dataclasses import replace

    from configspec.selection.axes import assumed_along, lacking

    (by,) = query.objectives
    each = {id(row.serving): row.serving for row in rows}  # rows share them
    found = {
        place: assumed_along(lacking(axes, query.serving(recorded), by), recorded) for place, recorded in each.items()
    }
    return [replace(row, serving=found[id(row.serving)]) for row in rows]


def _chosen(rows: Sequence[RankedRow], asked: argparse.Namespace) -> list[RankedRow]:
    from configspec.testbed.select import select_names

    devices = select_names("device", _unique(row.device for row in rows), asked.device or ())
    families = select_names("family", _unique(row.family for row in rows), asked.family or ())
    chosen = [row for row in rows if row.device in devices and row.family in families]
    if not chosen:
        raise UsageError(f"{asked.results}: no configuration is of a --device and a --family as given.")
    return chosen


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
