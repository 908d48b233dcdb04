"""The rows of `configspec import csv`: a header of known columns, and values that are numbers or names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.records.bounds import check_names
from configspec.records.importers.imported import CONFIDENCE
from configspec.records.importers.source_text import SourceText
from configspec.theory.figures import Estimate

COLUMNS: Mapping[str, str] = {
    "device": "its name in your testbed",
    "family": "the family's name",
    "draft": "the draft model's name",
    "quant": "its quantisation",
    "k": "tokens drafted in a round, of acceptance and verification",
    "drafting_tokens_per_s": "drafting speed",
    "drafting_low": "its lower bound, at 95 %",
    "drafting_high": "its upper bound",
    "prompt_tokens_per_s": "prompt speed",
    "acceptance_rate": "accepted / drafted, without the bonus token",
    "acceptance_low": "its lower bound, at 95 %",
    "acceptance_high": "its upper bound",
    "acceptance_length": "1 + accepted / rounds, with the bonus token; in place of the rate",
    "power_w": "mean power while drafting",
    "power_low": "its lower bound, at 95 %",
    "power_high": "its upper bound",
    "verify_s": "seconds to verify a round of k",
    "note": "what to know before using the row",
}
NEEDED = ("draft", "quant")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRow:
    """One row, with its line. An empty value is one that nobody measured."""

    source: SourceText
    line: int
    values: Mapping[str, str]

    def number(self, column: str, *, least: float, most: float) -> float | None:
        """The number of a column, None where it is empty or there is no such column."""
        text = self.values.get(column, "").strip()
        return self.source.number(text, column, self.line, least=least, most=most) if text else None

    def estimate(self, name: str, value_column: str, *, least: float, most: float) -> Estimate | None:
        """A figure with its bounds; without them they are its value."""
        value = self.number(value_column, least=least, most=most)
        low, high = (self.number(f"{name}_{bound}", least=least, most=most) for bound in ("low", "high"))
        if value is None:
            if low is not None or high is not None:
                raise self.source.wrong(f"{name}_low or {name}_high is given without {value_column}", self.line)
            return None
        low, high = (value if low is None else low), (value if high is None else high)
        if not low <= value <= high:
            raise self.source.wrong(f"{name}_low is above {value_column}, or it above {name}_high", self.line)
        return Estimate(value=value, low=low, high=high, confidence=CONFIDENCE, n=0)


def csv_rows(source: SourceText) -> Iterator[CsvRow]:
    """The rows under the header.

    Raises:
        RecordError: The header has another column, or lacks one; a row has another number of values.
    """
    reader = csv.reader(io.StringIO(source.text), strict=True, skipinitialspace=True)
    header: list[str] = []
    try:
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if not header:
                header = _header(source, values)
            elif len(values) != len(header):
                raise source.wrong(
                    f"the row has {len(values)} values, and the header {len(header)} columns: is it cut, or has it a "
                    "decimal comma?",
                    reader.line_num,
                )
            else:
                yield CsvRow(source=source, line=reader.line_num, values=dict(zip(header, values, strict=True)))
    except csv.Error as problem:
        raise source.wrong(f"it is no CSV: {problem}", reader.line_num) from problem


def _header(source: SourceText, values: list[str]) -> list[str]:
    names = [value.strip() for value in values]
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise source.wrong("its values are parted by semicolons or tabs: write it with commas, and decimal points", 1)
    for name in names:
        if name not in COLUMNS:
            raise source.wrong(
                f"the column '{printable(name, at_most=60)}' is not known. {did_you_mean(name, COLUMNS)}", 1
            )
    missing = [name for name in NEEDED if name not in names]
    if missing or len(set(names)) < len(names):
        raise source.wrong(f"the header lacks {', '.join(missing)}" if missing else "the header has a column twice", 1)
    return names


def named(row: CsvRow, column: str, said: str | None) -> str:
    """A name of the row, or else of the options; the two must not differ."""
    given = row.values.get(column, "").strip()
    if given and said is not None and given != said:
        raise UsageError(
            f"{row.source.path}: line {row.line}: {column} is '{printable(given, at_most=60)}', and --{column} {said}."
        )
    name = given or said
    if name is None:
        raise row.source.wrong(f"no {column} is given, neither in the row nor as an option", row.line)
    try:
        check_names(**{column: name})
    except ValueError as problem:
        raise row.source.wrong(str(problem), row.line) from None
    return name
