"""What a run says at its end on one screen: what to run, and how much there is behind it, with what shows it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from configspec.count_words import count_words
from configspec.printable import printable
from configspec.reporting.plausibility_section import HEADING as PLAUSIBILITY
from configspec.reporting.report.to_run import ToRun, below
from configspec.reporting.run_document import RunReport
from configspec.reporting.terminal import Line, Look, section_lines

ASSUMED = 2  # different assumptions that are told
PROVED = 2  # devices and families of which the predictions' error is told
NOTES = 3  # on what is recommended, that are told in words


class ShortRun:
    """The recommendation, and below it how much there is behind it.

    Args:
        report: What there is to say.
        columns: In which a row of the terminal ends.
        shown_by: What shows the rest, as a person types it.
    """

    def __init__(self, report: RunReport, columns: int, shown_by: str) -> None:
        self._to_run = report.to_run
        self._columns = columns
        self._shown_by = shown_by
        self._warnings = list(_warnings(report))
        self._said_once = [
            *_proved(report.proved),
            *_assumed(report.to_run),
            *(Line(line, "note") for line in below(report.to_run)),
        ]
        self._behind = [f"{one.heading} ({len(section_lines(one)):,})" for one in report.behind.sections]
        left_out = _left_out(self._behind, shown_by)
        self.whole = [*(line for one in report.to_run for line in _all_of(one)), *self._foot(NOTES), left_out]

    def lines(self, room: int) -> list[Line]:
        """In at most `room` rows, but for one device at least.

        Where there is no room for every device with every objective, each has a line of its first objective, as far
        as there is room for these: where speculation is worse than none first, then the best. What room is left goes to
        their other lines.
        """
        if rows_of(self.whole, self._columns) <= room:
            return self.whole
        foot = next(
            (f for n in range(NOTES, 1, -1) if rows_of(f := self._foot(n), self._columns) <= room // 2), self._foot(1)
        )
        longest = _left_out(["9,999 more devices with families", "what to run (9,999)", *self._behind], self._shown_by)
        room -= rows_of([*foot, longest], self._columns)
        order = sorted(self._to_run, key=lambda one: (one.first not in one.losses, one.worth[0], -one.worth[1]))
        firsts = [Line(f"{printable(one.name)}: {printable(one.first)}", _look(one)) for one in order]
        shown = fitted_lines(firsts, room, self._columns) or firsts[:1]
        room -= rows_of(shown, self._columns)
        told: list[Line] = []
        left = 0
        for place, one in enumerate(order):
            told += shown[place : place + 1]
            others = [line for line in _lines_of(one) if line.text.strip() != printable(one.first)]
            fitting = fitted_lines(others, room, self._columns) if place < len(shown) else []
            room -= rows_of(fitting, self._columns)
            told += fitting
            left += len(others) - len(fitting)
        devices = len(order) - len(shown)
        return [*told, *foot, _left_out([*_not_shown(devices, left), *self._behind], self._shown_by)]

    def _foot(self, notes: int) -> list[Line]:
        """What is said below, with at most so many notes."""
        return [*self._warnings, *_notes(self._to_run, notes), *self._said_once]


def _not_shown(devices: int, lines: int) -> Iterator[str]:
    """How many devices with a family, and lines of what to run, there was no room for."""
    if devices:
        yield "1 more device with its family" if devices == 1 else f"{devices:,} more devices with families"
    if lines:
        yield f"what to run ({lines:,})"


def _left_out(what: Sequence[str], shown_by: str) -> Line:
    return Line(f"left out (lines): {', '.join(what)}. All: {shown_by}", "doubtful")


def _look(one: ToRun) -> Look:
    return "doubtful" if one.losses else "plain"


def rows_of(lines: Iterable[Line], columns: int) -> int:
    """How many rows of a terminal these lines take."""
    return sum(len(broken(line, columns)) for line in lines)


def broken(line: Line, columns: int) -> list[Line]:
    """The line as a terminal of so many columns shows it: broken between words."""
    indent = " " * (len(line.text) - len(line.text.lstrip()) + 2)
    rows = textwrap.wrap(line.text, columns, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True)
    return [Line(row, line.look) for row in rows] or [line]


def fitted_lines(lines: Sequence[Line], room: int, columns: int) -> list[Line]:
    """The first of these lines, as many as take no more than `room` rows."""
    kept: list[Line] = []
    for line in lines:
        room -= len(broken(line, columns))
        if room < 0:
            break
        kept.append(line)
    return kept


def within(lines: Sequence[Line], room: int, columns: int, shown_by: str) -> list[Line]:
    """As many of these lines as `room` rows have space for, with how many are left out; the last of them always."""
    if not lines or rows_of(lines, columns) <= room:
        return list(lines)
    kept = fitted_lines(lines[:-1], room - 1 - rows_of(lines[-1:], columns), columns)
    left = len(lines) - 1 - len(kept)
    return [
        *kept,
        *([Line(f"and {count_words(left, 'more line')}: {shown_by}", "doubtful")] if left else []),
        lines[-1],
    ]


def _all_of(one: ToRun) -> Iterator[Line]:
    yield Line(printable(one.name), "heading")
    yield from _lines_of(one)


def _lines_of(one: ToRun) -> Iterator[Line]:
    yield from (Line(f"  {printable(line)}", "doubtful") for line in one.losses)
    yield from (Line(f"  {printable(line)}") for line in one.lines)


def _notes(found: Sequence[ToRun], most: int) -> Iterator[Line]:
    """The first notes on what is recommended, each with what it is on; the gravest of each device first."""
    on: dict[str, list[str]] = {}
    for place in range(max((len(one.notes) for one in found), default=0)):
        for one in found:
            for note in one.notes[place : place + 1]:
                on.setdefault(note, []).append(one.name)
    for note, names in islice(on.items(), most):
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield Line(f"note on {printable(names[0])}{more}: {printable(note)}", "doubtful")
    if len(on) > most:
        yield Line(f"and {count_words(len(on) - most, 'more note')}, with the rankings", "doubtful")


def _warnings(report: RunReport) -> Iterator[Line]:
    """How many, and the first of them."""
    for section in report.behind.sections:
        if section.heading == PLAUSIBILITY:
            yield Line(section.summary, "doubtful")
            yield from (Line(line.text, "doubtful") for line in section_lines(section)[:1])


def _proved(verdicts: Sequence[str]) -> Iterator[Line]:
    yield from (Line(printable(one)) for one in verdicts[:PROVED])
    if len(verdicts) > PROVED:
        yield Line(
            f"and {count_words(len(verdicts) - PROVED, 'more prediction error')}, with the table of each", "note"
        )


def _assumed(found: Sequence[ToRun]) -> Iterator[Line]:
    families: dict[str, dict[str, None]] = {}
    for one in found:
        families.setdefault(one.assumed, {})[one.family] = None
    if len(families) == 1:
        yield Line(f"assumed: {printable(next(iter(families)))}", "note")
    elif len(families) <= ASSUMED:
        for assumed, of_families in families.items():
            yield Line(f"assumed of {printable(', '.join(of_families))}: {printable(assumed)}", "note")
    elif families:
        yield Line(f"assumed: {len(families)} different things, at the head of each ranking", "note")
