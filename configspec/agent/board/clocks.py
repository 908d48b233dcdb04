"""How fast a board's processors may run and do: its power mode, and the limits of its clocks in Hz.

https://docs.kernel.org/admin-guide/pm/cpufreq.html (policies; kHz; scaling_cur_freq is what was asked for, and
cpuinfo_cur_freq, which only root reads, what is)
https://docs.kernel.org/driver-api/devfreq.html (Hz)
https://docs.nvidia.com/jetson (nvpmodel keeps its mode as `pmode:0002`; nvpmodel.conf names it)
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Optional, Tuple

from ..requests.forms import MOST
from .description import FACT_LETTERS, read_text
from .processors import written
from .thermal import read_whole

KHZ = 1000
MOST_CLOCKS = 64
GPUS = re.compile(r"[\w.:-]*(?:gpu|gv11b|gp10b|ga10b|mali)[\w.:-]*", re.ASCII)  # by their devfreq: Jetson's, and Mali
Clocks = Dict[str, Dict[str, Optional[int]]]  # min_hz, max_hz, now_hz, by the name of what they are of


def read_power_mode(root: Path) -> tuple[str | None, str | None]:
    """The mode's name, or its number where nothing names it. `nvpmodel -q` may want root; its file does not."""
    status = read_text(root / "var/lib/nvpmodel/status")
    number = re.search(r"pmode:0*(\d{1,9})(?!\d)", status or "")
    if number is None:
        return None, "no nvpmodel keeps a power mode here: only Jetson boards have one"
    lines = (read_text(root / "etc/nvpmodel.conf") or "").splitlines()
    named = (re.match(r"<\s*POWER_MODEL\s+ID=0*(\d+)\s+NAME=([^\s>]+)", line) for line in lines)
    return next((name[2] for name in named if name and name[1] == number[1]), number[1])[:FACT_LETTERS], None


def cpu_clocks(root: Path) -> Clocks:
    """The clocks of cpufreq's policies. Those with the same limits are one, `0-3`, with the fastest of their clocks.

    So two readings are alike exactly where no limit differs, and a board with many processors has a short answer.
    """
    groups: Dict[Tuple[int, int], Dict[int, int]] = {}
    for folder in root.glob("sys/devices/system/cpu/cpufreq/policy*"):
        number = re.fullmatch(r"policy(\d{1,4})", folder.name, re.ASCII)
        low_hz, high_hz, now_hz = (_hz(folder / f"scaling_{name}_freq", KHZ) for name in ("min", "max", "cur"))
        if number and low_hz is not None and high_hz is not None:
            groups.setdefault((low_hz, high_hz), {})[int(number[1])] = now_hz or 0
    found = sorted(groups.items(), key=lambda group: min(group[1]))[:MOST_CLOCKS]
    return {
        written(tuple(clocks_hz))[:FACT_LETTERS]: _clock(low_hz, high_hz, max(clocks_hz.values()))
        for (low_hz, high_hz), clocks_hz in found
    }


def gpu_clocks(root: Path) -> Clocks:
    """The clocks of the GPUs that the kernel scales."""
    found: Clocks = {}
    for folder in sorted(root.glob("sys/class/devfreq/*")):
        low_hz, high_hz, now_hz = (_hz(folder / f"{name}_freq", 1) for name in ("min", "max", "cur"))
        if GPUS.fullmatch(folder.name) and low_hz is not None and high_hz is not None and len(found) < MOST_CLOCKS:
            found[folder.name[:FACT_LETTERS]] = _clock(low_hz, high_hz, now_hz)
    return found


def _clock(low_hz: int, high_hz: int, now_hz: int | None) -> dict[str, int | None]:
    return {"min_hz": low_hz, "max_hz": high_hz, "now_hz": now_hz or None}


def _hz(path: Path, times: int) -> int | None:
    number = read_whole(path)
    return number * times if number is not None and 0 <= number <= MOST // times else None
