"""What was timed of cells without rows is on the disk, whatever kills the run, and is taken up again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cells import cell
from metered_visits import FACTS, metered, square
from visits import MODEL, SETUP, visit

from configspec.profiling.heat_flags import heat_flags
from configspec.profiling.power_figures import power_of
from configspec.profiling.visit import Timing, Visit, setup_sha256
from configspec.profiling.visit_log import VisitLog
from configspec.records.facts import DeviceFacts
from configspec.records.heat import ClockRange, HeatSeen, HeatState, heat_between
from configspec.records.passes import MemorySpeed
from configspec.records.power import NO_METER
from configspec.testbed.power_spec import PowerSpec, asked_words
from configspec.testbed.sweep_spec import SweepSpec
from configspec.theory.power.doubts import doubt
from configspec.theory.slowness import ProcessorLoad

KS = (1, 2)
LOAD = ProcessorLoad(window_s=2.0, processors=2, own_s=1.0, others_s=0.5, throttled_periods=3)
MEMORY = MemorySpeed(bytes_per_s=9e9, threads=2, bytes=64 << 20, passes=3, elapsed_s=0.2, method="sums")
BOARD: dict[str, Any] = {
    **{"platform": "Linux", "machine": "aarch64", "board": "Orin", "cpu_model": None, "cores": 12},
    **{"governor": "schedutil", "governor_reason": None, "load_1min": 0.2, "memory_bytes": 8 * 10**9, "python": "3.8"},
    **{"llama_cpp_version": "0.3", "llama_cpp_system_info": "CUDA", "llama_cpp_reason": None},
}
METERS_ASKED = (
    PowerSpec(),
    PowerSpec(root="/host"),
    PowerSpec(window_s=5.0),
    PowerSpec(meter="ina3221"),
    PowerSpec(meter="ina3221", options={"rails": ["VDD_IN"]}),
)
WHOLE = replace(visit((0.1, 0.2), k=2), load=LOAD, memory=MEMORY, load_reason="no /proc/pressure/cpu")


def logged(folder, *visits: Visit) -> VisitLog:
    log = VisitLog(folder, "local")
    for one in visits:
        log.add(cell("xs"), KS, one)
    return log


def test_what_was_timed_is_read_back_as_it_was(tmp_path):
    """By the next worker, or by the next run; of its own device, cell and K only."""
    logged(tmp_path, WHOLE, visit((0.3,), k=2))
    again = VisitLog(tmp_path, "local")
    assert again.of(cell("xs"), KS) == (WHOLE, visit((0.3,), k=2))
    assert again.of(cell("s"), KS) == again.of(cell("xs"), (1, 2, 3)) == ()
    assert VisitLog(tmp_path, "board").of(cell("xs", device="board"), KS) == ()


def test_visits_of_another_setup_are_no_passes_over_this_cell(tmp_path):
    """A draft that was rebuilt, another governor, other rounds: they are timed anew."""
    log = logged(tmp_path, visit((0.1,), k=2, setup="cd" * 32), visit((0.2,), k=2))
    assert log.keep_only(cell("xs"), KS, SETUP) == (visit((0.2,), k=2),)
    assert log.of(cell("xs"), KS) == (visit((0.2,), k=2),)


def state(t_s: float, celsius: float | None) -> HeatState:
    """A board that shows nearly all that there is."""
    return HeatState(
        t_s=t_s,
        temperature_c=celsius,
        temperature_zone="cpu-thermal",
        temperature_reason=None,
        zones_c={} if celsius is None else {"cpu-thermal": celsius},
        events={"oc3": 7},
        pi_bits=0x50000,
        pi_bits_reason=None,
        cooling={"cpufreq-cpu0": 0},
        power_mode="15W",
        power_mode_reason=None,
        governor="schedutil",
        governor_reason=None,
        cpu_clocks={"0-3": ClockRange(min_hz=1, max_hz=9, now_hz=None)},
        gpu_clocks={},
        swap_in_pages=0,
        swap_out_pages=None,
        oom_kills=0,
        swap_reason="no pswpout",
        loop_s=0.01,
    )


def test_power_and_heat_of_a_run_that_was_killed_come_back(tmp_path):
    """Every reading with its stamp, failures, what was cut, and both states of heat: the figures are equal."""
    facts = replace(
        FACTS, channels=("VDD_IN", "CPU"), adds=(True, False), sensor={"i2c": "1-0040", "uohm": (5000, None)}
    )
    seen = metered(square(), lambda s: None if s > 20 else 1 / 3, facts=facts)
    power = replace(
        seen,
        plan=replace(seen.plan, cut=doubt("budget_cut", needed=120.0, given=60.0)),
        stamps=tuple(None if number % 2 else f"10:00:{number}" for number in range(len(seen.t_s))),
        failures=((1010.0, "the plug is off"),),
        failed=1,
        uncertainty_s=0.02,
    )
    heat = heat_between(state(1.0, 41.5), state(99.0, None), HeatSeen(max_c=66.25, max_readings=90, pi_bits_seen=4))
    whole = replace(WHOLE, power=power, heat=heat)
    unmetered = replace(WHOLE, power_reason="no power meter was found (ina3221: none).")
    logged(tmp_path, whole, unmetered)
    back = VisitLog(tmp_path, "local").of(cell("xs"), KS)
    assert back == (whole, unmetered)
    assert power_of(back, "auto", (), NO_METER) == power_of((whole, unmetered), "auto", (), NO_METER)
    assert heat_flags(back) == heat_flags((whole, unmetered))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("6.125", "1e999"),
        ("6.125", "NaN"),
        ("6.125", '"6"'),
        ("6.125,", ""),
        ('"channels":["VDD_IN"],"adds":[true]', '"channels":["A","B"],"adds":[true,true]'),
        ('"window":[', '"widow":['),
        ('"uncertainty_s":0.0', '"uncertainty_s":1e999'),
        ('"range_j":null', '"range_j":0'),
    ],
)
def test_a_reading_that_was_damaged_costs_its_visit(tmp_path, before, after):
    """It is made again: no figure is made of it."""
    logged(tmp_path, replace(WHOLE, power=metered(square(6.125))), visit((0.3,), k=2))
    (path,) = tmp_path.glob("*.jsonl")
    path.write_text(path.read_text().replace(before, after, 1))
    assert VisitLog(tmp_path, "local").of(cell("xs"), KS) == (visit((0.3,), k=2),)


def test_another_meter_is_another_setup():
    """What is asked of it, and whether there is one: visits with the one are no passes beside those with the other."""
    board = DeviceFacts(**BOARD)
    timing = Timing(context=(1, 2), ks=KS, sweep=SweepSpec(), separate=False)
    asked = [None, *map(asked_words, METERS_ASKED)]
    assert len({setup_sha256(MODEL, board, timing, one) for one in asked}) == len(asked)


@pytest.mark.parametrize("rest", [b'{"version": 1, "cell": {"devi', b"\xff\n", b'{"version": 2}\n', b"[[[[\n", b"\n"])
def test_a_line_that_was_cut_or_damaged_costs_one_visit(tmp_path, rest):
    """The lines before it, and those that are written behind it, are read."""
    logged(tmp_path, WHOLE)
    (path,) = tmp_path.glob("*.jsonl")
    path.write_bytes(path.read_bytes() + rest)
    logged(tmp_path, visit((0.3,), k=2))
    assert VisitLog(tmp_path, "local").of(cell("xs"), KS) == (WHOLE, visit((0.3,), k=2))


def test_without_a_folder_they_are_kept_for_this_run():
    """As where no journal is written."""
    assert logged(None, WHOLE).of(cell("xs"), KS) == (WHOLE,)


def test_a_folder_that_cannot_be_written_loses_no_visit(tmp_path):
    """It is said, and this run goes on with what it has."""
    (tmp_path / "in-the-way").write_text("")
    log = VisitLog(tmp_path / "in-the-way", "local")
    with pytest.raises(OSError, match="in-the-way"):
        log.add(cell("xs"), KS, WHOLE)
    assert log.of(cell("xs"), KS) == (WHOLE,)
