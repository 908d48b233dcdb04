"""What the kernel and the firmware show of heat and of throttling: the readings that `health.py` and `heat.py` share.

Nothing is changed, and no rights are needed. What cannot be read is left out, or None.

https://docs.kernel.org/driver-api/thermal/sysfs-api.html (m°C; the zone of a gated block fails, or is off)
https://www.raspberrypi.com/documentation/computers/os.html#get_throttled (the bits)
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Callable, Optional, Sequence

from .description import fact, read_text, whole_number

Run = Callable[[Sequence[str]], Optional[str]]  # what a command wrote; None where it failed

TURNS = 300_000  # of a fixed loop: a few hundredths of a second, far more under a stuck throttle
OFF_C, BROKEN_C = -100.0, 1000.0  # a zone that is off says -256
# Zones whose type has one of these speak of a processor; others of a battery, a radio, or a regulator at 100 °C always.
PROCESSORS = re.compile("cpu|gpu|tj|soc|pkg|package|core|cluster|npu", re.IGNORECASE)
# Cooling devices that slow a processor down, by the beginning of their type; a fan is none.
SLOWING = ("cpufreq", "thermal-cpufreq", "devfreq", "thermal-devfreq", "Processor")
PI_MAILBOX_ERROR = 31  # from this bit on, what the firmware says is no state


def read_whole(path: Path) -> int | None:
    """The whole number that a file begins with; None where there is none."""
    return whole_number(read_text(path))


def hottest(zones: Iterable[tuple[float, str]]) -> tuple[float | None, str | None]:
    """The hottest zone and its type: of those of processors, where there are any."""
    every = list(zones)
    ours = [one for one in every if PROCESSORS.search(one[1])]
    return max(ours or every, default=(None, None))


def thermal_zones(root: Path) -> list[tuple[Path, str]]:
    """The folder of each zone, and its type."""
    return [(zone, fact(zone / "type") or zone.name) for zone in root.glob("sys/class/thermal/thermal_zone*")]


def read_celsius(zone: Path) -> float | None:
    """The temperature of a zone; None where it is off, gated or broken."""
    milli = read_whole(zone / "temp")
    return milli / 1000 if milli is not None and OFF_C < milli / 1000 < BROKEN_C else None


def zone_temperatures(root: Path) -> list[tuple[float, str]]:
    """Each zone that can be read, with its type."""
    found = [(read_celsius(zone), name) for zone, name in thermal_zones(root)]
    return [(celsius, name) for celsius, name in found if celsius is not None]


def cooling_states(root: Path) -> list[tuple[str, int | None]]:
    """Those that can slow a processor down, each with its state: 0 where it does not."""
    devices = sorted(root.glob("sys/class/thermal/cooling_device*"))
    named = [(fact(device / "type") or "", device) for device in devices]
    return [(kind, read_whole(device / "cur_state")) for kind, device in named if kind.startswith(SLOWING)]


def sum_of(root: Path, pattern: str) -> int | None:
    """The numbers of all files of that pattern together; None where there is none."""
    found = [count for count in map(read_whole, root.glob(pattern)) if count is not None]
    return sum(found) if found else None


def throttled_file(root: Path) -> Path | None:
    """Where the kernel shows the state that a Raspberry Pi's firmware reports; None where it does not."""
    return min(root.glob("sys/devices/platform/soc*/soc*firmware/get_throttled"), default=None)


def pi_bits(root: Path, run: Run) -> int | None:
    """The state that a Raspberry Pi's firmware reports; None where there is none, or it failed."""
    file = throttled_file(root)
    text = read_text(file) if file else None
    if text is None:
        told = re.search(r"throttled=(\S+)", run(["vcgencmd", "get_throttled"]) or "")  # an argument would clear bits
        text = told[1] if told else None
    return read_bits(text)


def read_bits(text: str | None) -> int | None:
    """The bits of that text; None where it has none, or they are an error."""
    try:
        bits = int(text or "", 16)
    except ValueError:
        return None
    return None if bits >> PI_MAILBOX_ERROR else bits


def time_loop() -> float:
    """Seconds of the fixed loop, on the clock that times every draft: 0 where that clock does not move."""
    begin_s = time.monotonic()
    total = 0
    for number in range(TURNS):
        total += number & 7
    return time.monotonic() - begin_s
