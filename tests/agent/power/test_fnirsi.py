"""FNIRSI's loggers: one value a packet, lost samples, and what a logger prints besides."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_meters import Replayed, recordings

from configspec.agent.power.fnirsi import KIND, Sample, find, parse_sample
from configspec.agent.power.meter import Meter, NoMeterError, ReadingError
from configspec.agent.power.metering import check_options
from configspec.agent.power.surroundings import Board
from configspec.agent.protocol import AgentError

COMMAND = "python3 fnirsi_logger.py"
TITLES = "timestamp sample_in_packet voltage_V current_A dp_V dn_V temp_C_ema energy_Ws capacity_As"


def line(place: int, volts: float = 5.0, amps: float = 1.2, time_s: float = 1657568326.775) -> str:
    """A line of the logger."""
    return f"{time_s:.3f} {place} {volts:.5f} {amps:.5f} 0.600 0.601 30.500 0.000003 0.000003"


def packet(*amps: float) -> list[str]:
    """Its four lines, at 5 V."""
    return [line(place, amps=one) for place, one in enumerate(amps)]


def around(folder: Path, lines: Sequence[str]) -> Replayed:
    """A host whose logger prints these lines."""
    return Replayed(folder, replace(recordings("fnirsi")[0], lines={COMMAND: lines}))


def started(folder: Path, lines: Sequence[str]) -> Meter:
    """The meter of that logger, which printed its titles and a sample before them."""
    return find(around(folder, [TITLES, line(3), *lines]), {"command": COMMAND})


def test_a_sample_is_voltage_times_current():
    """In watts, with its place and the logger's time as it was written."""
    assert parse_sample(line(2, 5.0, 1.25)) == Sample("1657568326.775", 2, 6.25)


@pytest.mark.parametrize("after", ["", " -", " 0.600 0.601 30.500"])
def test_only_the_first_four_figures_are_looked_at(after: str):
    """Loggers differ in what they add."""
    assert parse_sample(f"7.5 1 5.0 1.25{after}") == Sample("7.5", 1, 6.25)


@pytest.mark.parametrize("text", ["", "  ", TITLES])
def test_titles_and_empty_lines_are_no_sample(text: str):
    """A logger prints both at its beginning, and an empty line between two runs."""
    assert parse_sample(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1657568326.775 0 5.00000", "printed '1657568326.775 0 5.00000'"),
        (line(0).replace("5.00000", "5,00000"), "printed"),
        (line(0).replace("5.00000", "nan"), "printed"),
        (line(0).replace("1.20000", "inf"), "printed"),
        (line(0).replace("1.20000", "1e0"), "printed"),
        (line(0).replace("5.00000", "٥.00000"), "printed"),
        (line(4), "printed"),
        (line(0).replace(" 0 ", " -1 "), "printed"),
        (line(0).replace(" 0 ", " 0.0 "), "printed"),
        ("Traceback (most recent call last):", "printed 'Traceback"),
        ("x" * 500, "printed 'x{79}$"),
        (line(0, volts=0.0, amps=0.00011), "0.00000 V and 0.00011 A"),
        (line(0, volts=0.39), "0.39000 V"),
        (line(0, volts=30.1), "30.10000 V"),
        (line(0, amps=-0.00001), "-0.00001 A"),
        (line(0, amps=10.1), "10.10000 A"),
        (line(0, volts=5012.0), "5012.00000 V"),
    ],
)
def test_a_line_that_is_no_sample_is_an_error(text: str, reason: str):
    """Cut off, of another form, or with figures that a meter in a USB lead cannot show."""
    with pytest.raises(ReadingError, match=reason):
        parse_sample(text)


def test_the_limits_are_read():
    """0.4 V, 30 V, no current and 10 A are allowed; no current is a true 0."""
    found = [parse_sample(line(0, volts, amps)) for volts, amps in ((0.4, 10.0), (30.0, 0.0))]
    assert [one and one.watts for one in found] == [4.0, 0.0]


