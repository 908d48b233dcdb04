"""`--anonymous`: which words no results file and no journal may hold."""

from __future__ import annotations

import getpass
import platform
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from configspec.records.plain import plain
from configspec.records.redact import redacted

if TYPE_CHECKING:
    from configspec.pytest_plugin.run import MeasuringRun
    from configspec.testbed.inventory import Inventory


def public(run: MeasuringRun, value: Any) -> Any:
    """`value` as this run may write it: as it is, or without private words."""
    if not run.asked.anonymous:
        return value
    if run.private is None:
        run.private = private_words(run.plan.inventory)
    return redacted(plain(value), run.private)


def private_words(inventory: Inventory) -> Mapping[str, str]:
    """What names this host, its user, the boards' destinations and the servers, each with what takes its place."""
    from configspec.devices.transport.ssh.ssh_client import names_of
    from configspec.testbed.device_spec import SshSpec

    words = {name: "<host>" for host in (socket.gethostname(), platform.node()) for name in (host, host.split(".")[0])}
    with suppress(OSError, KeyError):  # an account that no file names, as in a container
        words[getpass.getuser()] = "<user>"
    with suppress(RuntimeError):
        words[str(Path.home())] = "~"
    for device in inventory.devices.values():
        if isinstance(device.connection, SshSpec):
            words.update(dict.fromkeys(names_of(device.connection), "<destination>"))
    for family in inventory.families.values():
        if family.target.server is not None:
            address = urlsplit(family.target.server.url)
            words.update(dict.fromkeys((address.netloc, address.hostname or ""), "<server>"))
    return words
