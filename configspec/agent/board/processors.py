"""Which processors a program here may use, which of them are fast, and so how many threads llama.cpp gets.

    allowed     those of the affinity mask that this process began with
    fast        of the allowed, those of the fastest cluster; all of them where the processors are alike
    threads     one for each core of the fast ones, and no more than the cgroup's quota

llama.cpp's own default is one for each core, on Intel's hybrids one for each core of the fast kind
(https://github.com/ggml-org/llama.cpp/blob/master/common/common.cpp, common_cpu_get_num_math). A thread on a slow core
holds all others up: they wait for it after each part of the graph.

https://docs.kernel.org/scheduler/sched-capacity.html (cpu_capacity: 1024 is the fastest processor of the machine)
https://docs.kernel.org/admin-guide/pm/cpufreq.html (cpuinfo_max_freq, kHz)
https://docs.kernel.org/admin-guide/cputopology.html (core_cpus_list, thread_siblings_list)
https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max: quota and period in µs)
https://docs.kernel.org/scheduler/sched-bwc.html (cgroup v1: cpu.cfs_quota_us, -1 is none)
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ..protocol import JsonObject
from ..requests.forms import MAX_CPUS, MAX_THREADS
from .description import fact, first_affinity, read_text, whole_number

CPUS = "sys/devices/system/cpu"
GROUPS = "sys/fs/cgroup"
# A cluster ends where the next speed is less than this share of the one before. Chips of one kind differ by less, from
# their making or by what is allowed to a favoured core; a frequency says less than it should of a core that does less
# in each cycle.
GAPS = {"cpu_capacity": 0.7, "cpufreq/cpuinfo_max_freq": 0.85}
# Intel's hybrids: the kernel's counters of each kind of core are apart.
FAST_OF_INTEL, SLOW_OF_INTEL = "sys/devices/cpu_core/cpus", "sys/devices/cpu_atom/cpus"
LEVELS = 32  # of groups, one within another


class Processors(NamedTuple):
    """What a program here can use. `quota`: of so many processors' time, None where nothing bounds it."""

    allowed: tuple[int, ...]
    fast: tuple[int, ...]
    cores: int  # of the fast ones: those that share a core count once
    quota: float | None

    @property
    def usable(self) -> int:
        """How many threads can run at once, slow processors and those that share a core among them."""
        return within(len(self.allowed), self.quota)

    @property
    def threads(self) -> int:
        """llama.cpp's, where nobody says how many."""
        return min(within(self.cores, self.quota), MAX_THREADS)

    @property
    def reason(self) -> str:
        """Why so many, in words."""
        kind = "core" if self.cores == len(self.fast) else "core with several threads"
        words = f"one for each {kind} of the processors {written(self.fast)}"
        if len(self.fast) < len(self.allowed):
            words += f", the fastest of {written(self.allowed)}"
        if self.quota is not None and self.threads < self.cores:
            words += f"; its group may use the time of {self.quota:g}"
        return words


def processor_facts(root: Path) -> JsonObject:
    """How many threads llama.cpp gets where nobody says, and why; `root` holds `proc` and `sys`."""
    found = processors(root)
    return {"default_threads": found.threads, "default_threads_reason": found.reason, "usable_threads": found.usable}


def within(processors: int, quota: float | None) -> int:
    """So many threads, or as many as the quota feeds: one at least."""
    return processors if quota is None else max(1, min(processors, int(quota)))


def processors(root: Path, allowed: tuple[int, ...] | None = None) -> Processors:
    """Those of this machine; `root` holds `proc` and `sys`. `allowed` None: as this process may."""
    found = first_affinity() if allowed is None else allowed
    fast = _fast(root, found)
    cores = {_core(root, cpu) for cpu in fast}
    return Processors(allowed=found, fast=fast, cores=len(cores), quota=_quota(root))


def _fast(root: Path, allowed: tuple[int, ...]) -> tuple[int, ...]:
    kind = read_cpus(fact(root / FAST_OF_INTEL))
    if kind is not None and read_cpus(fact(root / SLOW_OF_INTEL)):
        return tuple(cpu for cpu in allowed if cpu in kind) or allowed
    for name, gap in GAPS.items():
        speeds = {cpu: whole_number(fact(root / CPUS / f"cpu{cpu}" / name)) or 0 for cpu in allowed}
        if all(speed > 0 for speed in speeds.values()):
            slowest = _slowest_of_fast(sorted(set(speeds.values()), reverse=True), gap)
            return tuple(cpu for cpu in allowed if speeds[cpu] >= slowest)
    return allowed


def _slowest_of_fast(falling: list[int], gap: float) -> int:
    """The last speed before the first gap; of speeds that fall."""
    for place, slower in enumerate(falling[1:]):
        if slower < gap * falling[place]:
            return falling[place]
    return falling[-1]


def _core(root: Path, cpu: int) -> str:
    """A name that processors of one core share: the kernel's list of them."""
    topology = root / CPUS / f"cpu{cpu}" / "topology"
    return fact(topology / "core_cpus_list") or fact(topology / "thread_siblings_list") or str(cpu)


def _quota(root: Path) -> float | None:
    """The smallest quota of this process's group and of those around it, in processors; None where there is none."""
    quotas = [*_quotas_of_v2(root), *_quotas_of_v1(root)]
    return min(quotas, default=None)


def _quotas_of_v2(root: Path) -> list[float]:
    found = []
    for folder in _groups(root, "", ""):
        quota, _, period = (fact(folder / "cpu.max") or "").partition(" ")
        found.append(_share(quota, period))
    return [one for one in found if one is not None]


def _quotas_of_v1(root: Path) -> list[float]:
    found = []
    for controller in ("cpu", "cpu,cpuacct", "cpuacct,cpu"):
        for folder in _groups(root, controller, controller):
            quota, period = fact(folder / "cpu.cfs_quota_us"), fact(folder / "cpu.cfs_period_us")
            found.append(_share(quota or "", period or ""))
    return [one for one in found if one is not None]


def _share(quota: str, period: str) -> float | None:
    """Of how many processors; None where a word says `max`, or -1, or nothing."""
    quota_us, period_us = whole_number(quota), whole_number(period)
    if quota_us is None or period_us is None or quota_us <= 0 or period_us <= 0:
        return None
    return quota_us / period_us


def _groups(root: Path, controller: str, mount: str) -> list[Path]:
    """The folders of this process's group, and of each around it; a container sees its own as the first.

    `/proc/self/cgroup` has a line for each hierarchy: its number, its controllers (none in v2) and the group's path.
    """
    top = root / GROUPS / mount
    folders = [top]
    for line in (read_text(root / "proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        named, _, path = rest.partition(":")
        if named == controller and ".." not in path:
            parts = [part for part in path.split("/") if part][:LEVELS]
            folders += [top.joinpath(*parts[:length]) for length in range(1, len(parts) + 1)]
    return folders


def read_cpus(text: str | None) -> tuple[int, ...] | None:
    """The processors of a list as the kernel writes it, `0-3,6`; None where it is none."""
    found: set[int] = set()
    for part in (text or "").strip().split(","):
        ends = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", part, re.ASCII)
        if ends is None:
            return None
        first, last = int(ends[1]), int(ends[2] or ends[1])
        if not first <= last < MAX_CPUS:
            return None
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def written(cpus: tuple[int, ...]) -> str:
    """As the kernel writes them: `0-3,6`."""
    runs: list[list[int]] = []
    for cpu in sorted(cpus):
        if runs and cpu == runs[-1][-1] + 1:
            runs[-1].append(cpu)
        else:
            runs.append([cpu])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
