"""`configspec devices`: the state of an inventory's devices, and whether all are ready."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.command import Commands, add_command
from configspec.cli.output import goes_to_a_terminal, say_json, say_text
from configspec.errors import UsageError
from configspec.printable import printable

if TYPE_CHECKING:
    from configspec.devices.probe import Found, Models, PowerFound
    from configspec.testbed.device_spec import DeviceSpec
    from configspec.testbed.inventory import Inventory

TIMEOUT_S = 20.0
MOST_TIMEOUT_S = 3600.0
FAILED_STATUS = 3  # as of every TestbedError
FACT_LETTERS, REASON_LETTERS = 80, 1000
WIDTH = 120
NOT_ASKED = {
    "busy": "another run holds it, and is not disturbed",
    "offline": "it did not answer",
    "unconfigured": "it cannot be asked before it is set up",
    "failed": "it failed when it was asked",
    "recorded": "recorded figures have no board",
}


def add_devices(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    devices = add_command(
        commands,
        "devices",
        "show whether devices are ready, busy, offline, unhealthy, unconfigured or failed",
        "Report the state of each device of devices.yaml: ready, busy with another run, offline, unhealthy (with what "
        "its health gate refuses), unconfigured (with what to set up) or failed (with what happened). Exits with 0 if "
        "all are ready, with 3 if one failed, otherwise with 1.",
        "configspec devices\nconfigspec devices rpi5 'orin*' --format json",
    )
    devices.add_argument("names", nargs="*", metavar="NAME", help="name, tag or glob; default: all")
    devices.add_argument(
        "--inventory", type=Path, default=Path("devices.yaml"), metavar="FILE", help="default: devices.yaml"
    )
    devices.add_argument("--format", choices=("table", "json"), default="table", help="default: table")
    devices.add_argument(
        "--timeout",
        type=float,
        default=TIMEOUT_S,
        metavar="SECONDS",
        help="how long to wait for an answer (default: 20)",
    )
    devices.set_defaults(run=_devices)


def _devices(asked: argparse.Namespace) -> int:
    from configspec.cache import default_root
    from configspec.devices.probe import probe
    from configspec.testbed.read import read_inventory
    from configspec.testbed.select import select_devices

    if not 0 < asked.timeout <= MOST_TIMEOUT_S:
        raise UsageError(
            f"--timeout is {asked.timeout:g}; it takes seconds, more than 0 and {MOST_TIMEOUT_S:g} at most."
        )
    inventory = read_inventory(asked.inventory)
    devices = select_devices(inventory, asked.names or ["*"])
    models = models_of(inventory, devices)
    with probe(devices, default_root(), timeout_s=asked.timeout, models=models) as found:
        if asked.format == "json":
            say_json([as_json(one) for one in found])
        else:
            say_text(as_text(found, None if goes_to_a_terminal() else WIDTH))
    return status(found)


def status(found: Sequence[Found]) -> int:
    """The exit code: 0 where all are ready, 3 where one failed."""
    if any(one.state == "failed" for one in found):
        return FAILED_STATUS
    return 0 if all(one.state in ("ready", "recorded") for one in found) else 1


def models_of(inventory: Inventory, devices: Sequence[DeviceSpec]) -> dict[str, Models]:
    """What each device that keeps models of its own must have; whether it is the right file, a run compares by hash."""
    from configspec.devices.probe import Models
    from configspec.families.board_files import board_file_names
    from configspec.profiling.staging import push_command, shares_this_hosts_files

    names = tuple(name for family in inventory.families.values() for name in board_file_names(family))
    keeping = [spec.name for spec in devices if names and not shares_this_hosts_files(spec)]
    return {name: Models(names=names, push=push_command(inventory.path, name)) for name in keeping}


def as_json(found: Found) -> dict[str, object]:
    """One device; what was not asked is null with a reason."""
    return {
        "name": found.name,
        "state": found.state,
        "reasons": list(found.reasons),
        "warnings": list(found.warnings),
        "holder": found.holder,
        "device": None if found.facts is None else asdict(found.facts),
        "health": None if found.health is None else asdict(found.health),
        "power": None if found.power is None else asdict(found.power),
        "not_asked": NOT_ASKED[found.state] if found.facts is None else None,
    }


def as_text(devices: Sequence[Found], width: int | None = WIDTH) -> str:
    """A table, a device a row; `width` None is the terminal's."""
    from configspec.reporting.terminal_tables import folded_table

    return folded_table(("device", "state", "what"), ((one.name, one.state, _what(one)) for one in devices), width)


def _what(found: Found) -> str:
    """What a person wants to know of it in that state."""
    no_meter = None if found.power is None else found.power.reason
    more = (*found.warnings, *([no_meter] if no_meter else []))
    return ". ".join((state_words(found), *(printable(one, at_most=REASON_LETTERS) for one in more)))


def _meter_words(power: PowerFound | None) -> str | None:
    """Its power meter, and what its figure holds."""
    if power is None:
        return None
    if power.declared is not None:
        return f"power declared as {power.declared}"
    return None if power.meter is None else f"power by {power.meter.meter} ({power.meter.boundary})"


def state_words(found: Found) -> str:
    """A line on a device: who holds it, why it is not ready, or what it is."""
    if found.holder is not None:
        who = found.holder
        return f"{who['user']} on {who['host']} holds it (process {who['pid']}, since {who['since']})"
    if found.reasons or found.facts is None or found.health is None:
        return ". ".join(printable(reason, at_most=REASON_LETTERS) for reason in found.reasons)
    from configspec.theory.sizes import shown_bytes

    facts, health = found.facts, found.health
    known = [
        facts.board or facts.cpu_model or facts.machine,
        f"llama.cpp {facts.llama_cpp_version}",
        None if health.temperature_c is None else f"{health.temperature_c:.0f} °C",
        health.power_mode,
        None
        if health.available_memory_bytes is None
        else f"{shown_bytes(health.available_memory_bytes)} of memory free",
        f"board {health.board_sha256}" if health.board_sha256 else None,
        _meter_words(found.power),
    ]
    return ", ".join(printable(part, at_most=FACT_LETTERS) for part in known if part)
