"""`configspec record power`: what a user sends us of their board, and what they are told where it cannot be."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from damage import civil
from loopback_service import send, serving
from made_up_board import IDLE_W, MadeUpChip
from recorded_meters import Recording, Replayed, read_recording

from configspec.agent.power.metering import kind_named
from configspec.cli import main

MAC, SERIAL, HEX = "A8:03:2A:BE:54:DC", "Serial: 142172103", "0123456789abcdef0123"
Record = Callable[..., tuple[int, str, str]]


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Record:
    """Runs the command on a device with that `power`, in a folder of its own; code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(tmp_path / "cache"))

    def run(power: dict[str, Any] | None, *words: str, device: str = "board") -> tuple[int, str, str]:
        spec = {"connection": "local", **({} if power is None else {"power": power})}
        Path("devices.yaml").write_text(json.dumps({"devices": {"board": spec, "other": spec}}))
        code = main(["record", "power", device, *words])
        told = capsys.readouterr()
        civil(code, told.err)
        return code, told.out, told.err

    return run


@pytest.fixture
def board(tmp_path: Path) -> dict[str, Any]:
    """`power` of a device that shows the files of an INA3221."""
    MadeUpChip(tmp_path / "root")
    return {"meter": "auto", "root": str(tmp_path / "root")}


def replayed(path: Path, folder: Path) -> tuple[Recording, list[float]]:
    """The recording, and what its kind of meter makes of it, as the contract tests do."""
    recording = read_recording(path)
    meter = kind_named(recording.meter).find(Replayed(folder, recording), recording.options)
    try:
        values, facts = list(meter.read().values), meter.facts
    finally:
        meter.close()
    assert facts.boundary == recording.expect.boundary
    named = dict(zip([one.name for one in facts.channels], values, strict=True))
    assert named == {name: pytest.approx(value) for name, value in recording.expect.channels.items()}
    return recording, values


@pytest.mark.real
def test_a_recording_is_read_by_its_meter_to_the_figure_in_it(
    record: Record, board: dict[str, Any], tmp_path: Path
) -> None:
    """In the form that the contract tests read, with the independent figure in its head."""
    code, out, err = record(board, "--seconds", "0.5", "--meter-w", "2.1", "--state", "idle")
    path = tmp_path / "ina3221-board-idle.json"
    assert (code, err) == (0, ""), err
    assert out.startswith("ina3221-board-idle.json: ina3221 of ")
    assert "Read it through before you send it" in out
    recording, values = replayed(path, tmp_path / "replayed")
    assert values == [pytest.approx(IDLE_W)]
    assert recording.expect.watts == pytest.approx(IDLE_W)
    assert recording.meter_w == 2.1
    assert (recording.origin, recording.options) == ("recorded", {})
    assert recording.source.startswith("configspec record power, 0.5 s, idle; https://")
    times: Any = recording.readings["t_s"]
    assert len(times) >= 5
    assert str(tmp_path) not in path.read_text()


@pytest.mark.real
def test_nothing_is_overwritten(record: Record, board: dict[str, Any], tmp_path: Path) -> None:
    """A file that is named: before the meter is read. One that is not: the next number is taken."""
    (tmp_path / "mine.json").write_text("{}")
    code, _, err = record(board, "--seconds", "3600", "-o", "mine.json")
    assert (code, err.strip()) == (
        2,
        "configspec: mine.json exists and is not overwritten. Name another file with -o.",
    )
    (tmp_path / "ina3221-board-idle.json").write_text("{}")
    code, out, _ = record(board, "--seconds", "0.2")
    assert (code, out.split(":")[0]) == (0, "ina3221-board-idle-2.json")
    assert (tmp_path / "mine.json").read_text() == (tmp_path / "ina3221-board-idle.json").read_text() == "{}"


