"""Which devices of an inventory are one board: declared twice, with other settings.

Their figures may be measured beside each other where cores are many. Not so watts: a meter shows the whole board, and
each would be charged with both.
"""

from __future__ import annotations

from collections.abc import Iterable

from configspec.testbed.device_spec import DeviceSpec, SshSpec

READS_NOTHING = "declared"  # the kind of meter that is a stated figure


def board_of(device: DeviceSpec) -> object:
    """What tells one board from another: how it is reached."""
    return device.connection.destination if isinstance(device.connection, SshSpec) else device.connection


def taking_turns(devices: Iterable[DeviceSpec]) -> dict[str, str]:
    """The devices that are one board with a meter that is read, each with the first of them."""
    boards: dict[object, list[DeviceSpec]] = {}
    for device in devices:
        if device.connection is not None:
            boards.setdefault(board_of(device), []).append(device)
    shared = [found for found in boards.values() if len(found) > 1 and any(map(_is_metered, found))]
    return {device.name: found[0].name for found in shared for device in found}


def _is_metered(device: DeviceSpec) -> bool:
    return device.power is not None and device.power.meter != READS_NOTHING
