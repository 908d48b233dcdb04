"""What holds of every kind of meter: it is listed once, has a page and a recording, and reads that to its figure."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from recorded_meters import RECORDINGS, Recording, Replayed, recordings

from configspec.agent.power import registry
from configspec.agent.power.channels.json_service import URL
from configspec.agent.power.meter import BOUNDARIES, JOULES, WATTS, MeterKind, NoMeterError
from configspec.agent.power.registry import METERS

FOLDER = Path(registry.__file__).parent
NO_METERS = {"__init__", "meter", "registry", "surroundings", "sampler", "metering"}
KINDS = {kind.name: kind for kind in METERS}
DECLARED = "declared"  # states a figure, and reads nothing
with_kind = pytest.mark.parametrize("kind", METERS, ids=lambda kind: kind.name)
with_recording = pytest.mark.parametrize("recording", recordings(), ids=lambda one: one.name)


def test_every_file_of_a_meter_is_registered_under_its_name():
    """A file beside `registry.py` is a kind of meter, or one of the few that all kinds share."""
    assert {path.stem for path in FOLDER.glob("*.py")} - NO_METERS == set(KINDS)
    assert len(KINDS) == len(METERS)


@with_kind
def test_every_kind_has_a_page_and_a_recording(kind: MeterKind):
    """Its facts come from a document that is named in its file, and something was recorded of it."""
    source = (FOLDER / f"{kind.name}.py").read_text()
    assert kind.page.startswith("https://")
    assert source.count(kind.page) >= 2  # at the head, and where it is declared
    assert kind.name == DECLARED or recordings(kind.name)
    assert kind.boundary in (None, *BOUNDARIES)


@pytest.mark.parametrize("kind", [kind for kind in METERS if URL in kind.options], ids=lambda kind: kind.name)
def test_what_has_an_address_may_be_read_from_anywhere(kind: MeterKind):
    """A host reads it where the board cannot; and nobody looks for an address that was not given."""
    assert kind.on_network
    assert not kind.auto


def test_no_recording_is_of_a_meter_that_is_not_registered():
    """A folder of recordings is named after a kind."""
    assert {path.name for path in RECORDINGS.iterdir() if path.is_dir()} <= set(KINDS)


@with_recording
def test_a_recording_is_read_to_its_figure(recording: Recording, tmp_path: Path):
    """The sum, each channel and the boundary are those that the arithmetic of the recording gives."""
    meter = KINDS[recording.meter].find(Replayed(tmp_path, recording), recording.options)
    try:
        reading, facts = meter.read(), meter.facts
    finally:
        meter.close()
    named = dict(zip([channel.name for channel in facts.channels], reading.values, strict=True))
    expect = recording.expect
    assert facts.meter == recording.meter
    assert facts.shows == (WATTS if expect.joules is None else JOULES)
    assert facts.boundary == expect.boundary
    assert named == {name: pytest.approx(value, rel=1e-9) for name, value in expect.channels.items()}
    added = math.fsum(value for channel, value in zip(facts.channels, reading.values, strict=True) if channel.adds)
    assert added == pytest.approx(expect.watts if expect.joules is None else expect.joules, rel=1e-9)


@with_recording
def test_an_independent_meter_agrees_where_there_was_one(recording: Recording):
    """A unit that is wrong by a factor, or the wrong rail, shows against another meter's figure."""
    if recording.meter_w is not None and recording.expect.watts is not None:
        assert recording.expect.watts == pytest.approx(recording.meter_w, rel=0.3)


@with_recording
def test_what_a_meter_says_of_itself_is_plain(recording: Recording, tmp_path: Path):
    """Facts are numbers, texts and lists of them, and hold neither an address of a network nor a secret."""
    meter = KINDS[recording.meter].find(Replayed(tmp_path, recording), recording.options)
    meter.close()
    told = repr(meter.facts.as_json())
    hidden = [one.name for one in KINDS[recording.meter].options if one.secret and one.name in recording.options]
    secrets = [str(recording.options[name]) for name in hidden]
    assert not any(secret in told for secret in secrets)
    assert "http" not in told
    assert meter.facts.period_s >= 0
    assert meter.facts.lag_s >= 0


@pytest.mark.parametrize("kind", [kind for kind in METERS if kind.auto], ids=lambda kind: kind.name)
def test_a_board_without_it_is_told_why(kind: MeterKind, tmp_path: Path):
    """On a board that has nothing, a meter that is looked for is not there, for a reason in words."""
    bare = Recording(
        name="bare",
        meter=kind.name,
        board="",
        driver="",
        date="",
        origin="transcribed",
        source="",
        meter_w=None,
        options={},
        expect=recordings(kind.name)[0].expect,
    )
    with pytest.raises(NoMeterError, match=r"\w+ \w+"):
        kind.find(Replayed(tmp_path, bare), {})
