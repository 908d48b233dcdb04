"""Profile files with parts missing: a speed without acceptance, no serving, times of verification by K."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from configspec.errors import RecordError
from configspec.records.profile_file import ProfileFile, read_profile

FIGURE = {"value": 10.0, "low": 9.0, "high": 11.0}
CELL: dict[str, Any] = {
    "family": "f",
    "draft": "xs",
    "quant": "Q8_0",
    "drafting_tokens_per_s": FIGURE,
    "power_w": None,
    "power_reason": "no meter",
    "acceptance_reason": "not known",
}
DOCUMENT: dict[str, Any] = {
    "configspec_profile": 1,
    "provenance": "derived",
    "confidence": 0.95,
    "source": "s",
    "license": "l",
    "families": {"f": {"target": "t", "acceptance": []}},
    "devices": {"d": {"name": "n", "cells": [CELL]}},
}
RATE = {"draft": "xs", "quant": "Q8_0", "k": 4, "rate": {"value": 0.5, "low": 0.4, "high": 0.6}, "from": "x"}


def read(tmp_path: Path, cell: Any = CELL, *, acceptance: Any = (), serving: Any = None) -> ProfileFile:
    document = copy.deepcopy(DOCUMENT)
    document["devices"]["d"]["cells"] = [cell]
    document["families"]["f"]["acceptance"] = list(acceptance)
    if serving is not None:
        document["families"]["f"]["serving"] = serving
    file = tmp_path / "p.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return read_profile(file)


def test_a_cell_without_acceptance_has_no_configuration_but_is_kept(tmp_path: Path):
    """With why."""
    profile = read(tmp_path)
    assert profile.devices == {"d": ()}
    (cell,) = profile.cells["d"]
    assert cell.lacks == ("not known",)
    assert cell.drafting_tokens_per_s is not None
    assert cell.drafting_tokens_per_s.value == 10


def test_a_cell_without_a_drafting_speed_has_none_either(tmp_path: Path):
    """It needs its reason, as a power does."""
    cell = {**CELL, "drafting_tokens_per_s": None, "drafting_reason": "not timed", "prompt_tokens_per_s": FIGURE}
    profile = read(tmp_path, cell, acceptance=[RATE])
    assert profile.devices == {"d": ()}
    assert profile.cells["d"][0].lacks == ("not timed",)
    with pytest.raises(RecordError, match="drafting_tokens_per_s is null; drafting_reason must say why"):
        read(tmp_path, {**CELL, "drafting_tokens_per_s": None})


def test_a_reason_may_stand_where_there_are_figures(tmp_path: Path):
    """It is passed over, as that of a power is."""
    profile = read(tmp_path, acceptance=[RATE])
    assert [one.k for one in profile.devices["d"]] == [4]
    assert profile.cells["d"][0].lacks == ()


def test_without_rows_or_a_reason_the_error_is_as_it_was(tmp_path: Path):
    """A draft that is written wrong in one place is told."""
    cell = {key: value for key, value in CELL.items() if key != "acceptance_reason"}
    with pytest.raises(RecordError, match=r"families.f.acceptance has no row for xs Q8_0; add one, or say why"):
        read(tmp_path, cell)


def test_warnings_of_a_cell_travel_with_its_configurations(tmp_path: Path):
    """After those of the acceptance, each once."""
    cell = {**CELL, "warnings": ["b", "a"], "from": "x"}
    (one,) = read(tmp_path, cell, acceptance=[{**RATE, "warnings": ["a"]}]).devices["d"]
    assert [flag["text"] for flag in one.flags] == ["a", "b"]


def test_a_family_may_be_silent_on_serving(tmp_path: Path):
    """Then devices.yaml says what is assumed."""
    assert read(tmp_path).serving == {}


def test_times_of_verification_by_k_are_read(tmp_path: Path):
    """Other K have the one time for all."""
    serving: dict[str, Any] = {
        "verify_s": 0.5,
        "usd_per_million_tokens": 0.9,
        "bills": "drafted",
        "verify_s_by_k": [{"k": 8, "verify_s": 0.5, "from": "x"}, {"k": 4, "verify_s": 0.4}],
    }
    found = read(tmp_path, serving=serving).serving["f"]
    assert [found.verify_s_at(k) for k in (4, 8, 6)] == [0.4, 0.5, 0.5]
    serving["verify_s_by_k"].append({"k": 4, "verify_s": 0.3})
    with pytest.raises(RecordError, match=r"verify_s_by_k\[2\]: the time of K=4 is given twice"):
        read(tmp_path, serving=serving)
