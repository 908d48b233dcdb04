"""Tegrastats: each release's way to write a rail, which rails add up, and lines that are no reading."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_meters import Replayed, recordings

from configspec.agent.power.meter import Meter, NoMeterError, ReadingError
from configspec.agent.power.surroundings import Board
from configspec.agent.power.tegrastats import KIND, find, parse_line
from configspec.agent.protocol import AgentError

COMMAND = "tegrastats --interval 200"
ORIN = "VDD_IN 4824mW/4801mW VDD_CPU_GPU_CV 518mW/520mW VDD_SOC 1475mW/1470mW"
THOR = "VDD_GPU -392mW/-392mW VDD_CPU_SOC_MSS 6510mW/6405mW VIN_SYS_5V0 6520mW/6510mW VIN 23000mW/22750mW"


def started(folder: Path, *lines: str, rails: tuple[str, ...] = ()) -> Meter:
    """The meter of a tegrastats that prints these lines."""
    recording = replace(recordings("tegrastats")[0], lines={COMMAND: lines})
    return find(Replayed(folder, recording), {"rails": rails} if rails else {})


def added(meter: Meter) -> list[str]:
    """The rails of its sum."""
    return [channel.name for channel in meter.facts.channels if channel.adds]


@pytest.mark.parametrize(
    ("line", "watts", "unit", "powers"),
    [
        ("VDD_IN 4824mW/4801mW", {"VDD_IN": 4.824}, "mW", 2),
        ("VDD_IN 5297/5290", {"VDD_IN": 5.297}, "", 2),
        ("VDD_IN 6000mW/5900mW/6100mW", {"VDD_IN": 6.0}, "mW", 3),
        ("VDD_IN 0/12 VDD_SOC 1/1", {"VDD_IN": 0.0, "VDD_SOC": 0.001}, "", 2),
        ("VDD_IN 9mW/1mW NC 0mW/0mW NC 0mW/0mW", {"VDD_IN": 0.009}, "mW", 2),
    ],
)
def test_a_rail_is_its_present_power_in_watts(line: str, watts: dict[str, float], unit: str, powers: int):
    """The first figure is the present one, in mW with a unit or without; a channel called NC is no rail."""
    found = parse_line(line)
    assert found.watts == pytest.approx(watts, rel=1e-12)
    assert (found.unit, found.powers) == (unit, powers)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "no power rail"),
        ("RAM 3452/7620MB SWAP 0/3810MB IRAM 0/252kB(lfb 252kB) EMC_FREQ 1%@1866 APE 150", "no power rail"),
        ("cpu@51.5C/51.5C GR3D_FREQ @[1000,1000,1000]", "no power rail"),
        ("VDD_IN 4824mW/48", "no power rail"),
        ("VDD_IN 4824", "no power rail"),
        ("VDD_IN 4824mW/4801", "no power rail"),
        ("VDD_IN 4,8W/4,8W", "no power rail"),
        ("VDD_IN 4824.5mW/4801.0mW", "no power rail"),
        ("VDD_IN nanmW/nanmW", "no power rail"),
        ("VDD_IN ٤٨٢٤mW/٤٨٢٤mW", "no power rail"),
        ("VDD_IN 12345678mW/1mW", "no power rail"),
        ("VDD_IN 1mW/1mW/1mW/1mW", "no power rail"),
        ("NC 0mW/0mW", "no power rail"),
        ("VDD_IN 4824mW/4801mW VDD_SOC 1475/1470", "in several ways"),
        ("VDD_IN 4824mW/4801mW VDD_SOC 1475mW/1470mW/1mW", "in several ways"),
        ("VDD_IN 4824mW/4801mW VDD_IN 1475mW/1470mW", "twice"),
    ],
)
def test_a_line_that_is_no_reading_is_an_error(line: str, reason: str):
    """A line without rails, cut off, in other units, or ambiguous is never a figure."""
    with pytest.raises(ReadingError, match=reason):
        parse_line(line)


rail_names = st.from_regex(r"V[A-Z0-9_]{2,20}", fullmatch=True)


@given(
    st.dictionaries(rail_names, st.integers(-9_999_999, 9_999_999), min_size=1),
    st.sampled_from(["", "mW"]),
    st.integers(1, 2),
    st.sampled_from(["", "06-18-2025 11:25:24 "]),
)
def test_what_tegrastats_writes_is_read_back(rails: dict[str, int], unit: str, others: int, date: str):
    """Any rails, written in any release's way behind the line's other figures, are read to their present power."""
    shown = " ".join(f"{name} {now}{unit}" + f"/{7}{unit}" * others for name, now in rails.items())
    line = parse_line(f"{date}RAM 3452/7620MB (lfb 25x4MB) cpu@50.031C/50C {shown}")
    assert line.watts == pytest.approx({name: now / 1000 for name, now in rails.items()}, rel=1e-12)
    assert (line.unit, line.powers) == (unit, 1 + others)


@given(st.text())
def test_any_text_is_a_reading_or_a_failed_one(text: str):
    """Nothing that a program prints is more than a reading that failed."""
    with contextlib.suppress(ReadingError):
        assert parse_line(text).watts


def test_the_sum_leaves_out_what_another_rail_contains(tmp_path: Path):
    """VDDQ_VDD2_1V8AO is kept, and is no part of AGX Orin's sum, whose VIN_SYS_5V0 holds it."""
    line = "VDD_GPU_SOC 1mW/1mW VIN_SYS_5V0 1mW/1mW VDDQ_VDD2_1V8AO 1mW/1mW"
    assert added(started(tmp_path, line)) == ["VDD_GPU_SOC", "VIN_SYS_5V0"]


