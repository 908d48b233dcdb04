"""`configspec record power`: a recording of a device's power meter, in the form that the project's tests read."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.command import Commands, add_command
from configspec.cli.output import error_stream, say
from configspec.cli.step_progress import StepProgress
from configspec.errors import UsageError

if TYPE_CHECKING:
    from configspec.testbed.device_spec import DeviceSpec

SECONDS, MOST_S = 60.0, 3600.0
MOST_W = 1e6


def add_record(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its parts."""
    record = add_command(
        commands,
        "record",
        "record a device's power meter, to send to the project",
        "Record what hardware shows, so that tests can be run against it without the hardware.",
        "configspec record power orin --seconds 60",
    )
    parts = record.add_subparsers(metavar="COMMAND", required=True)
    power = add_command(
        parts,
        "power",
        "read a device's power meter for a while and write everything that was read",
        "Read the power meter of a device for some seconds and write one file: every file, answer and line that the "
        "meter is read from, and the readings. Serial numbers, addresses and secrets are removed. Give with --meter-w "
        "what an independent meter showed meanwhile: only that figure reveals a wrong unit or a wrong rail. The file "
        "has the format of fixtures/recordings/power/; send it with an issue.",
        "configspec record power orin --seconds 60 --meter-w 9.4 --state load",
    )
    power.add_argument("device", metavar="DEVICE", help="its name")
    power.add_argument("--seconds", type=float, default=SECONDS, metavar="S", help="how long (default: 60)")
    power.add_argument("--meter-w", type=float, metavar="W", help="what an independent meter showed, on average")
    power.add_argument("--state", default="idle", metavar="WORD", help="what the board did: idle, load (default: idle)")
    power.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="a new file (default: METER-DEVICE-STATE.json)"
    )
    power.add_argument(
        "--inventory", type=Path, default=Path("devices.yaml"), metavar="FILE", help="default: devices.yaml"
    )
    power.set_defaults(run=_record)


def _record(asked: argparse.Namespace) -> int:
    from configspec.atomic import write_whole
    from configspec.cache import default_root
    from configspec.devices.device import open_device
    from configspec.profiling.meter_recording import record_meter, recording_text

    _check(asked)
    spec = _device(asked)
    _check_output(asked.output)
    progress = StepProgress(f"{spec.name}: reading its meter for {asked.seconds:g} s", error_stream())
    try:
        with open_device(spec, default_root()) as device:
            recording = record_meter(device, seconds=asked.seconds, state=asked.state, meter_w=asked.meter_w)
    finally:
        progress.end()
    path = asked.output or _free(f"{recording.meter}-{spec.name}-{asked.state}")
    try:
        write_whole(path, recording_text(recording).encode())
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}.") from None
    say(
        f"{path}: {recording.meter} of {recording.board}, {recording.watts_words}. Read it through before you send it: "
        "it holds what stood in the board's files."
    )
    if recording.doubt is not None:
        say(f"{spec.name}: {recording.doubt}. Were both of the same seconds, and of the same lead?")
    return 0


def _check(asked: argparse.Namespace) -> None:
    if not 0 < asked.seconds <= MOST_S:
        raise UsageError(f"--seconds is {asked.seconds:g}; it takes more than 0 and at most {MOST_S:g}.")
    if asked.meter_w is not None and not 0 < asked.meter_w <= MOST_W:
        raise UsageError(f"--meter-w is {asked.meter_w:g}; it takes watts, more than 0 and at most {MOST_W:g}.")
    if not (asked.state.isascii() and asked.state.replace("-", "").isalnum()) or len(asked.state) > 40:
        raise UsageError("--state is a word of letters, digits and dashes, such as idle or load.")


def _check_output(path: Path | None) -> None:
    """A UsageError before the meter is read, where what was read could not be written."""
    if path is None:
        return
    if path.exists():
        raise UsageError(f"{path} exists and is not overwritten. Name another file with -o.")
    if not path.parent.is_dir():
        raise UsageError(f"{path} cannot be written: there is no folder {path.parent}. Make it first.")


def _free(name: str) -> Path:
    """A file of that name, numbered where there is one: what took a minute to read is not thrown away."""
    path, number = Path(f"{name}.json"), 1
    while path.exists():
        number += 1
        path = Path(f"{name}-{number}.json")
    return path


def _device(asked: argparse.Namespace) -> DeviceSpec:
    from configspec.testbed.read import read_inventory
    from configspec.testbed.select import select_devices

    found = select_devices(read_inventory(asked.inventory), [asked.device])
    if len(found) != 1:
        raise UsageError(f"{asked.device} names {len(found)} devices. Record them one at a time.")
    spec = found[0]
    if spec.connection is None:
        raise UsageError(f"{spec.name} replays recorded figures: it has no meter.")
    if spec.power is not None and spec.power.meter == "declared":
        raise UsageError(f"{spec.name}'s power is a figure that {asked.inventory} states: there is no meter to record.")
    if spec.power is None:
        raise UsageError(f"{spec.name} declares no power meter. Write `power: auto` for it in {asked.inventory}.")
    return spec
