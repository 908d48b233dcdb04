"""The GitHub action's custom JSON: https://github.com/benchmark-action/github-action-benchmark#readme."""

from __future__ import annotations

import json

import jsonschema
from exported_series import any_series, example_rows, law, series_of_rows
from hypothesis import given

from configspec.reporting.exports.github_action_benchmark import GithubActionBenchmark

TEXT = {"type": "string"}
# The action takes a list of these; one without an entry ends its job.
FORMAT = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {"name": TEXT, "unit": TEXT, "value": {"type": "number"}, "range": TEXT, "extra": TEXT},
        "required": ["name", "unit", "value"],
        "additionalProperties": False,
    },
}
BIGGER, SMALLER = "customBiggerIsBetter.json", "customSmallerIsBetter.json"


def written(series) -> dict[str, list[dict[str, str | float]]]:
    return {file.name: json.loads(b"".join(file.pieces)) for file in GithubActionBenchmark().files(series)}


@law
@given(any_series())
def test_each_file_is_what_the_action_takes(series):
    """Each series in the file of its direction, under a name of its own."""
    found = written(series)
    for entries in found.values():
        jsonschema.validate(entries, FORMAT)
    for name, better in ((BIGGER, "higher"), (SMALLER, "lower")):
        assert len(found.get(name, ())) == sum(one.metric.better == better for one in series)
    names = [entry["name"] for entries in found.values() for entry in entries]
    assert len(set(names)) == len(names) == len(series)


def test_a_direction_without_a_series_has_no_file():
    """The action fails on an empty list."""
    series = [one for one in series_of_rows(*example_rows()) if one.metric.better == "higher"]
    assert written(series).keys() == {BIGGER}


def test_an_entry_has_its_interval_and_where_it_comes_from():
    """What the charts show of a point."""
    entry = written(series_of_rows(*example_rows()))[BIGGER][0]
    assert entry["name"] == "goodput orin/pair/xs/Q8_0/K2"
    assert entry["unit"] == "tokens/s"
    low, high = map(float, str(entry["range"]).split(" to "))
    assert low <= float(entry["value"]) <= high
    assert "provenance: measured\nconfidence: 0.95\n" in str(entry["extra"])
    assert "NVIDIA Jetson Orin Nano" in str(entry["extra"])
