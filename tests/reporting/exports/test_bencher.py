"""Bencher Metric Format: https://bencher.dev/docs/reference/bencher-metric-format."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import jsonschema
from exported_series import any_series, example_rows, law, series_of_rows
from hypothesis import given

from configspec.reporting.exports.bencher import Bencher
from configspec.theory.ids import configuration_id

# As the reference says it, and stricter: no other keys, and names of the lengths that it allows.
METRIC = {
    "type": "object",
    "properties": {key: {"type": "number"} for key in ("value", "lower_value", "upper_value")},
    "required": ["value"],
    "additionalProperties": False,
}
MEASURES = {"type": "object", "additionalProperties": METRIC, "propertyNames": {"pattern": "^[a-z0-9-]{1,64}$"}}
FORMAT = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": MEASURES,
    "propertyNames": {"minLength": 1, "maxLength": 1024},
}


def written(series) -> dict[str, dict[str, dict[str, float]]]:
    (file,) = Bencher().files(series)
    found: dict[str, dict[str, dict[str, float]]] = json.loads(b"".join(file.pieces), parse_constant=_no_constant)
    return found


def _no_constant(name: str) -> float:
    raise AssertionError(f"{name} is no JSON")


@law
@given(any_series())
def test_the_file_is_what_the_reference_describes(series):
    """And every series is in it once."""
    found = written(series)
    jsonschema.validate(found, FORMAT)
    assert sum(map(len, found.values())) == len(series)


@law
@given(any_series())
def test_the_interval_holds_the_value(series):
    """As Bencher's charts draw it."""
    for measures in written(series).values():
        for one in measures.values():
            assert one["lower_value"] <= one["value"] <= one["upper_value"]


def test_a_configuration_is_a_benchmark_and_a_metric_a_measure():
    """By names that stay the same from night to night."""
    found = written(series_of_rows(*example_rows()))
    assert list(found) == [
        "orin/pair/xs/Q8_0/K2",
        "orin/pair/xs/Q8_0/K4",
        "board/pair/xs/Q8_0/K2",
        "other/pair/xs/Q8_0/K3",
    ]
    assert {"goodput", "drafting-speed", "acceptance-length"} <= found["orin/pair/xs/Q8_0/K2"].keys()


def test_a_name_that_is_too_long_is_cut():
    """Bencher refuses more than 1024 letters."""
    one = series_of_rows(*example_rows())[0]
    long = configuration_id("é" * 200, "f", "d", "q", 4)
    (name,) = written([replace(one, measured=replace(one.measured, id=long))])
    assert len(name) == 1024
    assert re.search(r"~[0-9a-f]{16}$", name)


def test_nothing_is_an_empty_object():
    """Still JSON."""
    assert written([]) == {}
