"""Apache Parquet for pandas, Polars, DuckDB and Spark: the columns of the CSV, each with its type and its meaning.

https://parquet.apache.org/docs/file-format/

Names are exact here: nothing reads them as a line or as a formula. pyarrow is imported when it is used.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import final

from configspec.errors import UsageError
from configspec.reporting.exports.columns import COLUMNS, Kind
from configspec.reporting.exports.export import ExportFile
from configspec.reporting.exports.series import Series

TYPES: Mapping[Kind, str] = {"text": "string", "whole": "int64", "number": "float64"}


@final
class Parquet:
    """A row a series."""

    name = "parquet"
    reader = "pandas, Polars, DuckDB"
    files_in_folder = ()
    is_text = False

    def check(self) -> None:
        """See the protocol."""
        _pyarrow()

    def files(self, series: Sequence[Series]) -> tuple[ExportFile, ...]:
        """One file."""
        return (ExportFile(name="configspec.parquet", pieces=[_table(series, _pyarrow())]),)


def _pyarrow() -> ModuleType:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError("--format parquet needs pyarrow: pip install 'configspec[parquet]'.") from None
    module: ModuleType = pyarrow
    return module


def _table(series: Sequence[Series], pyarrow: ModuleType) -> bytes:
    types = {kind: getattr(pyarrow, name)() for kind, name in TYPES.items()}
    types |= {"texts": pyarrow.list_(pyarrow.string()), "instant": pyarrow.timestamp("us", tz="UTC")}
    schema = pyarrow.schema(
        [pyarrow.field(one.name, types[one.kind], metadata={"meaning": one.meaning}) for one in COLUMNS]
    )
    columns = {column.name: [column.of(one) for one in series] for column in COLUMNS}
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns, schema=schema), file)
    return file.getvalue()
