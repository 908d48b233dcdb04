"""How many threads llama.cpp gets where nobody says: on trees of files as real boards show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.board.processors import processors, read_cpus, written

CPU = "sys/devices/system/cpu/cpu"
Files = Mapping[str, str]
cpu_sets = st.sets(st.integers(0, 200), min_size=1).map(lambda cpus: tuple(sorted(cpus)))


def write(root: Path, files: Files) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")
    return root


def of_each(name: str, values: Sequence[object]) -> Files:
    """A file of each processor, in their order."""
    return {f"{CPU}{cpu}/{name}": str(value) for cpu, value in enumerate(values)}


CAPACITY, FREQUENCY, SIBLINGS = "cpu_capacity", "cpufreq/cpuinfo_max_freq", "topology/thread_siblings_list"
# A board's processors, and which of them are fast, in how many cores.
RK3588 = of_each(CAPACITY, [414] * 4 + [1013] * 2 + [1024] * 2)  # mainline 6.6, Rock 5B: its two big pairs differ a bit
RK3588_VENDOR = of_each(FREQUENCY, [1800000] * 4 + [2256000] * 2 + [2304000] * 2)  # 5.10, without capacities
PI_5 = {**of_each(CAPACITY, [1024] * 4), **of_each(FREQUENCY, [2400000] * 4)}
ORIN_NANO = {**of_each(FREQUENCY, [1510400] * 6), **of_each("topology/cluster_id", [0] * 4 + [1] * 2)}
QCS8550 = of_each(CAPACITY, [325] * 3 + [819] * 4 + [1024])  # 3 little, 4 middle, 1 prime core
I7_12700H = {  # 6 P-cores of two threads, 8 E-cores; the P-cores' favoured ones turbo a little higher
    "sys/devices/cpu_core/cpus": "0-11",
    "sys/devices/cpu_atom/cpus": "12-19",
    **of_each(FREQUENCY, [4600000] * 8 + [4700000] * 4 + [3500000] * 8),
    **of_each(SIBLINGS, [f"{cpu - cpu % 2}-{cpu - cpu % 2 + 1}" for cpu in range(12)] + [*range(12, 20)]),
}
I7_OLD_KERNEL = {name: text for name, text in I7_12700H.items() if "cpu_core" not in name and "cpu_atom" not in name}
RYZEN = {  # 8 cores of two threads, each with a highest frequency of its own (amd-pstate's preferred cores)
    **of_each(FREQUENCY, [int(5_759_000 - 90_000 * (cpu % 8)) for cpu in range(16)]),
    **of_each(SIBLINGS, [f"{cpu % 8},{cpu % 8 + 8}" for cpu in range(16)]),
}
BOARDS = {
    "RK3588": (RK3588, 8, "4-7", 4),
    "RK3588 by frequency": (RK3588_VENDOR, 8, "4-7", 4),
    "Raspberry Pi 5": (PI_5, 4, "0-3", 4),
    "Jetson Orin Nano": (ORIN_NANO, 6, "0-5", 6),
    "QCS8550": (QCS8550, 8, "3-7", 5),
    "Core i7-12700H": (I7_12700H, 20, "0-11", 6),
    "Core i7-12700H by frequency": (I7_OLD_KERNEL, 20, "0-11", 6),
    "Ryzen 7": (RYZEN, 16, "0-15", 8),
    "nothing to read": ({}, 2, "0-1", 2),
}


@pytest.mark.parametrize("board", BOARDS)
def test_a_thread_for_each_core_of_the_fastest_cluster(tmp_path: Path, board: str) -> None:
    """Of unlike ones the fast, of alike ones all; processors that share a core count once."""
    files, count, fast, cores = BOARDS[board]
    found = processors(write(tmp_path, files), tuple(range(count)))
    assert (written(found.fast), found.cores, found.threads) == (fast, cores, cores)
    assert found.usable == count


def test_no_more_threads_than_the_affinity_allows(tmp_path: Path) -> None:
    """`taskset -c 2-5` on a board of 4 + 4: the two big cores of them; with little ones alone, those."""
    write(tmp_path, RK3588)
    assert processors(tmp_path, (2, 3, 4, 5)).fast == (4, 5)
    assert processors(tmp_path, (0, 1)).threads == 2


V2 = {"proc/self/cgroup": "0::/system.slice/docker-1.scope"}
V1 = {"proc/self/cgroup": "12:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n0::/"}
QUOTAS = {
    "v2": ({**V2, "sys/fs/cgroup/system.slice/docker-1.scope/cpu.max": "200000 100000"}, 2.0),
    "v2, of a group around it": (
        {
            **V2,
            "sys/fs/cgroup/system.slice/cpu.max": "150000 100000",
            "sys/fs/cgroup/system.slice/docker-1.scope/cpu.max": "max 100000",
        },
        1.5,
    ),
    "v2, in a container": ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "50000 100000"}, 0.5),
    "v2, none": ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}, None),
    "v1": (
        {
            **V1,
            "sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us": "300000",
            "sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us": "100000",
        },
        3.0,
    ),
    "v1, in a container": (
        {
            **V1,
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "250000",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
        },
        2.5,
    ),
    "v1, none": (
        {
            **V1,
            "sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us": "100000",
        },
        None,
    ),
    "damaged": ({"proc/self/cgroup": "0::/../../etc\nx", "sys/fs/cgroup/cpu.max": "9" * 99 + " 0"}, None),
}


@pytest.mark.parametrize("case", QUOTAS)
def test_no_more_threads_than_the_quota_feeds(tmp_path: Path, case: str) -> None:
    """Its whole processors, and one at least; the tightest of the groups counts."""
    files, quota = QUOTAS[case]
    found = processors(write(tmp_path, {**PI_5, **files}), (0, 1, 2, 3))
    assert found.quota == quota
    assert found.threads == found.usable == (4 if quota is None else max(1, int(quota)))
    assert ("its group may use the time of" in found.reason) == (quota is not None)


@given(cpu_sets)
def test_a_list_of_processors_is_read_as_it_is_written(cpus: tuple[int, ...]) -> None:
    """`0-3,6` is the kernel's way."""
    assert read_cpus(written(cpus)) == cpus


@pytest.mark.parametrize("text", ["", "a", "3-1", "1-", "-1", "0,,1", "0-99999", "١", None])
def test_what_is_no_list_of_processors_is_none(text: str | None) -> None:
    """Whoever wrote it."""
    assert read_cpus(text) is None
