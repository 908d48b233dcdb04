"""CSV for spreadsheets and data frames: RFC 4180, UTF-8, a header, one line a series.

https://www.rfc-editor.org/rfc/rfc4180
https://owasp.org/www-community/attacks/CSV_Injection

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, quoted or not. Such a text gets an
apostrophe before it, and so does one that begins with an apostrophe: whoever wants the exact text takes one away.
Numbers stay numbers, written so that they can be read back exactly.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import final

from configspec.reporting.exports.columns import COLUMNS, Value
from configspec.reporting.exports.export import ExportFile
from configspec.reporting.exports.series import Series
from configspec.reporting.exports.texts import one_line

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'")  # with the wide signs, which some spreadsheets take too


@final
class CsvTable:
    """A line a series."""

    name = "csv"
    reader = "spreadsheets, data frames"
    files_in_folder = ()
    is_text = True

    def check(self) -> None:
        """Nothing is needed."""

    def files(self, series: Sequence[Series]) -> tuple[ExportFile, ...]:
        """One file."""
        return (ExportFile(name="configspec.csv", pieces=_lines(series)),)


def _lines(series: Sequence[Series]) -> Iterator[bytes]:
    yield _line([column.name for column in COLUMNS])
    for one in series:
        yield _line([_cell(column.of(one)) for column in COLUMNS])


def _line(cells: Sequence[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple):
        return _text(";".join(value))
    return value.isoformat() if isinstance(value, datetime) else repr(value)


def _text(text: str) -> str:
    line = one_line(text)
    return f"'{line}" if line.lstrip().startswith(FORMULA) else line