@pytest.mark.real
def test_a_program_of_the_owners_is_recorded_without_their_words(record: Record, tmp_path: Path) -> None:
    """Its command, what it prints of hosts and names, and what looks like an identifier; its figure stays."""
    printed = {"power_mw": 9120, "mac": MAC, "ip": "192.168.1.30", "alias": "Ann's lab", "id2": HEX, "note": SERIAL}
    script = f"import json; print(json.dumps({printed!r}))"
    command = [sys.executable, "-S", "-c", script, "--password", "hunter2"]
    power = {"meter": "command", "command": command, "key": "power_mw", "unit": "mW", "boundary": "board"}
    code, _, err = record(power, "--seconds", "0.2", "-o", "out.json")
    assert code == 0, err
    recording, values = replayed(tmp_path / "out.json", tmp_path / "replayed")
    assert values == [pytest.approx(9.12)]
    assert [words for words, _, _ in recording.programs] == [("meter",)]
    assert recording.options == {"command": "meter", "key": "power_mw", "unit": "mW"}
    text = (tmp_path / "out.json").read_text()
    assert not [one for one in (MAC, "192.168", "Ann", HEX, "142172103", "hunter2", sys.executable) if one in text]


@pytest.fixture
def home() -> Iterator[str]:
    """A Home Assistant with one sensor, which repeats the token that it is given."""

    def reply(to: BaseHTTPRequestHandler) -> None:
        told = {
            "entity_id": "sensor.anns_lab_power",
            "state": "9.12",
            "attributes": {
                "unit_of_measurement": "W",
                "friendly_name": "Ann's lab",
                "token": to.headers["Authorization"],
            },
            "context": {"id": "01JDX6Z8Q3", "user_id": "cafe"},
        }
        send(to, json.dumps(told))

    with serving(reply) as service:
        yield service.url


