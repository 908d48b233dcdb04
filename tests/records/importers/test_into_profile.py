"""Imported figures go into a profile file cell by cell; nothing is written over in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from recorded_imports import RecordedImport, recorded_imports

from configspec.errors import RecordError, UsageError
from configspec.records.importers.imported import (
    CONFIDENCE,
    Imported,
    ImportedAcceptance,
    ImportedSpeed,
    ImportedVerification,
)
from configspec.records.importers.into_profile import Labels, put_in, read_document
from configspec.records.importers.registry import imported
from configspec.records.importers.source_text import read_source
from configspec.records.profile_file import read_profile
from configspec.theory.figures import Estimate
from configspec.theory.ids import Drafter

PAPER = Path(__file__).parents[3] / "fixtures" / "profiles" / "configspec-paper.json"
HERE = Path("profile.json")
XS = Drafter(draft="xs", quant="Q8_0")
PRICED = Labels(usd_per_million_tokens=0.9)
each = pytest.mark.parametrize("one", recorded_imports(), ids=str)


def estimate(value: float) -> Estimate:
    return Estimate(
        value=value, low=value * 0.9, high=min(value * 1.1, 1) if value < 1 else value * 1.1, confidence=CONFIDENCE, n=0
    )


def speed(value: float = 30.0, device: str = "orin", **more: Any) -> Imported:
    one = ImportedSpeed(
        device=device, family="f", drafter=XS, drafting_tokens_per_s=estimate(value), source="here", **more
    )
    return Imported(version="llama-bench", speeds=(one,))


def acceptance(value: float = 0.5, k: int = 4) -> Imported:
    one = ImportedAcceptance(family="f", drafter=XS, k=k, rate=estimate(value), source="there", warnings=("w",))
    return Imported(version="vLLM", acceptance=(one,))


def times(**by_k: float) -> Imported:
    each = [
        ImportedVerification(family="f", k=int(k[1:]), seconds=s, concurrency=8, source="x") for k, s in by_k.items()
    ]
    return Imported(version="bench", verification=tuple(each))


def written(tmp_path: Path, *each: Imported, labels: Labels = PRICED):
    file = tmp_path / "profile.json"
    document, _ = put_in(file, read_document(file), each, labels)
    file.write_text(json.dumps(document), encoding="utf-8")
    return read_profile(file)


@each
def test_every_recording_becomes_a_profile_file(tmp_path: Path, one: RecordedImport):
    """Which reads as one, called derived, with the tool as its source."""
    found = imported(one.importer, read_source(one.path), one.names)
    profile = written(tmp_path, found)
    assert profile.provenance == "derived"
    assert found.version in profile.source


@each
def test_the_same_file_again_changes_nothing(one: RecordedImport):
    """Not a figure, not a source."""
    found = imported(one.importer, read_source(one.path), one.names)
    first, _ = put_in(HERE, None, [found], PRICED)
    before = json.dumps(first)
    again, changes = put_in(HERE, json.loads(before), [found], PRICED)
    assert json.dumps(again) == before
    assert (changes.new, changes.replaced) == (0, 0)


def test_a_speed_and_an_acceptance_make_a_configuration(tmp_path: Path):
    """In either order; each alone makes none, and says what is missing."""
    for number, order in enumerate(((speed(), acceptance()), (acceptance(), speed()))):
        folder = tmp_path / str(number)
        folder.mkdir()
        first = written(folder, order[0])
        assert not any(first.devices.values())
        (one,) = written(folder, order[1]).devices["orin"]
        assert (one.k, one.drafting_tokens_per_s, one.acceptance.rate.value) == (4, pytest.approx(30), 0.5)
        assert [flag["text"] for flag in one.flags] == ["w"]
        assert one.provenance == "derived"


def test_a_cell_without_acceptance_says_so(tmp_path: Path):
    """And has its speeds all the same."""
    (cell,) = written(tmp_path, speed(prompt_tokens_per_s=estimate(900.0))).cells["orin"]
    assert cell.lacks == ("its acceptance was not imported yet",)
    assert cell.prompt_tokens_per_s is not None
    assert cell.prompt_tokens_per_s.value == 900


def test_another_figure_is_never_written_over_in_silence(tmp_path: Path):
    """All conflicts are named; --replace takes the new ones."""
    written(tmp_path, speed(), acceptance())
    with pytest.raises(UsageError, match=r"orin: f xs Q8_0: drafting_tokens_per_s 30, and 40 now\. --replace") as error:
        written(tmp_path, speed(40.0), acceptance(0.6))
    assert "K=4: acceptance 0.5, and 0.6 now" in str(error.value)
    profile = written(tmp_path, speed(40.0), acceptance(0.6), labels=Labels(replace=True))
    (one,) = profile.devices["orin"]
    assert one.drafting_tokens_per_s == pytest.approx(40)


def test_two_files_with_two_figures_for_a_cell_are_told():
    """Of one import too."""
    with pytest.raises(UsageError, match="30, and 31 now"):
        put_in(HERE, None, [speed(30.0), speed(31.0)], PRICED)


def test_times_by_k_become_serving_assumptions(tmp_path: Path):
    """The largest K's holds for those without one, as where it is measured here."""
    serving = written(tmp_path, times(k3=0.04, k8=0.06), times(k5=0.05)).serving["f"]
    assert serving.verify_s_by_k == ((3, 0.04), (5, 0.05), (8, 0.06))
    assert serving.verify_s == 0.06
    assert (serving.usd_per_million_tokens, serving.bills) == (0.9, "drafted")


def test_times_without_a_price_are_told():
    """The form needs one, and nobody guesses it."""
    with pytest.raises(UsageError, match="--usd-per-million is missing"):
        put_in(HERE, None, [times(k3=0.04)], Labels())


def test_a_profile_of_another_kind_is_not_mixed_with(tmp_path: Path):
    """The paper's bounds hold with certainty, and imported ones at 95 %."""
    file = tmp_path / "paper.json"
    file.write_text(PAPER.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(UsageError, match="one file cannot say both"):
        read_document(file)


def test_a_file_that_is_no_profile_is_left_alone(tmp_path: Path):
    """Whatever it is."""
    file = tmp_path / "notes.json"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(RecordError, match="not a profile file"):
        read_document(file)


def test_what_a_person_wrote_into_the_file_stays(tmp_path: Path):
    """Its note, its target, the device's name and their warnings."""
    written(tmp_path, speed(), acceptance())
    file = tmp_path / "profile.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    document["note"] = "by hand"
    document["devices"]["orin"]["name"] = "my board"
    document["devices"]["orin"]["cells"][0]["warnings"] = ["warm that day"]
    file.write_text(json.dumps(document), encoding="utf-8")
    profile = written(tmp_path, speed(50.0, device="rpi5"), acceptance(k=6))
    assert profile.note == "by hand"
    assert profile.cells["orin"][0].warnings == ("warm that day",)


def test_a_figure_beyond_what_a_record_holds_is_told():
    """Before a file is written."""
    with pytest.raises(RecordError, match="tokens_per_s"):
        put_in(HERE, None, [speed(1e15)], PRICED)
