"""The Go benchmark format, by a strict reader of its specification.

https://golang.org/design/14313-benchmark-format
https://pkg.go.dev/golang.org/x/perf/benchfmt says what of a line benchstat's own reader takes, and complains of
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from example_rows import measured_row, whole_row
from exported_series import any_series, example_rows, law, series_of_rows
from hypothesis import given

from configspec.reporting.exports.go_bench import GoBench
from configspec.theory.figures import Estimate
from configspec.theory.serving.assumptions import Serving

NUMBER = re.compile(r"\d+(\.\d+)?(e[+-]?\d+)?")


@dataclass
class Result:
    """A result line, with what the lines before it said."""

    name: str
    values: dict[str, float]
    config: dict[str, str]


@dataclass
class Read:
    """A file."""

    results: list[Result] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)


def read(text: str) -> Read:
    """Every line is a comment, a configuration, a unit or a result; what benchstat would pass over is an error."""
    found, config = Read(), dict[str, str]()
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("#"):
            continue
        if line.startswith("Unit "):
            _, unit, better = line.split(" ")
            assert found.units.setdefault(unit, better.removeprefix("better=")) in ("higher", "lower")
        elif line.startswith("Benchmark"):
            found.results.append(_result(line, dict(config)))
        else:
            key, value = _configuration(line)
            config.pop(key, None)
            if value:
                config[key] = value
    return found


def _result(line: str, config: dict[str, str]) -> Result:
    """The name, iterations, then values each with its unit; spaces alone part them."""
    name, iterations, *rest = line.split()
    assert line == " ".join((name, iterations, *rest))
    assert re.match(r"Benchmark[A-Z]", name)
    assert not re.search(r"-\d+$", name), "its end would be read as GOMAXPROCS"
    assert int(iterations) > 0
    values, units = rest[::2], rest[1::2]
    assert values
    assert len(values) == len(units) == len(set(units))
    assert all(map(NUMBER.fullmatch, values))
    return Result(name=name, values=dict(zip(units, map(float, values), strict=True)), config=config)


def _configuration(line: str) -> tuple[str, str]:
    """`key: value`; the key begins in lower case, and has no upper case and no space."""
    key, colon, value = line.partition(":")
    assert colon, line
    assert re.fullmatch(r"[a-z][^A-Z\s:]*", key), line
    assert not value or value.startswith(" "), line
    return key, value.strip()


def parts(result: Result) -> dict[str, str]:
    """The keys of a name, as benchstat's `/key` reads them."""
    return dict(part.split("=") for part in result.name.split("/")[1:])


def written(series) -> str:
    (file,) = GoBench().files(series)
    return b"".join(file.pieces).decode()


@law
@given(any_series())
def test_every_configuration_is_a_line_with_its_values(series):
    """Exactly; each unit is declared with its direction, and a name stands once under one configuration."""
    found = read(written(series))
    expected: dict[object, list[float]] = {}
    for one in series:
        expected.setdefault(one.id, []).append(one.value)
    assert [list(result.values.values()) for result in found.results] == list(expected.values())
    assert {unit for result in found.results for unit in result.values} == found.units.keys()
    keys = [(result.name, *sorted(result.config.items())) for result in found.results]
    assert len(set(keys)) == len(keys)


@law
@given(any_series())
def test_names_can_be_read_back(series):
    """Device and family hold for the lines that follow; the others are in the name."""
    ids = dict.fromkeys(one.id for one in series)
    for result, id_ in zip(read(written(series)).results, ids, strict=True):
        assert (unquote(result.config["device"]), unquote(result.config["family"])) == (id_.device, id_.family)
        assert result.name.startswith("BenchmarkConfiguration/draft=")
        assert result.name.endswith(f"/k={id_.k}")


def test_a_line_says_what_it_is_of():
    """By the keys that `benchstat -row /draft,/quant,/k` takes."""
    first = read(written(series_of_rows(*example_rows()))).results[0]
    assert {**parts(first), "setup": "x"} == {"draft": "xs", "quant": "Q8_0", "setup": "x", "k": "2"}
    assert first.config["device"] == "orin"
    assert first.config["verify"] == "0.5 s"
    assert {"goodput-tokens/s", "drafting_speed-tokens/s"} <= first.values.keys()


def test_two_metrics_of_one_unit_stay_apart():
    """A value is known by its unit alone."""
    units = read(written(series_of_rows(*example_rows()))).units
    assert units["goodput-tokens/s"] == units["drafting_speed-tokens/s"] == "higher"


def test_two_runs_of_one_testbed_compare():
    """All that benchstat parts tables by is the same: the date is a comment."""
    monday, tuesday = (
        tuple(replace(one, measured=replace(one.measured, setup_words=day)) for one in series_of_rows(whole_row(2)))
        for day in ("monday", "tuesday")
    )
    first, second = read(written(monday)).results, read(written(tuesday)).results
    assert [(one.name, one.config) for one in first] == [(one.name, one.config) for one in second]


def test_values_under_other_assumptions_do_not_compare():
    """Another price is another table."""
    cheap = replace(whole_row(2), serving=Serving(usd_per_million_tokens=0.1))
    (first,), (second,) = (read(written(series_of_rows(row))).results for row in (whole_row(2), cheap))
    assert first.config != second.config


def test_what_one_configuration_says_does_not_hold_for_the_next():
    """A meter of the first is none of the second."""
    watts = Estimate(value=8.0, low=7.0, high=9.0, confidence=0.95, n=9)
    row = whole_row(2)
    metered = replace(row, power=replace(row.power, watts=watts, reason=None))
    series = [
        replace(one, power_kind="ina3221 board" if one.metric.name == "power" else "")
        for one in series_of_rows(metered, measured_row(2, device="other"))
    ]
    first, second = read(written(series)).results
    assert first.config["power-kind"] == "ina3221%20board"
    assert "power-kind" not in second.config
