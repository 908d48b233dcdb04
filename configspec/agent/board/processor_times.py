"""What this board's processors have done so far; the difference of two such answers says who had them meanwhile.

Counters since boot, so that nothing is started or stopped for it. What the kernel does not show is None, with a reason.

https://docs.kernel.org/filesystems/proc.html (stat: jiffies of each processor, steal among them)
https://docs.kernel.org/accounting/psi.html (pressure/cpu: µs in which some task waited for a processor)
https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.stat: nr_throttled, throttled_usec)
https://docs.kernel.org/scheduler/sched-bwc.html (cgroup v1: nr_throttled, throttled_time in ns)
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from ..protocol import JsonObject
from .description import read_text

BUSY = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq; of guests, user counts already
STOLEN = 7
GROUPS = ("sys/fs/cgroup", "sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct")
LEVELS = 32  # of groups, one within another
US, NS = 1e-6, 1e-9


def processor_times(root: Path) -> JsonObject:
    """Seconds so far, on the clock that times drafts: of this process, of all on its processors, and lost."""
    allowed = _allowed()
    used = _used(read_text(root / "proc/stat") or "", allowed)
    waiting_s = _waiting(read_text(root / "proc/pressure/cpu") or "")
    throttled = _throttled(root)
    lacks = [
        words
        for words, found in (
            ("no /proc/stat of its processors", used),
            ("no /proc/pressure/cpu", waiting_s),
            ("no cpu.stat of its control group", throttled),
        )
        if found is None
    ]
    return {
        "t_s": time.monotonic(),
        "own_s": time.process_time(),
        "processors": len(allowed),
        "busy_s": None if used is None else used[0],
        "stolen_s": None if used is None else used[1],
        "waiting_s": waiting_s,
        "throttled_s": None if throttled is None else throttled[1],
        "throttled_periods": None if throttled is None else throttled[0],
        "reason": ", ".join(lacks) or None,
    }


def _allowed() -> tuple[int, ...]:
    try:
        return tuple(sorted(os.sched_getaffinity(0)))
    except AttributeError:  # not Linux
        return tuple(range(os.cpu_count() or 1))


def _used(stat: str, allowed: tuple[int, ...]) -> tuple[float, float] | None:
    """Seconds in which these processors were busy, and those that a hypervisor gave to others."""
    ticks = {
        int(found[1]): [int(word) for word in found[2].split()]
        for found in re.finditer(r"^cpu(\d{1,5})((?: \d{1,18}){8,})", stat, re.MULTILINE | re.ASCII)
    }
    if not all(cpu in ticks for cpu in allowed):
        return None
    second = os.sysconf("SC_CLK_TCK")
    busy = sum(ticks[cpu][place] for cpu in allowed for place in BUSY)
    return busy / second, sum(ticks[cpu][STOLEN] for cpu in allowed) / second


def _waiting(pressure: str) -> float | None:
    found = re.search(r"^some .*total=(\d{1,18})(?!\d)", pressure, re.MULTILINE | re.ASCII)
    return None if found is None else int(found[1]) * US


def _throttled(root: Path) -> tuple[int, float] | None:
    """How often, and for how long, a quota stopped this process's group or one around it; of the one most stopped."""
    found = [_stopped(read_text(folder / "cpu.stat") or "") for folder in _groups(root)]
    return max((one for one in found if one is not None), key=lambda one: one[1], default=None)


def _stopped(stat: str) -> tuple[int, float] | None:
    words = dict(re.findall(r"^(\w+) (\d{1,18})$", stat, re.MULTILINE | re.ASCII))
    if "nr_throttled" not in words:  # the root group has no quota, and no such line
        return None
    of_v2, of_v1 = words.get("throttled_usec"), words.get("throttled_time", "0")
    return int(words["nr_throttled"]), int(of_v1) * NS if of_v2 is None else int(of_v2) * US


def _groups(root: Path) -> list[Path]:
    """The folders of this process's group and of those around it; a container sees its own as the first."""
    paths = [""]
    for line in (read_text(root / "proc/self/cgroup") or "").splitlines():
        controllers, _, path = line.partition(":")[2].partition(":")
        if ".." not in path and (not controllers or "cpu" in controllers.split(",")):
            parts = [part for part in path.split("/") if part][:LEVELS]
            paths += ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return [root / top / path for top in GROUPS for path in dict.fromkeys(paths)]
