"""What a source states beside its figures is kept, is checked, and is nothing that anything is ranked by."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from example_rows import DRAFT, OPENED, replayed_row, whole_row

from configspec.errors import RecordError
from configspec.records.codec import from_record, row_of, to_record
from configspec.records.passes import MemorySpeed, RecordedPass
from configspec.records.profile_file import read_profile
from configspec.records.row import Models, Row
from configspec.records.stated import evidence_of
from configspec.theory.evidence import NOTHING_KNOWN, Evidence, Stated
from configspec.theory.figures import Estimate

PROFILES = Path(__file__).parents[2] / "fixtures" / "profiles"
PRINTED = json.loads((PROFILES / "paper-as-printed.json").read_text(encoding="utf-8"))
SOURCES = json.loads((PROFILES / "pi5-two-sources.json").read_text(encoding="utf-8"))
MEMORY = MemorySpeed(bytes_per_s=9e9, threads=2, bytes=64 << 20, passes=3, elapsed_s=0.2, method="sums")


def complaint(tmp_path: Path, document: Any) -> str:
    """What reading this document says is wrong with it."""
    file = tmp_path / "profile.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(RecordError) as error:
        read_profile(file)
    return str(error.value)


def row_with(stated: object) -> dict[str, object]:
    """A record with this in place of what is stated."""
    return {**to_record(whole_row(2)), "stated": stated}


def test_what_a_profile_states_is_in_its_rows_and_read_back():
    """Bytes and memory of every K, values of theirs alone; the evidence of a row is that of the profile."""
    for name in ("paper-as-printed.json", "pi5-two-sources.json"):
        profile = read_profile(PROFILES / name)
        for one in (one for device in profile.devices for one in profile.configurations(device, device)):
            row = row_of(json.loads(json.dumps(to_record(replayed_row(one)))))
            assert row.configuration.evidence == one.evidence
    rpi5 = {
        (one.draft, one.k): one.evidence for one in read_profile(PROFILES / "paper-as-printed.json").devices["rpi5"]
    }
    stated = rpi5["1b-inst", 5].stated
    assert stated is not None
    assert stated.drafting_j_per_token == Estimate(value=1.28, low=1.275, high=1.285, confidence=1.0, n=0)
    assert stated.goodput_tokens_per_s is None
    assert rpi5["1b-inst", 8] == NOTHING_KNOWN


def test_what_is_stated_changes_no_ranked_figure():
    """The paper's profile with and without it: all else of each configuration is equal."""
    plain, printed = (read_profile(PROFILES / name) for name in ("configspec-paper.json", "paper-as-printed.json"))
    for device, ones in plain.devices.items():
        for one, other in zip(ones, printed.devices[device], strict=True):
            assert to_record(replayed_row(one)) == {**to_record(replayed_row(other)), "stated": None}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"k": 3}, "it is of K=3, and this cell has acceptance of 2, 5, 6, 8"),
        ({"k": 0}, "found 0; a whole number from 1 is needed here"),
        ({"drafting_j_per_token": {"value": 0, "low": 0, "high": 0}}, "found 0; a number above 0"),
        ({"drafting_j_per_token": {"value": 2, "low": 3, "high": 4}}, "low must not be above value"),
        ({"drafting_j_per_token": {"value": 1e30, "low": 1, "high": 1e30}}, "at most 1e+18"),
        ({"energy": 1}, "this key is not known here"),
        ({"from": ""}, 'a string, "...", is needed here'),
    ],
)
def test_a_value_that_cannot_be_stated_is_refused_with_its_key(tmp_path, change, words):
    """The file, the key, what was found and what would do."""
    document = copy.deepcopy(PRINTED)
    document["devices"]["rpi5"]["cells"][0]["stated"][0].update(change)
    found = complaint(tmp_path, document)
    assert "devices.rpi5.cells[0].stated[0]" in found
    assert words in found


def test_a_k_is_stated_once_and_with_a_value(tmp_path):
    """Two of one K contradict each other; none says nothing."""
    document = copy.deepcopy(PRINTED)
    stated = document["devices"]["rpi5"]["cells"][0]["stated"]
    stated.append(copy.deepcopy(stated[0]))
    assert "K=2 is given twice; remove one" in complaint(tmp_path, document)
    stated[:] = [{"k": 2}]
    assert "it states nothing; name at least one of goodput_tokens_per_s, " in complaint(tmp_path, document)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 1e19, "17 GB/s", None, True])
def test_a_memory_that_cannot_be_is_refused(tmp_path, value):
    """A number of bytes/s."""
    document = copy.deepcopy(SOURCES)
    document["devices"]["rpi5-dambergn"]["memory_bytes_per_s"] = value
    assert "devices.rpi5-dambergn.memory_bytes_per_s: found" in complaint(tmp_path, document)


@pytest.mark.parametrize("value", [0, -1, 1.5, 2**60, "1.3 GB", None, True])
def test_weights_that_cannot_be_are_refused(tmp_path, value):
    """A whole number of bytes."""
    document = copy.deepcopy(SOURCES)
    document["devices"]["rpi5-dambergn"]["cells"][0]["weights_bytes"] = value
    assert "cells[0].weights_bytes: found" in complaint(tmp_path, document)


@pytest.mark.parametrize(
    "stated",
    [
        {"weights_bytes": 0},
        {"memory_bytes_per_s": -1.0},
        {"values": {"tokens_per_usd": {"value": 1.0, "low": 2.0, "high": 3.0, "confidence": 1.0, "n": 0}}},
        {"values": 1},
        1,
    ],
)
def test_a_record_that_states_what_cannot_be_is_refused(stated):
    """As every other field of it."""
    with pytest.raises(RecordError, match=r"stated|weights_bytes|memory_bytes_per_s"):
        from_record(row_with(stated), "x.json")


def test_a_record_of_before_this_states_nothing():
    """The key may be missing."""
    record = to_record(whole_row(2))
    del record["stated"]
    assert from_record(record, "x.json").stated is None


def test_a_measured_row_is_held_against_what_was_measured():
    """Its draft's bytes, the fastest reading of its memory, the power mode of its health."""
    evidence = _measured().configuration.evidence
    assert (evidence.weights_bytes, evidence.memory_bytes_per_s, evidence.memory) == (14_000_000, 9e9, "measured")


def test_on_a_gpu_and_of_experts_nothing_is_known():
    """The memory that was read is another one; a token reads a part of the weights."""
    on_gpu = evidence_of(replace(DRAFT, opened=OPENED), _measured().drafting.passes, None, None)
    assert (on_gpu.weights_bytes, on_gpu.memory_bytes_per_s) == (DRAFT.weights_bytes, None)
    asked = evidence_of(replace(DRAFT, gpu_layers=-1), _measured().drafting.passes, None, None)
    assert asked.memory_bytes_per_s is None
    experts = replace(DRAFT, metadata={"llama.expert_count": "8"})
    assert evidence_of(experts, _measured().drafting.passes, None, None).weights_bytes is None
    assert evidence_of(None, None, None, None) == Evidence()
    assert Evidence(stated=Stated()).stated == Stated()


def _measured() -> Row:
    row = whole_row(2)
    one = RecordedPass(
        began="2026-11-29T07:00:00+00:00",
        counted=True,
        round_samples_s=row.drafting.round_samples_s,
        load=None,
        load_reason="not asked",
        memory=MEMORY,
        memory_reason=None,
    )
    return replace(row, drafting=replace(row.drafting, passes=(one,)), models=Models(draft=DRAFT))