@given(st.integers(0, 3), st.integers(40_000, 3_000_000), st.integers(0, 1_000_000), st.integers(0, 10**13))
def test_what_a_logger_prints_is_read_back(place: int, volts: int, amps: int, milliseconds: int):
    """Any figures of the meter's five digits."""
    sample = parse_sample(line(place, volts / 1e5, amps / 1e5, milliseconds / 1e3))
    assert sample is not None
    assert sample.place == place
    assert sample.watts == pytest.approx(volts * amps / 1e10, rel=1e-12)


@given(st.text() | st.lists(st.sampled_from(["5.0", "0", "3", "nan", "1,5", "-1"])).map(" ".join))
def test_any_text_is_a_sample_or_a_failed_reading(text: str):
    """Nothing that a program prints is more than a reading that failed."""
    with contextlib.suppress(ReadingError):
        sample = parse_sample(text)
        assert sample is None or sample.watts >= 0


def test_a_value_is_the_mean_power_of_a_packet(tmp_path: Path):
    """Not the mean voltage times the mean current; its moment is when the packet is here, not the logger's time."""
    lines = [line(0, 5.0, 1.2), *(line(n, v, a, time_s=n) for n, v, a in ((1, 5.0, 1.2), (2, 5.0, 1.3), (3, 4.0, 1.5)))]
    reading = started(tmp_path, lines).read()
    assert reading.values == pytest.approx(((6.0 + 6.0 + 6.5 + 6.0) / 4,))
    assert (reading.t_s, reading.stamp) == (1000.0, "1657568326.775")


def test_times_of_packets_that_overlap_do_no_harm(tmp_path: Path):
    """The logger's time runs backwards between two packets, and ours does not."""
    later = [line(place, time_s=1657568326.7) for place in range(4)]
    meter = started(tmp_path, [*packet(1, 1, 1, 1), *later])
    first, second = meter.read(), meter.read()
    assert first.t_s <= second.t_s
    assert (first.stamp or "") > (second.stamp or "")


@pytest.mark.parametrize(
    "before",
    [
        [line(2), line(3)],
        packet(9, 9, 9, 9)[1:],
        packet(9, 9, 9, 9)[:3],
        [line(0, amps=9), line(2, amps=9), line(3, amps=9)],
        [line(0, amps=9), line(1, amps=9), line(1, amps=9), line(2, amps=9), line(3, amps=9)],
        [line(0, amps=9), "", TITLES],
    ],
)
def test_a_packet_that_lost_a_sample_is_passed_over(tmp_path: Path, before: list[str]):
    """The value is of the next whole packet."""
    assert started(tmp_path, [*before, *packet(1, 1, 1, 1)]).read().values == (5.0,)


def test_an_empty_line_inside_a_packet_is_passed_over(tmp_path: Path):
    """The packet is whole all the same."""
    whole = packet(1, 1, 1, 1)
    assert started(tmp_path, [*whole[:2], "", *whole[2:]]).read().values == (5.0,)


def test_a_damaged_line_is_a_failed_reading_and_the_next_packet_is_read(tmp_path: Path):
    """Its packet is lost, and no more."""
    damaged = packet(9, 9, 9, 9)
    damaged[1] = damaged[1][:20]
    meter = started(tmp_path, [*damaged, *packet(1, 1, 1, 1)])
    with pytest.raises(ReadingError, match="printed"):
        meter.read()
    assert meter.read().values == (5.0,)


def test_a_logger_without_whole_packets_fails(tmp_path: Path):
    """After 40 lines it is given up, and no part of a packet is a value."""
    meter = started(tmp_path, [*[line(0)] * 40, *packet(1, 1, 1, 1)])
    with pytest.raises(ReadingError, match="no whole packet of 4 samples in 40 lines"):
        meter.read()
    assert meter.read().values == (5.0,)


def test_a_logger_that_stops_is_a_failed_reading(tmp_path: Path):
    """No line in time is an error and not the last value again."""
    with pytest.raises(ReadingError, match=r"no line within 1\.5 s"):
        started(tmp_path, packet(1, 1, 1, 1)[:3]).read()


