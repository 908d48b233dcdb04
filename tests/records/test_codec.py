"""The record: written, read back, and every way in which one can be wrong."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from any_rows import rows
from example_rows import measured_row
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import RecordError
from configspec.records.acceptance import AgreementCheck, CountedAcceptance
from configspec.records.codec import from_record, to_record
from configspec.records.decoded import EndToEnd
from configspec.records.drafting import Drafting
from configspec.records.heat import ClockRange, Heat, HeatState
from configspec.records.meter import LookedFor, MeterFacts
from configspec.records.passes import MemorySpeed, RecordedPass
from configspec.records.power import Power, PowerPass
from configspec.records.row import Models, Row, SampleRefs
from configspec.records.samples import MeterReadings, PowerSamples
from configspec.records.verification import TimedPass
from configspec.theory.serving.assumptions import Serving

DOCUMENT = Path(__file__).parents[2] / "docs" / "record.md"


@given(rows())
def test_a_row_is_the_same_after_writing_and_reading(row):
    """Through JSON text, with nothing lost and nothing infinite."""
    text = json.dumps(to_record(row), allow_nan=False)
    assert from_record(json.loads(text), "here") == row


@given(rows(), st.data())
def test_a_record_that_lost_a_key_is_told_with_the_key(row, data):
    """Cut or edited by hand: the message names the place and the key."""
    record = to_record(row)
    key = data.draw(st.sampled_from(["device", "k", "drafting", "acceptance", "power", "serving"]))
    del record[key]
    with pytest.raises(RecordError, match=f"here: .* no key {key}"):
        from_record(record, "here")


@given(
    rows(),
    st.sampled_from([field.name for field in fields(Row)]),
    st.sampled_from([None, 3.5, "x", [], ["x"], -1, True, {}, 10**400, float("nan")]),
)
def test_a_value_of_the_wrong_kind_is_a_record_error_and_nothing_else(row, key, value):
    """Whatever it is; a wrong value is never a TypeError with a traceback."""
    record = to_record(row) | {key: value}
    with contextlib.suppress(RecordError):
        from_record(json.loads(json.dumps(record)), "here")


def changed(way: str, value: object) -> dict[str, object]:
    record = json.loads(json.dumps(to_record(measured_row(4))))
    *outer, last = way.split(".")
    at = record
    for key in outer:
        at = at[key]
    at[last] = value
    return dict(record)


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        ("k", 0, "k: expected int >= 1, found 0"),
        ("k", "4", "k: expected int, got str"),
        ("drafting.round_s.low", 9.0, "drafting: round_s cannot be: low <= value <= high is needed"),
        ("drafting.round_s.value", float("nan"), "drafting: round_s cannot be"),
        (
            "drafting.round_samples_s",
            [0.1, float("inf")],
            "drafting.round_samples_s[1]: expected float <= 1000000000.0, found inf",
        ),
        ("drafting.rounds", -1, "drafting.rounds: expected int >= 0, found -1"),
        ("k", 10**400, "k: expected int <= 4096, found 1000"),
        ("drafting.method", "by hand", "drafting.method: invalid enum value 'by hand'"),
        ("acceptance.rate.high", 1.5, "acceptance: rate cannot be: low <= value <= high is needed, 0 to 1"),
        ("acceptance.by_prompt", [[1, "x"]], "acceptance.by_prompt[0][1]: expected int | float, got str"),
        ("acceptance.check", {"prompts": 1}, "acceptance.check: it has no key positions"),
        ("samples.times", "../../passwd", "samples.times: expected str matching regex '^[0-9a-f]{64}"),
        ("device", "", "device is ''; a name has 1 to 200 letters"),
    ],
)
def test_what_cannot_be_is_told_with_its_key(way, value, said):
    """In one sentence, with the page that lists what a record holds."""
    with pytest.raises(RecordError) as told:
        from_record(changed(way, value), "r.json: row")
    assert str(told.value).startswith("r.json: row: the record cannot be read: ")
    assert said in str(told.value)
    assert str(told.value).endswith("docs/record.md lists what a record holds.")


def test_more_accepted_than_drafted_cannot_be():
    """Whoever made it."""
    record = changed("acceptance.accepted", 5)
    acceptance = record["acceptance"]
    assert isinstance(acceptance, dict)
    acceptance["drafted"] = 4
    with pytest.raises(RecordError, match="accepted 5 of 4 drafted cannot be"):
        from_record(record, "here")


def test_a_key_that_is_not_known_is_passed_over():
    """Someone's own note in a record, or a key that a later configspec adds without another meaning."""
    assert from_record({**to_record(measured_row(4)), "note": "x"}, "here") == measured_row(4)


def test_a_record_of_before_tensors_were_counted_says_that_they_were_not():
    """Null with a reason, never an empty count."""
    record = to_record(measured_row(2))
    record["models"] = {"draft": None, "target": None}
    found = from_record(record, "here").models
    assert (found.draft_tensor_types, found.draft_tensor_types_reason) == (None, "the header of its file was not read")


@pytest.mark.parametrize("version", [3, 99])
def test_a_newer_version_says_so(version):
    """It is not guessed at."""
    with pytest.raises(RecordError, match=rf"r.json: row: .*version {version}.*up to 2.*pip install -U configspec"):
        from_record({"version": version}, "r.json: row")


@pytest.mark.parametrize("version", [None, 0, "2", True, 1.5])
def test_a_version_that_never_was_says_so(version):
    """A record made by hand."""
    with pytest.raises(RecordError, match="never wrote"):
        from_record({"version": version}, "here")


def test_every_key_of_a_record_is_documented():
    """docs/record.md has the outer ones and those of the parts."""
    text = DOCUMENT.read_text(encoding="utf-8")
    classes = (Row, Drafting, CountedAcceptance, SampleRefs, EndToEnd, AgreementCheck, TimedPass, Models)
    of_power = (Power, PowerPass, MeterFacts, LookedFor, PowerSamples, MeterReadings, Serving)
    of_passes = (RecordedPass, MemorySpeed, Heat, HeatState, ClockRange)
    keys = {field.name for one in (*classes, *of_power, *of_passes) for field in fields(one)}
    assert [key for key in sorted(keys) if not re.search(rf"[`.]{key}[`.]", text)] == []
