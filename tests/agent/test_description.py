"""Reading what kind of board it is, from the files that Linux shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from configspec.agent.board.description import available_bytes, describe, shares_memory


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_a_board_with_a_device_tree(tmp_path: Path) -> None:
    """An ARM board names itself in its device tree, which ends in a zero byte, and its cores have governors."""
    write(tmp_path, "proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    write(tmp_path, "proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 108.00\n\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n")
    write(tmp_path, "proc/meminfo", "MemTotal:        8245536 kB\nMemFree:         100 kB\n")
    write(tmp_path, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n")
    write(tmp_path, "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance\n")
    facts: dict[str, Any] = describe(tmp_path)
    assert facts["board"] == facts["cpu_model"] == "Raspberry Pi 5 Model B Rev 1.0"
    assert facts["memory_bytes"] == 8245536 * 1024
    assert (facts["governor"], facts["governor_reason"]) == ("ondemand+performance", None)


def test_a_machine_that_shows_nothing(tmp_path: Path) -> None:
    """What no file tells is None, and a missing governor has its reason."""
    facts: dict[str, Any] = describe(tmp_path)
    assert facts["board"] is None
    assert facts["memory_bytes"] is None
    assert facts["governor"] is None
    assert "cpufreq" in facts["governor_reason"]


def test_what_is_free_is_what_a_program_could_have(tmp_path: Path) -> None:
    """The kernel's estimate, which counts what it would give up of its caches; None where it makes none."""
    assert available_bytes(tmp_path) is None
    write(tmp_path, "proc/meminfo", "MemTotal: 8245536 kB\nMemFree: 100 kB\nMemAvailable: 4000000 kB\n")
    assert available_bytes(tmp_path) == 4_000_000 * 1024


def test_a_board_with_a_device_tree_shares_its_memory_with_its_gpu(tmp_path: Path) -> None:
    """A desktop's card has its own."""
    assert not shares_memory(tmp_path)
    write(tmp_path, "proc/device-tree/model", "NVIDIA Jetson Orin Nano Developer Kit\0")
    assert shares_memory(tmp_path)
