"""llama-bench's output in its five forms -> rows of texts by column.

`-o json`, `jsonl`, `csv`, `sql` have the same columns, which each version adds to: `model_filename`, `model_type`,
`n_prompt`, `n_gen`, `avg_ts`, `stddev_ts` since the first (2023), `n_depth` since b5145 (2025). JSON alone has
`samples_ts`, the speed of each repetition. `-o md`, the default, has a column for what varies, `test` ("pp512",
"tg128", "pp512+tg128", "tg128 @ d512"; "pp 512" until 2023) and `t/s` ("119.92 ± 0.43").

https://github.com/ggml-org/llama.cpp/blob/master/tools/llama-bench/README.md
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from configspec.printable import printable
from configspec.records.importers.source_text import SourceText, as_text, fields_of

NEEDED = ("model_type", "n_prompt", "n_gen", "avg_ts")
TABLE = ("test", "t/s")  # columns of Markdown
Form = Literal["JSON", "CSV", "Markdown", "SQL"]
_TEST = re.compile(r"^(?:pp ?(?P<pp>\d+))?\+?(?:tg ?(?P<tg>\d+))?(?: @ d(?P<depth>\d+))?$")
_PLUS_MINUS = re.compile(r"\s*(?:\u00c2?\u00b1|\ufffd+|\+[/-]-?)\s*")
_RULE = re.compile(r"^\|[\s:|-]+\|$")
_INSERT = re.compile(r"^INSERT INTO \w+ \((?P<columns>[\w, ]+)\) VALUES \((?P<values>.*)\);\s*$", re.IGNORECASE)
_VALUE = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^',\s]+))\s*(?:,|$)")
_BUILD = re.compile(r"^build: (?P<commit>\w+) \((?P<number>\d+)\)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRow:
    """One test. `samples`: the tokens a second of its repetitions, where the form has them."""

    line: int | None
    columns: Mapping[str, str]
    samples: tuple[float, ...] = ()

    def __getitem__(self, column: str) -> str:
        """The value of a column; empty where this version has no such column."""
        return self.columns.get(column, "")


def form_of(text: str) -> Form | None:
    """Which of the forms a text has, if it is llama-bench's; one that lacks a column is of a version to be told."""
    if re.search(r'"avg_ts"\s*:', text) or ('"n_prompt"' in text and '"n_gen"' in text):
        return "JSON"
    if re.search(r"^INSERT INTO \w+ \(.*\b(?:avg_ts|n_gen)\b", text, re.MULTILINE | re.IGNORECASE):
        return "SQL"
    if re.search(r"^(?=[^\n|]*\bavg_(?:ts|ns)\b)(?=[^\n|]*\bbuild_commit\b)\"?\w+\"?,", text, re.MULTILINE):
        return "CSV"
    if re.search(r"^[ \t]*\|[ \t]*model[ \t]*\|.*\|[ \t]*(?:test|t/s)[ \t]*\|", text, re.MULTILINE):
        return "Markdown"
    return None


def bench_rows(source: SourceText, form: Form) -> list[BenchRow]:
    """The rows of a file of this form.

    Raises:
        RecordError: A column of every version is missing, or a row is damaged.
    """
    readers = {"JSON": _of_json, "SQL": _of_sql, "CSV": _of_csv, "Markdown": _of_markdown}
    rows = list(readers[form](source))
    if not rows:
        raise source.wrong(f"a {form} table of llama-bench without a row: it was stopped before its first test ended")
    for row in rows:
        missing = [column for column in NEEDED if not row[column]]
        if missing:
            raise source.wrong(
                f"a row lacks {', '.join(missing)}, which llama-bench prints in every version that is known", row.line
            )
    return rows


