"""How a board is at this moment: what must be right before it is measured, and what the record keeps of it.

What cannot be known is None, with a reason beside it. Nothing is changed, and no rights are needed.

https://docs.kernel.org/filesystems/proc.html (meminfo, loadavg)
https://www.raspberrypi.com/documentation/computers/os.html#get_throttled (the bits)
https://man7.org/linux/man-pages/man5/machine-id.5.html (to be hashed before it goes anywhere)
"""

from __future__ import annotations

import hashlib
import os
import re
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from ..protocol import JsonObject
from ..requests.forms import MOST
from .clocks import read_power_mode
from .description import available_bytes, memory_bytes, read_governor, read_text
from .thermal import Run, cooling_states, hottest, pi_bits, sum_of, time_loop, zone_temperatures

COMMAND_S = 5.0
COMMAND_BYTES = 4096  # of its output
# Bits of `get_throttled` that speak of this moment; those from 16 on of any time since boot.
PI_BITS = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}
# Event counters. OC3 of a Jetson is left out: it counts up on a healthy board, even idle.
COUNTERS = (
    ("thermal throttling", "sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/core_throttle_count"),
    ("throttling event OC1", "sys/class/hwmon/hwmon*/oc1_event_cnt"),
    ("throttling event OC2", "sys/class/hwmon/hwmon*/oc2_event_cnt"),
)
SALT = b"configspec board\0"
IDENTITIES = ("etc/machine-id", "proc/device-tree/serial-number")


def run_command(command: Sequence[str]) -> str | None:
    """What the command wrote; None where it cannot be run, does not end, or writes too much."""
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    try:
        process = subprocess.Popen(command, stdin=nothing, stdout=pipe, stderr=nothing, bufsize=0)
    except OSError:
        return None
    assert process.stdout is not None
    written, end_s, ready = bytearray(), time.monotonic() + COMMAND_S, select.poll()
    ready.register(process.stdout, select.POLLIN)
    with process.stdout:
        while len(written) <= COMMAND_BYTES and ready.poll(max(0.0, end_s - time.monotonic()) * 1000):
            piece = os.read(process.stdout.fileno(), COMMAND_BYTES)
            if not piece:
                process.kill()  # it has said all
                process.wait()
                return written.decode("utf-8", "replace")
            written += piece
    process.kill()
    process.wait()
    return None


def health(root: Path, *, models: str, run: Run = run_command) -> JsonObject:
    """Facts about this moment; `root` holds `proc`, `sys`, `etc`, `var`; `models` is the folder of GGUF files."""
    temperature_c, zone = hottest(zone_temperatures(root))
    power_mode, power_mode_reason = read_power_mode(root)
    governor, governor_reason = read_governor(root)
    disk_bytes, disk_reason = _free_disk(models)
    before = _counts(root)
    loop_s = time_loop()
    throttling, throttling_reason = _throttling(root, before, run)
    load = _load(root)
    return {
        "temperature_c": temperature_c,
        "temperature_zone": zone,
        "temperature_reason": None if zone else "the kernel shows no thermal zone that can be read",
        "power_mode": power_mode,
        "power_mode_reason": power_mode_reason,
        "governor": governor,
        "governor_reason": governor_reason,
        "throttling": throttling,
        "throttling_reason": throttling_reason,
        "available_memory_bytes": available_bytes(root),
        "swap_used_bytes": _swap_used(root),
        "memory_reason": None if available_bytes(root) is not None else "no MemAvailable in /proc/meminfo",
        "free_disk_bytes": disk_bytes,
        "free_disk_reason": disk_reason,
        "load_1min": load,
        "load_reason": None if load is not None else "no /proc/loadavg",
        "loop_s": loop_s,
        **_identity(root),
    }


def _throttling(root: Path, before: dict[str, int], run: Run) -> tuple[list[str] | None, str | None]:
    """What slows the board down at this moment; None and the reason where nothing reports it."""
    bits = pi_bits(root, run)
    cooling = _cooling(root)
    after = _counts(root)
    if not after and cooling is None and bits is None:
        return None, "neither the kernel nor the firmware shows whether it throttles"
    found = [PI_BITS[bit] for bit in PI_BITS if bits is not None and bits >> bit & 1]
    found += cooling or []
    found += [what for what, count in after.items() if count > before.get(what, count)]
    return found, None


def _counts(root: Path) -> dict[str, int]:
    """Events so far, of each kind that is counted here."""
    found = ((what, sum_of(root, pattern)) for what, pattern in COUNTERS)
    return {what: count for what, count in found if count is not None}


def _cooling(root: Path) -> list[str] | None:
    """Those that slow a processor down now; None where there is none that could."""
    known = cooling_states(root)
    return [f"cooled by {kind}, state {state}" for kind, state in known if state] if known else None


def _free_disk(models: str) -> tuple[int | None, str | None]:
    try:
        disk = os.statvfs(os.path.expanduser(models))
    except OSError as error:
        return None, f"the model folder: {error.strerror}"
    return min(disk.f_bavail * disk.f_frsize, MOST), None  # some network file systems claim more than there can be


def _swap_used(root: Path) -> int | None:
    total, free = memory_bytes(root, "SwapTotal"), memory_bytes(root, "SwapFree")
    return None if total is None or free is None else max(0, total - free)


def _identity(root: Path) -> JsonObject:
    """Which board it is, as a hash: the same for two names of one board. What is hashed stays here.

    Both are taken where there are both: a serial number alone is short enough to be guessed from its hash, and cloned
    cards share a machine id.
    """
    known = [text for text in (read_text(root / path) for path in IDENTITIES) if text]
    if not known:
        return {"board_sha256": None, "board_reason": "it has neither a machine id nor a serial number"}
    digest = hashlib.sha256(SALT + "\0".join(dict.fromkeys(known)).encode("utf-8")).hexdigest()
    return {"board_sha256": digest[:16], "board_reason": None}


def _load(root: Path) -> float | None:
    """The load of the last minute; None where the kernel tells none."""
    found = re.match(r"\d{1,9}(\.\d{1,9})?(?!\d)", read_text(root / "proc/loadavg") or "", re.ASCII)
    return float(found[0]) if found else None
