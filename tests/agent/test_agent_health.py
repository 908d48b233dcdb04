"""What a board tells of this moment, read from trees like those of a Jetson, a Raspberry Pi, a PC, and from nothing.

Transcribed from public documents, not recorded: https://docs.kernel.org/driver-api/thermal/sysfs-api.html and those
that `health.py` names.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.board.description import FACT_LETTERS
from configspec.agent.board.health import health, run_command

SERIAL = "1421423012345"
MEMINFO = "MemTotal: 8000000 kB\nMemAvailable:    6000000 kB\nSwapTotal: 4000 kB\nSwapFree: 1000 kB\n"
JETSON = {
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "63625\n",
    "sys/class/thermal/thermal_zone1/type": "tj-thermal\n",
    "sys/class/thermal/thermal_zone1/temp": "64125\n",
    "sys/class/thermal/thermal_zone2/type": "cv0-thermal\n",
    "sys/class/thermal/thermal_zone2/temp": "-256000\n",
    "sys/class/thermal/thermal_zone3/type": "cv1-thermal\n",
    "sys/class/thermal/cooling_device0/type": "pwm-fan\n",
    "sys/class/thermal/cooling_device0/cur_state": "3\n",
    "sys/class/thermal/cooling_device1/type": "thermal-cpufreq-0\n",
    "sys/class/thermal/cooling_device1/cur_state": "0\n",
    "sys/class/hwmon/hwmon1/oc1_event_cnt": "4\n",
    "sys/class/hwmon/hwmon1/oc3_event_cnt": "27390\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "schedutil\n",
    "var/lib/nvpmodel/status": "pmode:0002\n",
    "etc/nvpmodel.conf": "< POWER_MODEL ID=0 NAME=15W >\nCPU_ONLINE CORE_0 1\n< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n",
    "proc/device-tree/serial-number": f"{SERIAL}\0",
    "proc/meminfo": MEMINFO,
    "proc/loadavg": "0.52 0.58 0.59 1/467 12345\n",
}
PI_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
PI = {
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "48500\n",
    PI_THROTTLED: "0\n",
    "proc/meminfo": MEMINFO,
}
PC = {
    "sys/class/thermal/thermal_zone0/type": "x86_pkg_temp\n",
    "sys/class/thermal/thermal_zone0/temp": "41000\n",
    "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "17\n",
    "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count": "0\n",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
}


def nothing(_: Sequence[str]) -> str | None:
    return None


def read(root: Path, files: dict[str, str], run: Any = nothing) -> dict[str, Any]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return health(root, models=str(root), run=run)


def test_a_jetson_tells_its_hottest_zone_mode_and_load(tmp_path: Path) -> None:
    """Zones that are off or cannot be read do not count; a fan that turns is no throttling, nor is OC3."""
    found = read(tmp_path, JETSON)
    assert (found["temperature_c"], found["temperature_zone"]) == (64.125, "tj-thermal")
    assert (found["power_mode"], found["governor"], found["throttling"]) == ("MAXN_SUPER", "schedutil", [])
    assert (found["available_memory_bytes"], found["swap_used_bytes"]) == (6_000_000 * 1024, 3000 * 1024)
    assert found["load_1min"] == 0.52


def test_a_mode_that_nothing_names_is_told_by_its_number(tmp_path: Path) -> None:
    """As nvpmodel counts them."""
    assert read(tmp_path, {"var/lib/nvpmodel/status": "pmode:0010\n"})["power_mode"] == "10"
    assert read(tmp_path, {"etc/nvpmodel.conf": "< POWER_MODEL ID=1 NAME=7W >\n"})["power_mode"] == "10"


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        ("0", []),
        ("50000", []),
        ("50005", ["under-voltage", "throttled"]),
        ("f", ["under-voltage", "frequency capped", "throttled", "soft temperature limit"]),
    ],
)
def test_a_pi_tells_what_slows_it_now_and_not_what_once_did(tmp_path: Path, bits: str, words: list[str]) -> None:
    """Bits 0 to 3; those from 16 on are of any time since boot. From the kernel's file, or vcgencmd."""
    assert read(tmp_path / "file", {**PI, PI_THROTTLED: f"{bits}\n"})["throttling"] == words
    without = {name: text for name, text in PI.items() if name != PI_THROTTLED}
    asked = []

    def vcgencmd(command: Sequence[str]) -> str:
        asked.append(list(command))
        return f"throttled=0x{bits}\n"

    assert read(tmp_path / "command", without, vcgencmd)["throttling"] == words
    assert asked == [["vcgencmd", "get_throttled"]]  # an argument would clear the bits


