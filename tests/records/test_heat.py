"""The heat of a board in a record: read from its agent's answer, and judged, from the first file to the flag."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
import pytest
from damage import one_field_at_a_time
from heated_boards import BOARDS, COOL, LAPTOP, OC, ORIN_NANO, PI_5, PI_FILE, Tree, around, state_of, write_tree

from configspec.devices.replies.reading import read_reply
from configspec.records.heat import Heat, HeatSeen, HeatState, heat_between
from configspec.theory.heat import judge
from configspec.untrusted import parse_json

CORE_3 = "sys/devices/system/cpu/cpu3/thermal_throttle/core_throttle_count"
CPU_0 = "sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq"


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_where_nothing_happens_has_no_flag(tmp_path: Path, board: str) -> None:
    """Whatever its counters and lasting bits have from before."""
    root = write_tree(tmp_path, BOARDS[board])
    assert judge(heat_between(state_of(root), state_of(root), None)) == ()


@pytest.mark.parametrize(
    ("tree", "then", "flags"),
    [
        (ORIN_NANO, {OC.format(3): "27420\n"}, []),
        (ORIN_NANO, {OC.format(1): "1\n"}, [("throttled", "throttling event OC1")]),
        (ORIN_NANO, {"var/lib/nvpmodel/status": "pmode:0000\n"}, [("clock_changed", "power mode")]),
        (ORIN_NANO, {CPU_0: "1510400\n"}, [("clock_changed", "clock limit of the processors")]),
        (PI_5, {PI_FILE: "50000\n"}, []),
        (PI_5, {PI_FILE: "d0000\n"}, [("throttled", "soft temperature limit")]),
        (PI_5, {PI_FILE: "80000001\n"}, []),
        (LAPTOP, {CORE_3: "21\n"}, [("throttled", "thermal throttling of a core")]),
        (LAPTOP, {CORE_3: "0\n"}, []),
        (LAPTOP, {"proc/vmstat": "pswpin 1200\npswpout 3401\noom_kill 0\n"}, [("swapped", None)]),
    ],
)
def test_what_happens_to_a_board_meanwhile_is_its_flag(
    tmp_path: Path, tree: Tree, then: Tree, flags: list[tuple[str, str | None]]
) -> None:
    """From the kernel's files, over the agent's answer, to what a row is flagged with."""
    start = state_of(write_tree(tmp_path, tree))
    end = state_of(write_tree(tmp_path, then))
    end = replace(end, t_s=start.t_s + 30)
    found = judge(heat_between(start, end, None))
    assert [(one.code, dict(one.numbers).get("what")) for one in found] == flags


def test_a_heat_is_written_and_read_again() -> None:
    """As a part of a row."""
    heat = around(COOL, replace(COOL, t_s=130.0), max_c=61.0, pi_bits=4)
    assert msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(heat))), Heat) == heat


def test_the_maximum_is_of_the_states_too() -> None:
    """And where nobody looked meanwhile, of these alone."""
    hot = replace(COOL, temperature_c=70.0)
    assert (around(COOL, hot, max_c=60.0).max_c, around(COOL, hot, max_c=60.0).max_readings) == (70.0, 12)
    alone = heat_between(COOL, hot, None)
    assert (alone.max_c, alone.max_readings, alone.pi_bits_seen) == (70.0, 2, None)
    unknown = replace(COOL, temperature_c=None)
    nothing = HeatSeen(max_c=None, max_readings=0, pi_bits_seen=None)
    assert heat_between(unknown, unknown, nothing).max_c is None


def test_events_and_pages_are_those_between_the_two_states() -> None:
    """Of counters that both have, and that did not go back; none of a kernel that does not count them."""
    more = replace(COOL, events={"oc1": 2, "oc2": 1, "oc9": 7}, swap_in_pages=3, swap_out_pages=None)
    heat = around(COOL, more)
    assert (heat.events, heat.swapped_pages) == ({"oc1": 2}, 3)
    assert around(COOL, replace(COOL, swap_in_pages=None, swap_out_pages=None)).swapped_pages is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature_c": 4000.0}, "temperature_c"),
        ({"loop_s": -1.0}, "loop_s"),
        ({"pi_bits": 2**31}, "pi_bits"),
        ({"events": {"oc1": -1}}, "events"),
        ({"events": dict.fromkeys(map(str, range(99)), 1)}, "events"),
        ({"governor": "x" * 201}, "governor"),
        ({"cpu_clocks": {"0": {"min_hz": -1, "max_hz": 1, "now_hz": None}}}, "cpu_clocks"),
        ({"more": 1}, "more"),
    ],
)
def test_an_answer_that_no_board_gives_is_refused(change: Mapping[str, object], message: str) -> None:
    """With the name of what cannot be."""
    with pytest.raises(msgspec.ValidationError, match=message):
        read_reply(HeatState, {**asdict(COOL), **change})


def test_any_one_field_made_extreme_is_refused_or_judged() -> None:
    """One kind of complaint, or flags: never another exception."""
    good = json.loads(json.dumps(asdict(COOL)))
    taken = 0
    for _, damaged in one_field_at_a_time(good, seed=3, at_most=1_000):
        try:
            state = read_reply(HeatState, parse_json(json.dumps(damaged)))
        except (ValueError, msgspec.ValidationError):  # no JSON at all, or not of such a state
            continue
        taken += 1
        judge(around(COOL, state, max_c=state.temperature_c))
        judge(around(state, COOL), slower=True)
    assert taken > 10