def _of_json(source: SourceText) -> Iterator[BenchRow]:
    for number, value in enumerate(source.json_values(), 1):
        fields = fields_of(value)
        if fields is None:
            raise source.wrong(f"entry {number} is no object {{...}} with the columns of llama-bench")
        given = fields.get("samples_ts", [])
        if not isinstance(given, list):
            raise source.wrong(f"samples_ts of entry {number} is no list")
        samples = tuple(source.number(as_text(one), f"samples_ts of entry {number}") for one in given)
        columns = {printable(name): as_text(one) for name, one in fields.items() if not isinstance(one, list | dict)}
        yield BenchRow(line=None, columns=columns, samples=samples)


def _of_csv(source: SourceText) -> Iterator[BenchRow]:
    lines = source.text.splitlines()
    start = next(number for number, line in enumerate(lines) if "build_commit" in line and "avg_" in line)
    header = _csv_values(source, lines[start], start + 1)
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if not line.strip() or line == lines[start]:
            continue
        values = _csv_values(source, line, number)
        if len(values) == 1:  # what another program printed in between
            continue
        yield BenchRow(line=number, columns=_zipped(source, header, values, number))


def _csv_values(source: SourceText, line: str, number: int) -> list[str]:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error as problem:
        raise source.wrong(f"it is no row of CSV ({problem}); the file may be cut", number) from problem


def _of_sql(source: SourceText) -> Iterator[BenchRow]:
    for number, line in source.lines():
        if not line.upper().startswith("INSERT INTO"):
            continue
        found = _INSERT.match(line)
        if found is None:
            raise source.wrong(
                "an INSERT that does not end with ');', or names no columns: the file may be cut", number
            )
        columns = [name.strip() for name in found["columns"].split(",")]
        values = _sql_values(source, found["values"], number)
        yield BenchRow(line=number, columns=_zipped(source, columns, values, number))


def _sql_values(source: SourceText, text: str, number: int) -> list[str]:
    values, at = [], 0
    while at < len(text):
        found = _VALUE.match(text, at)
        if found is None:
            raise source.wrong("the values of an INSERT are not as llama-bench quotes them", number)
        values.append(found[2] if found[1] is None else found[1].replace("''", "'"))
        at = found.end()
    return values


def _of_markdown(source: SourceText) -> Iterator[BenchRow]:
    header: list[str] = []
    build = _build(source.text)
    for number, line in source.lines():
        stripped = line.strip()
        if not stripped.startswith("|") or _RULE.match(stripped):
            continue
        cells = [cell.strip() for cell in stripped.strip("|").split("|")]
        if cells[0] == "model":
            header = cells
            missing = [column for column in TABLE if column not in header]
            if missing:
                raise source.wrong(f"a table without the column {' and '.join(missing)} is of no known version", number)
        elif header:
            columns = _as_columns(source, _zipped(source, header, cells, number), number)
            yield BenchRow(line=number, columns={**columns, **build})


def _as_columns(source: SourceText, cells: Mapping[str, str], number: int) -> dict[str, str]:
    """A row of the table under the names that the other forms have."""
    test = _TEST.match(cells["test"])
    if test is None:
        raise source.wrong(f"the test '{printable(cells['test'], at_most=40)}' is of no kind that is known", number)
    speed, *spread = _PLUS_MINUS.split(cells["t/s"])
    rest = {printable(name): value for name, value in cells.items() if name not in ("model", "test", "t/s")}
    return {
        **rest,
        "model_type": cells["model"],
        "n_prompt": test["pp"] or "0",
        "n_gen": test["tg"] or "0",
        "n_depth": test["depth"] or "0",
        "avg_ts": speed,
        "stddev_ts": spread[0] if spread else "",
    }


def _build(text: str) -> dict[str, str]:
    """The build that a table names below it."""
    found = _BUILD.search(text)
    return {} if found is None else {"build_commit": found["commit"], "build_number": found["number"]}


def _zipped(source: SourceText, columns: Sequence[str], values: Sequence[str], number: int) -> dict[str, str]:
    if len(columns) != len(values):
        raise source.wrong(f"a row has {len(values)} values, and its header {len(columns)} columns", number)
    if len(set(columns)) < len(columns):
        raise source.wrong("the header has a column twice", number)
    return {printable(name): value for name, value in zip(columns, values, strict=True)}
