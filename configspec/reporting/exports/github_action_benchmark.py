"""JSON for the GitHub action benchmark-action/github-action-benchmark: two files, since its tool has one direction.

https://github.com/benchmark-action/github-action-benchmark#readme

    [{"name": ..., "unit": ..., "value": ..., "range": ..., "extra": ...}, ...]

Each file bears the name of the `tool` that reads it. The action fails on an empty list, so there is no file where there
would be none in it. It knows an entry by its name alone, which has the metric and the configuration.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import final

from configspec.reporting.exports.export import ExportFile, encoded
from configspec.reporting.exports.series import Series
from configspec.reporting.exports.texts import one_line, path_name
from configspec.theory.objectives.objective import Better

TOOLS: Mapping[Better, str] = {"higher": "customBiggerIsBetter", "lower": "customSmallerIsBetter"}


@final
class GithubActionBenchmark:
    """An entry a series."""

    name = "github-action-benchmark"
    reader = "the GitHub action of that name (two files: -o FOLDER)"
    files_in_folder = tuple(f"{tool}.json" for tool in TOOLS.values())
    is_text = True

    def check(self) -> None:
        """Nothing is needed."""

    def files(self, series: Sequence[Series]) -> tuple[ExportFile, ...]:
        """A file for each direction that has a series."""
        directions = ((tool, [one for one in series if one.metric.better == way]) for way, tool in TOOLS.items())
        return tuple(ExportFile(name=f"{tool}.json", pieces=encoded(_lines(some))) for tool, some in directions if some)


def _lines(series: Sequence[Series]) -> Iterator[str]:
    for place, one in enumerate(series):
        yield f"{',' if place else '['}{json.dumps(_entry(one), allow_nan=False)}"
    yield "]"


def _entry(one: Series) -> dict[str, str | float]:
    return {
        "name": f"{one.metric.name} {path_name(one.id)}",
        "unit": one.metric.unit,
        "value": one.value,
        "range": f"{one.low:.6g} to {one.high:.6g}",
        "extra": "\n".join(_extra(one)),
    }


def _extra(one: Series) -> Iterator[str]:
    """What the action's pages show of an entry beside its value."""
    measured = one.measured
    yield f"provenance: {measured.provenance}"
    if one.confidence is not None:
        yield f"confidence: {one.confidence:.3g}"
    if measured.flags:
        yield f"flags: {', '.join(measured.flags)}"
    if measured.measured_at is not None:
        yield f"measured: {measured.measured_at.isoformat()}"
    if one.power_kind:
        yield f"power: {one_line(one.power_kind)}"
    yield f"setup: {measured.setup} {one_line(measured.setup_words)}".rstrip()