@pytest.mark.real
def test_a_plug_is_recorded_without_address_names_and_secret(
    record: Record, home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is replayed with the made-up ones: the path that holds its name is made up as well."""
    monkeypatch.setenv("HA_TOKEN", "hunter2token")
    power = {"meter": "home_assistant", "url": home, "entity": "sensor.anns_lab_power", "token": "${HA_TOKEN}"}
    code, _, err = record(power, "--seconds", "0.2", "-o", "out.json")
    assert code == 0, err
    recording, values = replayed(tmp_path / "out.json", tmp_path / "replayed")
    assert values == [pytest.approx(9.12)]
    assert recording.options == {
        "url": "http://plug.invalid",
        "entity": "sensor.plug_power",
        "token": "secret",
    }
    assert [path for path, _, _ in recording.answers] == ["/api/states/sensor.plug_power"]
    text = (tmp_path / "out.json").read_text()
    assert not [one for one in ("127.0.0.1", "anns", "Ann", "hunter2", "01JDX", "cafe", "HA_TOKEN") if one in text]


@pytest.mark.real
@pytest.mark.parametrize(
    ("power", "told"),
    [
        ({"meter": "ina3221"}, "board: the meter ina3221 cannot be read (ina3221: no hwmon chip is named ina3221)."),
        ({"meter": "auto"}, "board: no power meter was found (ina238: "),
    ],
)
def test_a_board_without_a_meter_is_told_what_was_looked_for(
    power: dict[str, Any], told: str, record: Record, tmp_path: Path
) -> None:
    """Under a root that holds nothing."""
    code, out, err = record({**power, "root": str(tmp_path / "nowhere")}, "--seconds", "0.2")
    assert (code, out) == (2, "")
    assert told in err
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.real
def test_a_plug_that_this_host_reads_is_recorded_from_there(record: Record, home: str) -> None:
    """The message says what to write."""
    power = {"meter": "command", "command": [sys.executable, "-S", "-c", "print(5)"], "unit": "W", "boundary": "wall"}
    code, _, err = record({**power, "read_by": "host"}, "--seconds", "0.2")
    assert code == 2
    assert "its meter is read by this host. Write `read_by: device`" in err


@pytest.mark.real
def test_a_rail_that_is_not_there_is_told_with_those_that_are(record: Record, board: dict[str, Any]) -> None:
    """By the board, which alone knows them."""
    code, _, err = record({**board, "rails": ["VDD_INN"]}, "--seconds", "0.2")
    assert code == 2
    assert "board: power.rails: ina3221 has no rail 'VDD_INN'" in err
    assert "Did you mean 'VDD_IN'?" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--seconds", "0"], "--seconds is 0; it takes more than 0 and at most 3600."),
        (["--seconds", "nan"], "--seconds is nan"),
        (["--seconds", "inf"], "--seconds is inf"),
        (["--seconds", "-3"], "--seconds is -3"),
        (["--seconds", "3601"], "--seconds is 3601"),
        (["--seconds", "x"], "argument --seconds: invalid float value: 'x'"),
        (["--meter-w", "0"], "--meter-w is 0; it takes watts, more than 0 and at most 1e+06."),
        (["--meter-w", "nan"], "--meter-w is nan"),
        (["--meter-w", "1e9"], "--meter-w is 1e+09"),
        (["--state", ""], "--state is a word of letters, digits and dashes, such as idle or load."),
        (["--state", "../up"], "--state is a word"),
        (["--state", "a b"], "--state is a word"),
        (["--state", "ü"], "--state is a word"),
        (["--state", "x" * 41], "--state is a word"),
        (["-o", "devices.yaml"], "devices.yaml exists and is not overwritten. Name another file with -o."),
        (
            ["-o", "no/such/folder/x.json"],
            "no/such/folder/x.json cannot be written: there is no folder no/such/folder.",
        ),
        (["-o", "."], ". exists and is not overwritten."),
    ],
)
def test_what_is_asked_wrongly_is_refused_before_the_board_is_touched(
    words: list[str], told: str, record: Record, board: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2, in a line; nothing is printed, and nothing is read."""
    try:
        code, out, err = record(board, *words)
    except SystemExit as ended:  # of the parser
        (out, err), code = capsys.readouterr(), int(str(ended.code))
    assert (code, out) == (2, "")
    assert told in err


@pytest.mark.parametrize(
    ("power", "told"),
    [
        (None, "board declares no power meter. Write `power: auto` for it in devices.yaml."),
        (
            {"meter": "declared", "watts": 5, "source": "x", "boundary": "wall"},
            "board's power is a figure that devices.yaml states: there is no meter to record.",
        ),
    ],
)
def test_a_device_without_a_meter_is_told_so(power: dict[str, Any] | None, told: str, record: Record) -> None:
    """No key, and a figure that is declared: neither is a meter."""
    code, _, err = record(power)
    assert (code, err.strip()) == (2, f"configspec: {told}")


@pytest.mark.real
@pytest.mark.parametrize(("known_w", "is_told"), [("2.1", False), ("2050", True)])
def test_an_independent_figure_that_is_a_unit_away_is_told(
    known_w: str, is_told: bool, record: Record, board: dict[str, Any], tmp_path: Path
) -> None:
    """At once, to who stands beside the board; the recording is written all the same."""
    code, out, err = record(board, "--seconds", "0.5", "--meter-w", known_w)
    assert (code, err) == (0, "")
    assert "readings, 2 to 2 W, 2 W on average (module)" in out
    assert ("a factor of about 1000, so a unit is mistaken" in out) == is_told
    assert (tmp_path / "ina3221-board-idle.json").exists()


def test_an_unknown_device_and_several_are_refused(record: Record, board: dict[str, Any]) -> None:
    """One at a time: each has a meter of its own."""
    code, _, err = record(board, device="borad")
    assert code == 2
    assert "borad" in err
    assert "board, other" in err
    code, _, err = record(board, device="*")
    assert (code, err.strip()) == (2, "configspec: * names 2 devices. Record them one at a time.")


def test_a_device_that_replays_figures_has_no_meter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no board."""
    monkeypatch.chdir(tmp_path)
    Path("one.json").write_text(json.dumps({"configspec_profile": 1, "devices": {"orin": {}}}))
    Path("devices.yaml").write_text("devices: {board: {replay: one.json}}")
    assert main(["record", "power", "board"]) == 2
    assert "board replays recorded figures: it has no meter." in capsys.readouterr().err


def test_a_file_of_devices_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As by every other command."""
    monkeypatch.chdir(tmp_path)
    assert main(["record", "power", "board"]) == 2
    assert "devices.yaml" in capsys.readouterr().err


@pytest.mark.real
def test_a_folder_that_cannot_be_written_is_told(record: Record, board: dict[str, Any], tmp_path: Path) -> None:
    """A file in the place of a folder."""
    (tmp_path / "file").write_text("")
    code, _, err = record(board, "-o", "file/x.json", "--seconds", "0.2")
    assert code == 2
    assert "file/x.json cannot be written" in err
