"""Meters that are files of the kernel: where a chip of hwmon is, how it is set, and why a file cannot be read.

https://docs.kernel.org/hwmon/sysfs-interface.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import List, Tuple

from ..surroundings import Surroundings, optional_text, optional_whole

FASTEST_S = 0.05  # sampling faster shows nothing new to anybody
LOW_V, HIGH_V = 0.4, 30.0  # what feeds a board lies between


@dataclass(frozen=True)
class Chip:
    """A chip of hwmon; `address` is bus and address of I2C, as 1-0040, or its folder's name where it has none."""

    folder: Path
    name: str
    address: str


def hwmon_chips(around: Surroundings, names: Sequence[str]) -> List[Chip]:
    """The chips of those names, in the order of their addresses: numbers of hwmon change from boot to boot."""
    found: List[Chip] = []
    for folder in around.root.glob("sys/class/hwmon/hwmon*"):
        name = optional_text(around, folder / "name")
        if name is not None and name in names:
            address = folder.resolve().parents[1].name
            known = re.fullmatch(r"[0-9]+-[0-9a-f]{4}", address)
            found.append(Chip(folder, name, address if known else folder.name))
    return sorted(found, key=lambda chip: chip.address)


def interval_s(around: Surroundings, chip: Chip) -> float:
    """The time over which a chip averages, its `update_interval`; 0 where it has none, or does not show it."""
    return max(0, optional_whole(around, chip.folder / "update_interval") or 0) / 1000  # from ms


def reason(problem: Exception) -> str:
    """Why a file could not be read, without its path."""
    return str(getattr(problem, "strerror", None) or problem)


def named_rails(options: Mapping[str, object]) -> Tuple[str, ...]:
    """What `power.rails` names, after it was checked to be a list of texts; none where it is not given."""
    rails = options.get("rails")
    return tuple(str(one) for one in rails) if isinstance(rails, (list, tuple)) else ()
