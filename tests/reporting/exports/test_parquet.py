"""Parquet, read by pyarrow; and what is told where it is not installed."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from exported_series import any_series, example_rows, law, series_of_rows
from hypothesis import given

from configspec.errors import UsageError
from configspec.reporting.exports.columns import COLUMNS
from configspec.reporting.exports.parquet import Parquet
from configspec.reporting.exports.series import Series

if TYPE_CHECKING:
    import pyarrow


def test_without_pyarrow_the_command_that_installs_it_is_named(monkeypatch):
    """Before anything is read."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"needs pyarrow: pip install 'configspec\[parquet\]'"):
        Parquet().check()


def table(series: Sequence[Series]) -> pyarrow.Table:
    parquet = pytest.importorskip("pyarrow.parquet")
    (file,) = Parquet().files(series)
    return parquet.read_table(io.BytesIO(b"".join(file.pieces)))


@law
@given(any_series())
def test_every_value_comes_back_exactly(series):
    """Names too, whatever is in them: nothing reads them as a line or as a formula."""
    rows = table(series).to_pylist()
    assert len(rows) == len(series)
    for row, one in zip(rows, series, strict=True):
        assert list(row) == [column.name for column in COLUMNS]
        for column in COLUMNS:
            value = column.of(one)
            assert row[column.name] == (list(value) if isinstance(value, tuple) else value)


def test_each_column_has_its_type_and_its_meaning():
    """Also where it holds nothing."""
    schema = table(series_of_rows(*example_rows())).schema
    assert str(schema.field("value").type) == "double"
    assert str(schema.field("n").type) == "int64"
    assert str(schema.field("measured_at").type) == "timestamp[us, tz=UTC]"
    assert schema.field("flags").type.value_type == schema.field("device").type
    assert schema.field("k").metadata == {b"meaning": b"tokens drafted per round"}