@pytest.mark.parametrize("told", [None, "", "throttled=0x80000001", 'error=1 error_msg="Command not registered"'])
def test_a_firmware_that_fails_is_not_a_board_that_is_well(tmp_path: Path, told: str | None) -> None:
    """Bit 31 is an error of the mailbox. What is not known is None, with a reason."""
    found = read(tmp_path, {}, lambda command: told)
    assert found["throttling"] is None
    assert found["throttling_reason"]


def test_a_processor_that_is_cooled_by_its_clock_is_throttled(tmp_path: Path) -> None:
    """As the kernel's cooling device says."""
    cooled = {**JETSON, "sys/class/thermal/cooling_device1/cur_state": "2\n"}
    assert read(tmp_path, cooled)["throttling"] == ["cooled by thermal-cpufreq-0, state 2"]


def test_events_since_boot_are_no_throttling_now(tmp_path: Path) -> None:
    """Counters matter where they move while the board is looked at, of any core."""
    assert read(tmp_path, PC)["throttling"] == []

    def meanwhile(_: Sequence[str]) -> None:
        (tmp_path / "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count").write_text("1\n")

    assert read(tmp_path, PC, meanwhile)["throttling"] == ["thermal throttling"]


def test_what_an_empty_machine_cannot_tell_has_a_reason(tmp_path: Path) -> None:
    """Never 0, never a guess."""
    found: dict[str, Any] = health(tmp_path, models=str(tmp_path / "gone"), run=nothing)
    for fact in ("temperature", "power_mode", "governor", "throttling", "memory", "free_disk", "load", "board"):
        assert found[f"{fact}_reason"], fact
    for fact in ("temperature_c", "power_mode", "throttling", "available_memory_bytes", "free_disk_bytes", "load_1min"):
        assert found[fact] is None, fact
    assert str(tmp_path) not in str(found)


def test_the_clock_moves_and_the_disk_has_room(tmp_path: Path) -> None:
    """Here, now."""
    found: dict[str, Any] = health(tmp_path, models=str(tmp_path), run=nothing)
    assert found["loop_s"] > 0
    assert found["free_disk_bytes"] > 0


def test_a_board_is_told_apart_without_its_serial_number(tmp_path: Path) -> None:
    """Cloned cards are two boards, one board is one board, and neither number is in what leaves it."""
    clone = {**JETSON, **PC, "proc/device-tree/serial-number": "1421423099999\0"}
    one, again, other = (
        read(tmp_path / name, files) for name, files in (("a", {**JETSON, **PC}), ("b", {**JETSON, **PC}), ("c", clone))
    )
    assert one["board_sha256"] == again["board_sha256"] != other["board_sha256"]
    assert SERIAL not in str(one)
    assert PC["etc/machine-id"].strip() not in str(one)


@given(text=st.text(max_size=12))
def test_whatever_the_kernel_writes_is_no_crash(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Text where a number belongs, or nothing."""
    root = tmp_path_factory.mktemp("root")
    numbers = {name: text for name in {**JETSON, **PI, **PC} if not name.startswith("proc/")}
    for name in numbers:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")
    found: dict[str, Any] = health(root, models=str(root), run=lambda command: text)
    assert found["temperature_c"] is None or found["temperature_c"] > -100


@pytest.mark.parametrize("name", sorted({*JETSON, *PI, *PC}))
def test_a_file_that_blocks_or_never_ends_is_no_file(tmp_path: Path, name: str) -> None:
    """A FIFO in its place, and a device without end: what it would say is not known, and nothing waits for it."""
    for root, make in (("fifo", os.mkfifo), ("endless", lambda path: os.symlink("/dev/zero", path))):
        path = tmp_path / root / name
        path.parent.mkdir(parents=True)
        make(path)
        health(tmp_path / root, models=str(tmp_path), run=nothing)


def test_numbers_without_end_are_not_known(tmp_path: Path) -> None:
    """More digits than any board has; and texts are cut."""
    digits = "9" * 4000
    numbers = {name: digits for name in {**JETSON, **PI, **PC} if name.endswith(("temp", "cnt", "count", "state"))}
    found = read(tmp_path, {**JETSON, **numbers, "proc/loadavg": "nan", "proc/meminfo": f"MemAvailable: {digits} kB"})
    assert (found["temperature_c"], found["load_1min"], found["available_memory_bytes"]) == (None, None, None)
    long = {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "x" * 10**6}
    assert len(read(tmp_path, long)["governor"]) == FACT_LETTERS


@pytest.mark.real
def test_a_command_without_end_is_ended_and_tells_nothing() -> None:
    """By how much it writes; one that writes a little has told it."""
    assert run_command(["yes"]) is None
    assert run_command(["no such command"]) is None
    assert run_command(["echo", "throttled=0x0"]) == "throttled=0x0\n"
