"""OpenMetrics, read by the parser of prometheus_client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from exported_series import any_series, example_rows, law, series_of_rows
from hypothesis import given
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from configspec.reporting.exports.openmetrics import OpenMetrics
from configspec.reporting.exports.texts import one_line


def written(series) -> str:
    (file,) = OpenMetrics().files(series)
    return b"".join(file.pieces).decode()


def read(text: str) -> dict[str, Metric]:
    """Families by name; the parser raises on what the specification forbids."""
    families: Iterator[Metric] = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return {family.name: family for family in families}


@law
@given(any_series())
def test_the_parser_takes_it_and_finds_every_value(series):
    """Value and both ends of the interval, no sample twice."""
    families = read(written(series))
    samples = [sample for family in families.values() for sample in family.samples]
    assert len({(one.name, *sorted(one.labels.items())) for one in samples}) == len(samples)
    found = sorted(one.value for one in samples if "device" in one.labels and one.name not in ABOUT)
    assert found == sorted(number for one in series for number in (one.value, one.low, one.high))


ABOUT = ("configspec_flags", "configspec_measured_timestamp_seconds")


@law
@given(any_series())
def test_labels_hold_the_names_on_one_line(series):
    """`# EOF` in a name ends nothing."""
    families = read(written(series))
    devices = {one.labels["device"] for one in families["configspec_flags"].samples}
    assert devices == {one_line(one.id.device) for one in series}
    assert written(series).count("\n# EOF\n") == 1


def test_a_family_ends_in_its_unit():
    """In base units, as the specification wants them."""
    families = read(written(series_of_rows(*example_rows())))
    assert {
        "configspec_goodput_tokens_per_second": "tokens_per_second",
        "configspec_cost_tokens_per_dollar": "tokens_per_dollar",
        "configspec_acceptance_rate_ratio": "ratio",
        "configspec_acceptance_length_low_tokens_per_round": "tokens_per_round",
    }.items() <= {name: family.unit for name, family in families.items()}.items()


@pytest.mark.parametrize(
    ("unit", "name"),
    [("J/token", "joules_per_token"), ("W", "watts"), ("s/token", "seconds_per_token"), ("odd unit", "odd_unit")],
)
def test_units_are_written_out(unit, name):
    """Several of what is counted, one of what it is counted by."""
    one = series_of_rows(*example_rows())[0]
    families = read(written([replace(one, metric=replace(one.metric, unit=unit))]))
    assert f"configspec_goodput_{name}" in families


def test_assumptions_are_labels_where_they_have_a_part():
    """Goodput at another price is another series; a drafting speed has none."""
    families = read(written(series_of_rows(*example_rows())))
    goodput = families["configspec_goodput_tokens_per_second"].samples[0].labels
    assert (goodput["verify"], goodput["usd_per_million_tokens"], goodput["bills"]) == ("0.5 s", "0.9", "drafted")
    assert "verify" not in families["configspec_drafting_speed_tokens_per_second"].samples[0].labels


def test_no_sample_has_a_time_stamp_but_the_date_is_a_figure():
    """The textfile collector and the Pushgateway refuse time stamps."""
    when = datetime(2026, 11, 29, tzinfo=UTC)
    series = [
        replace(one, measured=replace(one.measured, measured_at=when)) for one in series_of_rows(*example_rows())[:1]
    ]
    families = read(written(series))
    assert {sample.timestamp for family in families.values() for sample in family.samples} == {None}
    (measured,) = families["configspec_measured_timestamp_seconds"].samples
    assert measured.value == when.timestamp()


def test_nothing_is_a_file_that_ends():
    """Still OpenMetrics."""
    assert written([]).endswith("# EOF\n")
    read(written([]))
