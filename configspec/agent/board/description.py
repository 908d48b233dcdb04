"""What kind of board this is, as Linux reports it; what cannot be known is None, with a reason.

https://docs.kernel.org/admin-guide/pm/cpufreq.html (scaling_governor)
https://docs.kernel.org/filesystems/proc.html (cpuinfo, meminfo)
"""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from ..protocol import JsonObject
from .regular import open_regular

CPU_NAMES = ("model name", "Model", "Hardware")
READ_BYTES = 1024 * 1024  # of one of the kernel's files; the longest describes each core
FACT_LETTERS = 200


def describe(root: Path) -> JsonObject:
    """Facts about the board; `root` is where `proc` and `sys` are."""
    governor, reason = read_governor(root)
    return {
        "platform": platform.platform(),
        "machine": platform.machine(),
        "board": fact(root / "proc/device-tree/model"),  # only boards with a device tree have one
        "cpu_model": read_field(root / "proc/cpuinfo", CPU_NAMES) or platform.processor() or None,
        "cores": usable_cores(),
        "governor": governor,
        "governor_reason": reason,
        "load_1min": os.getloadavg()[0],
        "memory_bytes": memory_bytes(root),
        "python": platform.python_version(),
    }


def usable_cores() -> int:
    """The processors that this process may use."""
    return len(first_affinity())


def first_affinity() -> tuple[int, ...]:
    """The processors that this process was given when it began: to which it binds itself later does not count."""
    return _AFFINITY


def _affinity() -> tuple[int, ...]:
    try:
        return tuple(sorted(os.sched_getaffinity(0)))
    except AttributeError:  # not Linux
        return tuple(range(os.cpu_count() or 1))


_AFFINITY = _affinity()


def read_governor(root: Path) -> tuple[str | None, str | None]:
    """The cpufreq governor, of unlike cores all of them; else None and why."""
    files = sorted(root.glob("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"))
    found = sorted({text for text in map(fact, files) if text})
    if not found:
        return None, "the kernel shows no cpufreq governor (a virtual machine, or no such driver)"
    return "+".join(found)[:FACT_LETTERS], None


def memory_bytes(root: Path, name: str = "MemTotal") -> int | None:
    """One of the kernel's memory figures, all memory by default; None where the kernel does not report it."""
    kilobytes = whole_number(read_field(root / "proc/meminfo", (name,)))
    return None if kilobytes is None or kilobytes < 0 else kilobytes * 1024  # the kernel's kB are 1,024 bytes


def available_bytes(root: Path) -> int | None:
    """The memory that a new program can use without swapping."""
    return memory_bytes(root, "MemAvailable")


def shares_memory(root: Path) -> bool:
    """Whether a GPU has no memory of its own: as on boards with a device tree (Jetson, Raspberry Pi)."""
    return read_text(root / "proc/device-tree/model") is not None


def read_field(path: Path, names: tuple[str, ...]) -> str | None:
    """The first `name : value` of the file, by the order of `names`."""
    lines = (read_text(path) or "").splitlines()
    for name in names:
        for line in lines:
            key, colon, value = line.partition(":")
            if colon and key.strip() == name:
                return value.strip()[:FACT_LETTERS]
    return None


def whole_number(text: str | None) -> int | None:
    """The number that the text begins with; None where it begins with something else, or without end."""
    found = re.match(r"[+-]?\d{1,18}(?=\s|$)", text or "", re.ASCII)
    return int(found[0]) if found else None


def fact(path: Path) -> str | None:
    """What a file says in a few words; None where there is nothing to read."""
    text = read_text(path)
    return None if text is None else text[:FACT_LETTERS]


def read_text(path: Path) -> str | None:
    """The beginning of a file's text, without what the kernel puts around it; None where there is none to read."""
    try:
        with open_regular(str(path)) as file:
            return file.read(READ_BYTES).decode("utf-8", "replace").strip("\0\n ") or None
    except OSError:
        return None
