"""Whether a board may be measured: laws of the pure gate, and what it says."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest
from healthy_board import WELL
from hypothesis import given
from hypothesis import strategies as st

from configspec.devices.faults import DeviceUnhealthy
from configspec.devices.gate import pass_gate, problems
from configspec.devices.lock_wait import Clock, LockWait
from configspec.errors import TestbedError
from configspec.records.facts import HealthFacts
from configspec.testbed.device_spec import HealthSpec

UNKNOWN = replace(
    WELL,
    temperature_c=None,
    power_mode=None,
    governor=None,
    throttling=None,
    available_memory_bytes=None,
    free_disk_bytes=None,
    load_1min=None,
)
STRICT = HealthSpec(
    max_start_c=55,
    power_mode="maxn",
    governor="performance",
    min_free_memory_bytes=2**31,
    min_free_disk_bytes=10**10,
    max_load=1,
)
# A fact that is wrong for STRICT -> what the message must name.
WRONG: dict[str, tuple[Any, str]] = {
    "temperature_c": (
        61.2,
        "temperature is 61.2 °C (tj-thermal), which exceeds health.max_start_c = 55 °C: let",
    ),
    "power_mode": ("15W", "power mode is 15W, not health.power_mode = maxn: set it there, with `sudo nvpmodel"),
    "governor": ("schedutil", "governor is schedutil, not health.governor = performance: set it there"),
    "available_memory_bytes": (10**9, "memory is 1.00 GB, less than health.min_free_memory = 2.15 GB: end what"),
    "free_disk_bytes": (10**9, "free disk is 1.00 GB, less than health.min_free_disk = 10.0 GB: free some"),
    "load_1min": (2.5, "load is 2.5, which exceeds health.max_load = 1: end what"),
    "throttling": (("under-voltage",), "it throttles now (under-voltage): check its cooling"),
    "loop_s": (0.0, "monotonic clock does not move: restart"),
}
finite = st.floats(allow_nan=False, allow_infinity=False)


def test_a_board_that_is_well_passes_whatever_is_demanded_of_it():
    """And one that tells nothing passes where nothing is demanded."""
    assert problems(STRICT, WELL) == ()
    assert problems(HealthSpec(), UNKNOWN) == ()


@given(st.sets(st.sampled_from(sorted(WRONG))))
def test_every_wrong_fact_is_told_and_no_other(names: set[str]):
    """Each with what was found, what was wanted, and what would do."""
    facts = replace(WELL, **{name: WRONG[name][0] for name in names})
    told = [str(one) for one in problems(STRICT, facts)]
    assert len(told) == len(names)
    assert all(any(WRONG[name][1] in text for text in told) for name in names)


@given(st.sampled_from([one.name for one in fields(HealthSpec)]))
def test_what_is_demanded_and_cannot_be_known_is_a_problem(name: str):
    """Silence is not health."""
    demanded = HealthSpec(**{name: getattr(STRICT, name)})
    (problem,) = problems(demanded, UNKNOWN)
    assert "is not known" in problem.found
    assert re.search(r", so health\.\w+ = .* cannot be checked: remove that key", str(problem))
    assert not problem.cools


@given(temperature_c=finite, limit_c=finite, lower_c=finite)
def test_a_cooler_board_is_never_worse(temperature_c: float, limit_c: float, lower_c: float):
    """If it passes at a temperature, it passes at every lower one."""
    spec = HealthSpec(max_start_c=limit_c)
    if not problems(spec, replace(WELL, temperature_c=temperature_c)) and lower_c <= temperature_c:
        assert not problems(spec, replace(WELL, temperature_c=lower_c))


class Board:
    """Answers with one state of health after another, the last for ever."""

    def __init__(self, *states: HealthFacts) -> None:
        self.asked = 0
        self._states = states

    def __call__(self) -> HealthFacts:
        self.asked += 1
        return self._states[min(self.asked, len(self._states)) - 1]


def waiting(said: list[str]) -> LockWait:
    """A minute that takes no time."""
    now_s = [0.0]

    def sleep(duration_s: float) -> None:
        now_s[0] += duration_s

    return LockWait(clock=Clock(now_s=lambda: now_s[0], sleep_s=sleep), progress=said.append)


HOT = replace(WELL, temperature_c=70.0)
MODE = replace(WELL, power_mode="15W")


def test_a_board_that_is_only_hot_is_given_time_to_cool():
    """The facts are those of the moment when it passes."""
    said: list[str] = []
    board = Board(HOT, HOT, WELL)
    assert pass_gate("orin", STRICT, board, waiting(said)) == WELL
    assert board.asked == 3
    assert said == ["orin: its temperature is 70 °C (tj-thermal). Waiting for it to cool, at most 60 s"]


@pytest.mark.parametrize("first", [MODE, replace(HOT, power_mode="15W")])
def test_nothing_else_is_waited_for(first: HealthFacts):
    """Time does not set a mode."""
    board = Board(first, WELL)
    with pytest.raises(DeviceUnhealthy, match=r"^orin: unhealthy: its .*power mode is 15W"):
        pass_gate("orin", STRICT, board, waiting([]))
    assert board.asked == 1


def test_a_board_that_stays_hot_or_gets_worse_is_refused():
    """It is the testbed's trouble, in one line, with the last state's reasons."""
    for last, told in ((HOT, "temperature is 70 °C"), (MODE, "power mode is 15W")):
        with pytest.raises(DeviceUnhealthy, match=told) as refusal:
            pass_gate("orin", STRICT, Board(HOT, last), waiting([]))
        assert isinstance(refusal.value, TestbedError)
        assert "\n" not in str(refusal.value)
