"""`configspec init`: a testbed of one's own: devices.yaml, two tests, pytest's configuration, a workflow."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.command import Commands, add_command
from configspec.cli.output import goes_to_a_terminal, say, say_text
from configspec.errors import UsageError
from configspec.printable import printable

if TYPE_CHECKING:
    from configspec.devices.probe import Found
    from configspec.scaffold.new_files import Written
    from configspec.scaffold.new_testbed import NewDevice, Seen
    from configspec.testbed.device_spec import DeviceSpec

WORKFLOWS: Mapping[str, tuple[str, str]] = {
    "github": ("nightly-github.yml", ".github/workflows/nightly.yml"),
    "gitlab": ("nightly-gitlab.yml", ".gitlab-ci.yml"),
}
ASK_S = 15.0  # for all devices together to answer


def add_init(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    init = add_command(
        commands,
        "init",
        "make your own testbed: devices.yaml, tests, configuration",
        "Write a commented devices.yaml, the two tests and pytest's configuration into a folder, and with --workflow "
        "a nightly workflow. Each device is asked once whether it answers and what it is. Existing files are kept as "
        "they are. Without --device, the command asks in a terminal.",
        "configspec init --device here=local\n"
        "configspec init testbed --device orin=ssh:orin-01 --device pi=ssh:me@10.0.0.7 --family llama-3.1-70b",
    )
    init.add_argument("folder", type=Path, nargs="?", default=Path(), help="where it goes (default: this folder)")
    init.add_argument(
        "--device", action="append", metavar="NAME=WHERE", help="NAME=local, or NAME=ssh:DESTINATION; repeatable"
    )
    init.add_argument("--family", action="append", metavar="NAME", help="models that people serve; repeatable")
    init.add_argument("--workflow", choices=tuple(WORKFLOWS), help="also a workflow that measures every night")
    init.add_argument("--no-ask", action="store_true", help="connect to no device")
    init.set_defaults(run=_init)


def _init(asked: argparse.Namespace) -> int:
    from configspec.scaffold.new_files import write_new
    from configspec.scaffold.new_testbed import checked, devices_yaml, known_families

    devices, families = _devices(asked.device), _families(asked, sorted(known_families()))
    # Checked before anybody is asked: a name that cannot be one connects to nothing.
    specs = checked(devices_yaml(devices, families, {}), asked.folder).devices
    found = () if asked.no_ask or (asked.folder / "devices.yaml").exists() else _ask(list(specs.values()))
    text = devices_yaml(devices, families, _seen(found))
    checked(text, asked.folder)
    written = write_new(asked.folder, _files(asked.folder, text, asked.workflow))
    _tell(asked.folder, written)
    if found:
        from configspec.cli.devices import WIDTH, as_text

        say()
        say_text(as_text([_briefly(one) for one in found], None if goes_to_a_terminal() else WIDTH))
    if "devices.yaml" in written.made:
        _tell_next(devices, families, found)
    return 0


def _devices(given: Sequence[str] | None) -> list[NewDevice]:
    from configspec.scaffold.new_testbed import new_device

    if given:
        return [new_device(one) for one in given]
    if not _is_terminal():
        raise UsageError(
            "no device is named, and no terminal is there to ask. "
            "Name one: configspec init --device here=local, or --device orin=ssh:orin-01"
        )
    say(
        "Devices, one a line: NAME=local for this machine, NAME=ssh:DESTINATION for whatever `ssh DESTINATION` reaches."
    )
    devices: list[NewDevice] = []
    while line := _answer("device (empty: no more)"):
        try:
            devices.append(new_device(line))
        except UsageError as problem:
            say(str(problem))
    if not devices:
        raise UsageError("no device was named: nothing is written.")
    return devices


def _families(asked: argparse.Namespace, known: Sequence[str]) -> list[str]:
    if asked.family or asked.device or not _is_terminal():
        return list(asked.family or ())
    say(f"Models that people serve: {', '.join(known)}.")
    while line := _answer("family (empty: none, I write my own)"):
        if line in known:
            return [line]
        say(f"{printable(line, at_most=80)} is not among them.")
    return []


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and goes_to_a_terminal()


def _answer(question: str) -> str:
    say_text(f"{question}: ")
    return sys.stdin.readline().strip()


def _ask(specs: Sequence[DeviceSpec]) -> Sequence[Found]:
    """What each device says, its power meter included."""
    from dataclasses import replace

    from configspec.cache import default_root
    from configspec.devices.probe import probe
    from configspec.testbed.power_spec import PowerSpec

    metered = [replace(one, power=PowerSpec(meter="auto")) for one in specs]
    with probe(metered, default_root(), timeout_s=ASK_S, models={}) as found:
        return found


def _briefly(one: Found) -> Found:
    """Without all the places where no meter was: `configspec devices` shows them to whoever asks for one."""
    from dataclasses import replace

    return one if one.power is None or one.power.meter is not None else replace(one, power=None)


def _seen(found: Sequence[Found]) -> Mapping[str, Seen]:
    from configspec.cli.devices import state_words
    from configspec.scaffold.new_testbed import Seen

    return {
        one.name: Seen(
            words=f"{one.state}, {state_words(one)}" if one.state == "ready" else one.state,
            meter=one.power is not None and one.power.meter is not None,
        )
        for one in found
    }


def _files(folder: Path, text: str, workflow: str | None) -> Mapping[str, bytes]:
    from configspec.scaffold.new_testbed import PYTEST_INI, has_pytest_config
    from configspec.scaffold.shipped import shipped

    files = {
        "devices.yaml": text.encode(),
        "benchmarks/test_configurations.py": shipped("test_configurations.py"),
        "benchmarks/test_end_to_end.py": shipped("test_end_to_end.py"),
    }
    if not has_pytest_config(folder):
        files["pytest.ini"] = PYTEST_INI.encode()
    if workflow is not None:
        name, place = WORKFLOWS[workflow]
        files[place] = shipped(name)
    return files


def _tell(folder: Path, written: Written) -> None:
    for name in written.made:
        say(f"made {folder / name}")
    for name in written.kept:
        say(f"kept {folder / name}, which was there")


def _tell_next(devices: Sequence[NewDevice], families: Sequence[str], found: Sequence[Found]) -> None:
    flags = " ".join(f"--device {shlex.quote(one.name)}" for one in devices)
    bare = [one.name for one in found if one.state == "unconfigured"]
    say()
    say("Next:")
    if bare:
        say(f"  configspec devices setup {shlex.join(bare)}")
    if not families:
        say("  declare a family in devices.yaml")
    say("  configspec models pull")
    say(f"  pytest -m hil {flags} --plan")