@pytest.mark.parametrize(
    ("line", "rails", "counted", "boundary"),
    [
        (ORIN, (), ["VDD_IN"], "module"),
        (ORIN, ("VDD_SOC",), ["VDD_SOC"], "rail"),
        (ORIN, ("VDD_CPU_GPU_CV", "VDD_SOC"), ["VDD_CPU_GPU_CV", "VDD_SOC"], "rail"),
        (THOR, (), ["VIN"], "board"),
        (THOR, ("VIN",), ["VIN"], "board"),
        (THOR, ("VDD_GPU",), ["VDD_GPU"], "rail"),
    ],
)
def test_what_adds_up_is_what_the_owner_names_or_the_whole(
    tmp_path: Path, line: str, rails: tuple[str, ...], counted: list[str], boundary: str
):
    """Rails that are named add up; else the one that holds all others; the boundary says which it is."""
    meter = started(tmp_path, line, rails=rails)
    assert added(meter) == counted
    assert meter.facts.boundary == boundary


@pytest.mark.parametrize(
    ("line", "rails", "what"),
    [
        (ORIN, ("VDD_CPU",), "tegrastats has no rail 'VDD_CPU'"),
        (ORIN, ("VIN",), "tegrastats has no rail 'VIN'"),
        (ORIN, ("VDD_IN", "VDD_SOC"), "VDD_IN contains VDD_SOC"),
        (THOR, ("VDD_GPU", "VIN"), "VIN contains all others"),
    ],
)
def test_rails_that_cannot_be_added_are_the_owners_mistake(
    tmp_path: Path, line: str, rails: tuple[str, ...], what: str
):
    """A rail that is not there, or a whole beside its parts, is refused with what there is."""
    with pytest.raises(AgentError, match=what) as refused:
        started(tmp_path, line, rails=rails)
    assert refused.value.kind == "usage"
    assert refused.value.hint


