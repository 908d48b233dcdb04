"""CSV, read by Python's own reader and as a spreadsheet would."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import pytest
from exported_series import any_series, example_rows, law, series_of_rows
from hypothesis import given

from configspec.reporting.exports.columns import COLUMNS
from configspec.reporting.exports.csv_table import CsvTable
from configspec.reporting.exports.series import Series
from configspec.theory.ids import configuration_id

NUMBERS = {column.name for column in COLUMNS if column.kind in ("number", "whole")}


def written(series) -> str:
    (file,) = CsvTable().files(series)
    return b"".join(file.pieces).decode()


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def named(name: str) -> Series:
    """A series of a device of that name."""
    one = series_of_rows(*example_rows())[0]
    return _with_id(one, configuration_id(name, "f", "d", "q", 4))


def _with_id(one: Series, id_) -> Series:
    from dataclasses import replace

    return replace(one, measured=replace(one.measured, id=id_))


@law
@given(any_series())
def test_a_series_is_a_line_and_its_numbers_are_exact(series):
    """RFC 4180: lines end in CR LF, and each has as many fields as the header."""
    text = written(series)
    assert text.count("\r\n") == text.count("\n") == len(series) + 1
    rows = read(text)
    for row, one in zip(rows, series, strict=True):
        assert None not in row
        assert None not in row.values()
        assert [float(row[name]) for name in ("value", "low", "high")] == [one.value, one.low, one.high]
        assert row["n"] == ("" if one.n is None else str(one.n))
        assert int(row["k"]) == one.id.k


@law
@given(any_series())
def test_no_cell_is_a_formula(series):
    """No text begins with a sign that a spreadsheet computes."""
    for row in read(written(series)):
        for name, text in row.items():
            if name not in NUMBERS:
                assert not text.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("orin-nx", "orin-nx"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("-1", "'-1"),
        ("'quoted", "''quoted"),
        ("a\nb", "a\\nb"),
        ("::error::x", "\\x3a:error::x"),
        ("a\u202eb", "a\\u202eb"),
        ('say "hi", twice', 'say "hi", twice'),
    ],
)
def test_what_becomes_of_a_name(name, cell):
    """An apostrophe before what looks like a formula; an escape for what moves a terminal."""
    (row,) = read(written([named(name)]))
    assert row["device"] == cell


def test_the_header_is_a_promise():
    """Columns are added at the end; none is renamed or taken away."""
    assert written([]).split("\r\n")[0] == (
        "metric,unit,better,device,family,draft,quant,algorithm,settings,k,value,low,high,confidence,n,provenance,"
        "flags,measured_at,verify_s,usd_per_million_tokens,bills,energy_boundary,power_kind,setup,setup_words"
    )


def test_what_is_not_known_is_an_empty_cell():
    """No zero, no `None`, no `nan`."""
    row = next(one for one in read(written(series_of_rows(*example_rows()))) if one["metric"] == "goodput")
    assert row["n"] == row["power_kind"] == row["measured_at"] == ""
    assert row["verify_s"] == "0.5"


@law
@given(any_series())
def test_dates_can_be_read_back(series):
    """ISO 8601 in UTC."""
    for row, one in zip(read(written(series)), series, strict=True):
        found = datetime.fromisoformat(row["measured_at"]) if row["measured_at"] else None
        assert found == one.measured.measured_at