@pytest.mark.parametrize(("pause_s", "old"), [(0.19, False), (0.21, True)])
def test_packets_that_waited_while_nobody_read_are_old(tmp_path: Path, pause_s: float, old: bool):
    """After a pause of more than five packets, those that are there are dropped."""
    host = around(tmp_path, [line(3), *packet(1, 1, 1, 1)])
    meter = find(host, {"command": COMMAND})
    host.clock_s += pause_s
    if old:
        with pytest.raises(ReadingError, match="no line within"):
            meter.read()
    else:
        assert meter.read().values == (5.0,)


def test_the_logger_has_to_be_named():
    """There is none that every host has."""
    with pytest.raises(AgentError, match=r"power\.command is missing"):
        check_options(KIND, {})
    check_options(KIND, {"command": COMMAND})
    assert not KIND.auto


def test_the_facts_are_of_a_meter_that_waits(tmp_path: Path):
    """A mean of 40 ms lags by half of that."""
    facts = started(tmp_path, []).facts
    assert (facts.boundary, facts.period_s, facts.waits, facts.lag_s) == ("usb-input", 0.04, True, 0.02)


@pytest.mark.parametrize("command", [COMMAND, ["python3", "fnirsi_logger.py"], ("python3", "fnirsi_logger.py")])
def test_a_command_is_a_text_or_words(tmp_path: Path, command: object):
    """A logger may say something else before its first sample."""
    lines = ["Found a FNIRSI FNB58", "", TITLES, *packet(1, 1, 1, 1), *packet(2, 2, 2, 2)]
    assert find(around(tmp_path, lines), {"command": command}).read().values == (10.0,)


@pytest.mark.parametrize(("command", "what"), [("'", "No closing quotation"), (" ", "names no program")])
def test_a_command_that_is_none_is_the_owners_mistake(tmp_path: Path, command: str, what: str):
    """A quote that does not end, or blanks."""
    with pytest.raises(AgentError, match=what) as refused:
        find(around(tmp_path, []), {"command": command})
    assert refused.value.kind == "usage"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "power.command python3: no line within 10 s"),
        ([TITLES] * 41, "power.command python3: it prints no sample"),
        (["usb.core.NoBackendError"] * 41, "printed 'usb.core.NoBackendError'"),
        ([line(0, volts=0.0)] * 41, "0.00000 V"),
    ],
)
def test_a_logger_that_shows_nothing_is_no_meter(tmp_path: Path, lines: list[str], reason: str):
    """With the last thing that it said."""
    with pytest.raises(NoMeterError, match=reason):
        find(around(tmp_path, lines), {"command": COMMAND})


def test_a_logger_that_is_not_installed_is_no_meter(tmp_path: Path):
    """It is told by the name of its program."""
    with pytest.raises(NoMeterError, match=r"power\.command nosuch cannot be started: No such file"):
        find(around(tmp_path, []), {"command": "nosuch --secret"})


LOGGER = f"""
import time
print({TITLES!r})
for number in range(500):
    for place in range(4):
        print(f"{{time.time():.3f}} {{place}} 5.00000 {{number / 1000:.5f}} 0 0 0 0 0")
    time.sleep(0.04)
"""


@pytest.mark.real
def test_a_real_logger_is_read_as_it_prints(tmp_path: Path):
    """A Python program that flushes nothing itself is read packet by packet: values come 40 ms apart, not in heaps."""
    (tmp_path / "logger.py").write_text(LOGGER)
    meter = find(Board(), {"command": [sys.executable, str(tmp_path / "logger.py")]})
    readings = [meter.read() for _ in range(6)]
    meter.close()
    steps = [later.values[0] - earlier.values[0] for earlier, later in pairwise(readings)]
    assert steps == pytest.approx([0.005] * 5)
    assert readings[-1].t_s - readings[0].t_s > 0.15