def test_a_value_is_of_the_moment_when_its_line_came(tmp_path: Path):
    """The date at the head of a line is not looked at, and `read` waits by itself."""
    around = Replayed(
        tmp_path, next(one for one in recordings("tegrastats") if one.name.endswith("orin-nano-jetpack6"))
    )
    meter = find(around, {})
    around.clock_s = 1000.25
    assert meter.read().t_s == 1000.25
    assert (meter.facts.period_s, meter.facts.waits, meter.facts.lag_s) == (0.2, True, 0.43)
    assert meter.facts.sensor == {"interval_ms": 200, "powers": 2}
    assert KIND.auto


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (ORIN.replace(" VDD_SOC 1475mW/1470mW", ""), "the first VDD_IN, VDD_CPU_GPU_CV, VDD_SOC"),
        (ORIN + " VDD_NEW 1mW/1mW", "VDD_NEW"),
        (ORIN.replace("mW", ""), "in another way"),
        ("VDD_IN 1mW/1mW/1mW VDD_CPU_GPU_CV 1mW/1mW/1mW VDD_SOC 1mW/1mW/1mW", "in another way"),
        (ORIN.replace("4824mW", "-4824mW"), "VDD_IN shows -4.824 W"),
        ("RAM 3452/7620MB", "no power rail"),
    ],
)
def test_a_line_that_goes_on_differently_is_a_failed_reading(tmp_path: Path, line: str, reason: str):
    """A rail that is lost or new, another unit or number of powers, or a current backwards fails; the next may not."""
    meter = started(tmp_path, ORIN, line, ORIN)
    with pytest.raises(ReadingError, match=reason):
        meter.read()
    assert meter.read().values == pytest.approx((4.824, 0.518, 1.475))


@pytest.mark.parametrize(("pause_s", "old"), [(0.49, False), (0.51, True)])
def test_lines_that_waited_while_nobody_read_are_old(tmp_path: Path, pause_s: float, old: bool):
    """After a pause of more than two lines, those that are there are dropped."""
    around = Replayed(tmp_path, replace(recordings("tegrastats")[0], lines={COMMAND: [ORIN, ORIN]}))
    meter = find(around, {})
    around.clock_s += pause_s
    if old:
        with pytest.raises(ReadingError, match="no line within"):
            meter.read()
    else:
        assert meter.read().values[0] == pytest.approx(4.824)


def test_a_tegrastats_that_stops_printing_is_a_failed_reading(tmp_path: Path):
    """No line in time is an error and not the last value again."""
    meter = started(tmp_path, ORIN)
    with pytest.raises(ReadingError, match=r"no line within 1\.5 s"):
        meter.read()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "tegrastats shows nothing: no line within 5 s"),
        (["RAM 4722/125772MB GR3D_FREQ @[1000,1000,1000] APE 150"], "no power rail; some images show power to root"),
        (["/bin/bash: permission denied"], "no power rail"),
    ],
)
def test_a_board_whose_tegrastats_shows_no_power_has_no_meter(tmp_path: Path, lines: list[str], reason: str):
    """As on AGX Thor for a user who is not root."""
    with pytest.raises(NoMeterError, match=reason):
        started(tmp_path, *lines)


def write_tegrastats(folder: Path, body: str) -> None:
    """A program of that name."""
    program = folder / "tegrastats"
    program.write_text(f"#!{sys.executable}\nimport sys, time\nassert sys.argv[1:] == ['--interval', '200']\n{body}\n")
    program.chmod(0o755)


@pytest.mark.real
def test_a_real_process_is_read_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Lines of a real program come with the moments of their arrival, and it is gone afterwards."""
    body = f"for n in range(1000): print(f'{ORIN}'.replace('4824', str(4000 + n)), flush=True); time.sleep(0.05)"
    write_tegrastats(tmp_path, body)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    meter = find(Board(), {})
    readings = [meter.read() for _ in range(4)]
    meter.close()
    assert [reading.values[0] for reading in readings] == pytest.approx([4.001, 4.002, 4.003, 4.004])
    gaps = [later.t_s - earlier.t_s for earlier, later in pairwise(readings)]
    assert all(gap > 0.02 for gap in gaps)
    assert abs(time.monotonic() - readings[-1].t_s) < 5
    with pytest.raises(ReadingError):
        meter.read()


@pytest.mark.real
@pytest.mark.parametrize(("mode", "reason"), [(0o644, "cannot be started: Permission denied"), (0o755, "has ended")])
def test_a_tegrastats_that_cannot_run_is_no_meter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, reason: str
):
    """A program without the right to be run, or that ends at once, is told in words."""
    write_tegrastats(tmp_path, "")
    (tmp_path / "tegrastats").chmod(mode)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoMeterError, match=reason):
        find(Board(), {})
