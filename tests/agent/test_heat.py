"""What a board tells of its heat, from trees like those of Jetsons, Raspberry Pis and a laptop, and from nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from heated_boards import (
    BOARDS,
    COOLING,
    LAPTOP,
    ORIN_NANO,
    PI_4,
    PI_5,
    PI_FILE,
    XAVIER,
    no_program,
    state_of,
    write_tree,
)
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.board.heat import heat_state
from configspec.agent.board.thermal import time_loop
from configspec.agent.requests.forms import MOST
from configspec.records.heat import ClockRange


def test_a_jetson_tells_its_hottest_processor_its_mode_and_its_events(tmp_path: Path) -> None:
    """A block that is gated has no temperature, a fan slows nothing down, and each event keeps its number."""
    found = state_of(write_tree(tmp_path, ORIN_NANO))
    assert (found.temperature_c, found.temperature_zone) == (64.125, "tj-thermal")
    assert found.zones_c == {"cpu-thermal": 63.625, "gpu-thermal": 62.5, "tj-thermal": 64.125}
    assert found.events == {"oc1": 0, "oc2": 0, "oc3": 27390}
    assert found.cooling == {"thermal-cpufreq-0": 0}
    assert (found.power_mode, found.governor) == ("MAXN_SUPER", "schedutil")


def test_clocks_are_in_hz_and_those_with_the_same_limits_are_one(tmp_path: Path) -> None:
    """The fastest of them speaks for all; of devices that the kernel scales, the GPU is kept."""
    found = state_of(write_tree(tmp_path / "jetson", ORIN_NANO))
    assert found.cpu_clocks == {"0,4": ClockRange(min_hz=729_600_000, max_hz=1_728_000_000, now_hz=1_728_000_000)}
    assert found.gpu_clocks == {
        "17000000.gpu": ClockRange(min_hz=306_000_000, max_hz=1_020_000_000, now_hz=612_000_000)
    }
    hybrid = state_of(write_tree(tmp_path / "laptop", LAPTOP)).cpu_clocks
    assert {name: clock.max_hz for name, clock in hybrid.items()} == {"0-1": 4_700_000_000, "2-3": 3_500_000_000}


def test_a_regulator_that_says_100_degrees_always_is_not_the_hottest_zone(tmp_path: Path) -> None:
    """Nor is a radio. Where no zone speaks of a processor, the hottest is the hottest of all."""
    assert state_of(write_tree(tmp_path / "xavier", XAVIER)).temperature_zone == "CPU-therm"
    assert state_of(write_tree(tmp_path / "laptop", LAPTOP)).temperature_zone == "x86_pkg_temp"
    others = {"sys/class/thermal/thermal_zone0/type": "acpitz\n", "sys/class/thermal/thermal_zone0/temp": "47000\n"}
    found = state_of(write_tree(tmp_path / "other", others))
    assert (found.temperature_c, found.temperature_zone, found.zones_c) == (47.0, "acpitz", {})


def test_a_xavier_has_other_names_and_a_mode_that_nothing_names(tmp_path: Path) -> None:
    """Its GPU is gv11b; a clock that is not shown is None."""
    found = state_of(write_tree(tmp_path, XAVIER))
    assert (found.power_mode, found.events["oc2"]) == ("3", 5)
    assert found.gpu_clocks["17000000.gv11b"].now_hz is None
    assert (found.governor, found.pi_bits) == (None, None)
    assert found.governor_reason
    assert found.pi_bits_reason


def test_a_pi_tells_the_bits_of_its_firmware_as_they_are(tmp_path: Path) -> None:
    """From the kernel's file, in hexadecimal without 0x, or from vcgencmd, which an argument would make clear them."""
    assert state_of(write_tree(tmp_path / "file", PI_5)).pi_bits == 0x50000
    asked = []

    def vcgencmd(command: Sequence[str]) -> str:
        asked.append(list(command))
        return "throttled=0x50005\n"

    assert state_of(write_tree(tmp_path / "program", PI_4), vcgencmd).pi_bits == 0x50005
    assert asked == [["vcgencmd", "get_throttled"]]


@pytest.mark.parametrize("told", ["80000001", "-1", "fffffffffffffffffffff", "zz", ""])
def test_bits_that_are_an_error_are_no_state(tmp_path: Path, told: str) -> None:
    """Bit 31 is an error of the mailbox, and beyond it there are none."""
    assert state_of(write_tree(tmp_path, {**PI_5, PI_FILE: told})).pi_bits is None


