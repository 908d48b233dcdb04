"""`--anonymous`: what no results file and no journal may hold."""

from __future__ import annotations

import getpass
import platform
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from configspec.errors import ConfigspecError
from configspec.records.plain import plain
from configspec.records.redact import DESTINATION, HOST, SERVER, Private

if TYPE_CHECKING:
    from configspec.pytest_plugin.run import MeasuringRun
    from configspec.testbed.device_spec import SshSpec
    from configspec.testbed.inventory import Inventory


def public_row(run: MeasuringRun, entry: Mapping[str, object]) -> Mapping[str, object]:
    """An entry of pytest-benchmark's file as this run may write it: as it is, or without private names."""
    private = _private(run)
    return entry if private is None else private.row(_plain(entry))


def public_extra_info(run: MeasuringRun, extra: Mapping[str, object]) -> Mapping[str, object]:
    """The same of `extra_info` of an entry."""
    private = _private(run)
    return extra if private is None else private.extra_info(_plain(extra))


def public_record(run: MeasuringRun, record: object) -> object:
    """The same of a record of ours, or of a part of one."""
    private = _private(run)
    return record if private is None else private.record(plain(record))


def public_machine(run: MeasuringRun, info: Mapping[str, object]) -> Mapping[str, object]:
    """The same of what pytest-benchmark says of this machine."""
    private = _private(run)
    return info if private is None else private.machine(_plain(info))


def private_names(inventory: Inventory) -> Private:
    """What names this host, its user, the boards and their accounts, and the servers.

    A name that the inventory gives to something itself is no secret, though ssh or this host has it too.
    """
    machines: dict[str, str] = {}
    users: set[str] = set()
    for family in inventory.families.values():
        if family.target.server is not None:
            address = urlsplit(family.target.server.url)
            machines.update(dict.fromkeys((address.netloc, address.hostname or ""), SERVER))
    for device in inventory.devices.values():
        if device.power is not None and isinstance(plug := device.power.options.get("url"), str):
            address = urlsplit(plug)
            machines.update(dict.fromkeys((address.netloc, address.hostname or ""), SERVER))
        if device.connection is not None and device.connection != "local":
            for destination in _destinations(device.connection):
                user, _, host = destination.rpartition("@")
                users.add(user)
                machines.update(dict.fromkeys((destination, host), DESTINATION))
    for host in (socket.gethostname(), platform.node()):
        machines.update(dict.fromkeys((host, host.split(".")[0]), HOST))
    with suppress(OSError, KeyError):  # an account that no file names, as in a container
        users.add(getpass.getuser())
    drafts = (draft for family in inventory.families.values() for draft in family.drafts)
    declared = frozenset((*inventory.devices, *inventory.families, *drafts))
    secret = {name: shown for name, shown in machines.items() if name and name not in declared}
    return Private(
        machines={form: shown for name, shown in secret.items() for form in (name, name.lower())},
        users=frozenset(users - {""}),
        home=_home(),
        declared=declared,
    )


def _destinations(spec: SshSpec) -> Iterator[str]:
    """Every `HOST` and `USER@HOST` on the way to a board: the declared one, and what ssh makes of it."""
    from configspec.devices.transport.ssh.ssh_client import resolve

    yield spec.destination
    told: Mapping[str, str] = {}
    with suppress(ConfigspecError):
        told = resolve(spec, device=spec.destination)
    user = f"{told['user']}@" if "user" in told else ""
    for name in ("hostname", "hostkeyalias"):
        if name in told:
            yield f"{user}{told[name]}"
    jumps = told.get("proxyjump", "none")
    for jump in () if jumps == "none" else jumps.split(","):
        yield jump
        yield re.sub(r":\d+$", "", jump)


def _home() -> str | None:
    """None where there is none: an account without a home has the root folder, with which every path begins."""
    with suppress(RuntimeError):
        home = str(Path.home())
        return home if home != "/" else None
    return None


def _private(run: MeasuringRun) -> Private | None:
    if run.asked.anonymous and run.private is None:
        run.private = private_names(run.plan.inventory)
    return run.private


def _plain(values: Mapping[str, object]) -> Mapping[str, object]:
    return {key: plain(one) for key, one in values.items()}
