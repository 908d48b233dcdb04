"""What heat does to a board around a measurement: its temperature, throttling, mode, clocks and swapping.

It is read before and after, and `heat_watch.py` looks between the two. Counters are since the board began, so
that the difference of two answers counts what happened meanwhile. What is not there is left out of a mapping, or None
with a reason. Nothing is changed, and no rights are needed.

https://docs.kernel.org/arch/x86/cpu.html and .../ABI/testing/sysfs-devices-system-cpu (thermal_throttle: events)
https://docs.nvidia.com/jetson/archives/r36.4/DeveloperGuide/SD/PlatformPowerAndPerformance.html (soctherm: OC1 to OC3
count events of throttling; which of them is which differs between Xavier and Orin, so they keep their numbers)
https://www.raspberrypi.com/documentation/computers/os.html#get_throttled (bits of now, and from 16 on since the start)
https://docs.kernel.org/filesystems/proc.html (vmstat: pswpin and pswpout in pages, oom_kill)
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Dict

from ..protocol import JsonObject
from ..requests.forms import MOST
from .clocks import cpu_clocks, gpu_clocks, read_power_mode
from .description import read_governor, read_text
from .thermal import PROCESSORS, Run, cooling_states, hottest, pi_bits, sum_of, time_loop, zone_temperatures

EVENTS = (
    ("core_throttle_count", "sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/core_throttle_count"),
    ("package_throttle_count", "sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/package_throttle_count"),
    *((f"oc{number}", f"sys/class/hwmon/hwmon*/oc{number}_event_cnt") for number in (1, 2, 3)),
)
SWAP = {"swap_in_pages": "pswpin", "swap_out_pages": "pswpout", "oom_kills": "oom_kill"}
MOST_NAMED = 32  # zones, and cooling devices
LOOPS = 3  # of which the fastest counts: the first may find a clock that has yet to rise, and others may disturb one


def heat_state(root: Path, run: Run, loop: Callable[[], float] = time_loop) -> JsonObject:
    """How hot, fast and throttled the board is now; `root` holds `proc`, `sys`, `etc`, `var`."""
    loop_s = min(loop() for _ in range(LOOPS))
    cpus, gpus = cpu_clocks(root), gpu_clocks(root)  # just after the loop, which has called for the highest clock
    temperatures = zone_temperatures(root)
    of_processors = sorted(one for one in temperatures if PROCESSORS.search(one[1]))
    temperature_c, zone = hottest(temperatures)
    bits = pi_bits(root, run)
    power_mode, power_mode_reason = read_power_mode(root)
    governor, governor_reason = read_governor(root)
    return {
        "t_s": time.monotonic(),
        "temperature_c": temperature_c,
        "temperature_zone": zone,
        "temperature_reason": None if zone else "the kernel shows no thermal zone that can be read",
        "zones_c": {name: celsius for celsius, name in of_processors[-MOST_NAMED:]},  # of a name, the hottest
        "events": _events(root),
        "pi_bits": bits,
        "pi_bits_reason": None if bits is not None else "no firmware of a Raspberry Pi shows its state",
        "cooling": _cooling(root),
        "power_mode": power_mode,
        "power_mode_reason": power_mode_reason,
        "governor": governor,
        "governor_reason": governor_reason,
        "cpu_clocks": cpus,
        "gpu_clocks": gpus,
        **_swapping(root),
        "loop_s": loop_s,
    }


def _events(root: Path) -> dict[str, int]:
    """Events of throttling so far, by the kernel's name; those of all processors together."""
    found = ((name, sum_of(root, pattern)) for name, pattern in EVENTS)
    return {name: count for name, count in found if count is not None and 0 <= count <= MOST}


def _cooling(root: Path) -> dict[str, int]:
    """The cooling devices that can slow a processor down, each with its state; of some of one type, the highest."""
    states: Dict[str, int] = {}
    for kind, state in cooling_states(root):
        if state is not None and 0 <= state <= MOST and (kind in states or len(states) < MOST_NAMED):
            states[kind] = max(state, states.get(kind, 0))
    return states


def _swapping(root: Path) -> JsonObject:
    """Pages that went to and from the disk so far, and programs that were ended for want of memory."""
    text = read_text(root / "proc/vmstat") or ""
    found = {name: _count_of(text, word) for name, word in SWAP.items()}
    lacking = [word for name, word in SWAP.items() if found[name] is None]
    return {**found, "swap_reason": f"no {', '.join(lacking)} in /proc/vmstat" if lacking else None}


def _count_of(vmstat: str, word: str) -> int | None:
    found = re.search(rf"^{word} (\d{{1,15}})$", vmstat, re.MULTILINE | re.ASCII)
    return int(found[1]) if found else None
