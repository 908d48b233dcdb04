"""Bencher Metric Format, for `bencher run --adapter json --file FILE`.

https://bencher.dev/docs/reference/bencher-metric-format

    {benchmark: {measure: {"value": ..., "lower_value": ..., "upper_value": ...}}}

A benchmark is a configuration, a measure one of its metrics. Bencher keeps units with the measure, not with the
value, so the file has none. A name has at most 1024 letters, a measure's slug 64.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import final

from configspec.reporting.exports.export import ExportFile, encoded
from configspec.reporting.exports.series import Series, by_configuration
from configspec.reporting.exports.texts import path_name

NAME_LETTERS = 1024


@final
class Bencher:
    """A benchmark a configuration."""

    name = "bmf"
    reader = "Bencher"
    files_in_folder = ()
    is_text = True

    def check(self) -> None:
        """Nothing is needed."""

    def files(self, series: Sequence[Series]) -> tuple[ExportFile, ...]:
        """One file."""
        return (ExportFile(name="configspec.json", pieces=encoded(_lines(series))),)


def _lines(series: Sequence[Series]) -> Iterator[str]:
    separator = "{"
    for measured, some in by_configuration(series):
        name = json.dumps(path_name(measured.id, at_most=NAME_LETTERS))
        measures = {one.metric.name.replace("_", "-"): _measure(one) for one in some}
        yield f"{separator}{name}: {json.dumps(measures, allow_nan=False)}"
        separator = ","
    yield "}" if separator == "," else "{}"


def _measure(one: Series) -> dict[str, float]:
    return {"value": one.value, "lower_value": one.low, "upper_value": one.high}