def test_a_laptop_tells_its_throttle_counts_and_pages(tmp_path: Path) -> None:
    """Of all processors together; cooling devices of one type are one, and a power clamp is none of them."""
    found = state_of(write_tree(tmp_path, LAPTOP))
    assert found.events == {"core_throttle_count": 17 + 18 + 19 + 20, "package_throttle_count": 200}
    assert (found.swap_in_pages, found.swap_out_pages, found.oom_kills, found.swap_reason) == (1200, 3400, 0, None)
    assert found.cooling == {"Processor": 0}
    cooled = state_of(write_tree(tmp_path, {f"{COOLING}0/cur_state": "2\n"}))
    assert cooled.cooling == {"Processor": 2}


def test_what_an_empty_machine_cannot_tell_has_a_reason_or_is_left_out(tmp_path: Path) -> None:
    """Never 0, never a guess; its clock and its loop it has."""
    found = state_of(tmp_path)
    for fact in ("temperature", "pi_bits", "power_mode", "governor", "swap"):
        assert getattr(found, f"{fact}_reason"), fact
    assert (found.temperature_c, found.pi_bits, found.power_mode, found.swap_in_pages) == (None, None, None, None)
    assert [found.zones_c, found.events, found.cooling, found.cpu_clocks, found.gpu_clocks] == [{}] * 5


def test_the_fastest_of_some_loops_counts(tmp_path: Path) -> None:
    """The first one finds a clock that has yet to rise, and others may be disturbed. The usual loop takes time."""
    took_s = [0.09, 0.02, 0.05]
    assert heat_state(tmp_path, no_program, lambda: took_s.pop(0))["loop_s"] == 0.02
    assert not took_s
    assert time_loop() > 0


EVERY_FILE = sorted({name for tree in BOARDS.values() for name in tree})
ANY_TEXT = st.text(max_size=12) | st.integers().map(str)


@given(ANY_TEXT | st.sampled_from(["9" * 18, "9" * 5000, "-1", "nan", "1e9", "7" * 15, "x" * 10**5]))
def test_whatever_the_kernel_writes_the_host_can_read_the_answer(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """The same garbage in every file: no crash, and no number that would be refused, and with it the board."""
    root = write_tree(tmp_path_factory.mktemp("root"), dict.fromkeys(EVERY_FILE, text))
    found = state_of(root, lambda command: text)
    assert found.temperature_c is None or found.temperature_c > -100
    assert all(0 <= count <= MOST for count in found.events.values())


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_file_that_blocks_or_never_ends_is_no_file(tmp_path: Path, name: str) -> None:
    """A FIFO in its place, a device without end, a folder: what it would say is not known, and nothing waits for it."""
    makers: dict[str, Any] = {"fifo": os.mkfifo, "endless": lambda path: os.symlink("/dev/zero", path), "dir": os.mkdir}
    for root, make in makers.items():
        path = tmp_path / root / name
        path.parent.mkdir(parents=True)
        make(path)
        assert state_of(tmp_path / root).temperature_c is None


def test_a_board_with_many_of_everything_has_a_short_answer(tmp_path: Path) -> None:
    """Hundreds of zones, cooling devices and policies, no two alike."""
    many: dict[str, str] = {}
    for number in range(300):
        many[f"sys/class/thermal/thermal_zone{number}/type"] = f"cpu{number}-thermal"
        many[f"sys/class/thermal/thermal_zone{number}/temp"] = f"{40000 + number}"
        many[f"sys/class/thermal/cooling_device{number}/type"] = f"cpufreq-{number}"
        many[f"sys/class/thermal/cooling_device{number}/cur_state"] = "1"
        for limit in ("min", "max"):
            many[f"sys/devices/system/cpu/cpufreq/policy{number}/scaling_{limit}_freq"] = f"{number + 1}"
            many[f"sys/class/devfreq/{number}.gpu/{limit}_freq"] = f"{number}"
    found = state_of(write_tree(tmp_path, many))
    assert max(map(len, (found.zones_c, found.cooling, found.cpu_clocks, found.gpu_clocks))) <= 64
    assert found.zones_c["cpu299-thermal"] == 40.299  # the hottest are kept
