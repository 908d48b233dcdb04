"""Waiting for a board, by a clock that the test moves."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.devices.faults import DeviceBusy
from configspec.devices.lock_wait import PROGRESS_EVERY_S, Clock, Holder, LockWait

ALICE = Holder(who="alice on ci-3", lock="/run/lock/x")
seconds = st.floats(min_value=0, max_value=3600)


class Watch:
    """Time that passes only in sleep."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def sleep(self, duration_s: float) -> None:
        assert duration_s > 0
        self.now_s += duration_s

    def waiting(self, said: list[str], **settings: float) -> LockWait:
        return LockWait(clock=Clock(now_s=lambda: self.now_s, sleep_s=self.sleep), progress=said.append, **settings)


@given(wait_s=seconds, free_after_s=seconds, poll_s=st.floats(min_value=0.5, max_value=60))
def test_a_board_is_waited_for_as_long_as_was_asked_and_no_longer(wait_s: float, free_after_s: float, poll_s: float):
    """It is taken if it is free by then, and given up at the bound otherwise."""
    clock, said = Watch(), list[str]()
    waiting = clock.waiting(said, wait_s=wait_s, poll_s=poll_s)
    free_s = clock.now_s + free_after_s

    def take() -> Holder | None:
        return None if clock.now_s >= free_s else ALICE

    try:
        waiting.until_taken("orin", take)
    except DeviceBusy:
        assert free_after_s > wait_s - 1e-6
    else:
        assert free_after_s <= wait_s + 1e-6
    assert clock.now_s - 1000 <= wait_s + 1e-6
    assert len(said) <= 1 + wait_s / PROGRESS_EVERY_S


def test_whoever_waits_is_told_for_whom_and_how_long_now_and_then():
    """One line at once, then one every half a minute."""
    clock, said = Watch(), list[str]()
    with pytest.raises(DeviceBusy, match=re.escape("orin: busy: alice on ci-3 holds it (/run/lock/x). Waited 70 s")):
        clock.waiting(said, wait_s=70).until_taken("orin", lambda: ALICE)
    assert said == [
        f"orin: busy: alice on ci-3 holds it. Waiting for it, at most {left} s more" for left in (70, 40, 10)
    ]


def test_by_default_nobody_waits_and_the_flag_is_named():
    """It says what would wait."""
    clock, said = Watch(), list[str]()
    with pytest.raises(DeviceBusy, match=r"pytest --device-wait waits for it\.$"):
        clock.waiting(said).until_taken("orin", lambda: ALICE)
    assert (said, clock.now_s) == ([], 1000.0)


def test_a_board_is_waited_for_once():
    """One that was given up is not waited for by the next test; one that was had and lost to others is."""
    clock, said = Watch(), list[str]()
    waiting = clock.waiting(said, wait_s=10)
    for _ in range(3):
        with pytest.raises(DeviceBusy):
            waiting.until_taken("orin", lambda: ALICE)
    assert clock.now_s == 1010
    waiting.until_taken("orin", lambda: None)
    waiting.taken("orin")
    with pytest.raises(DeviceBusy):
        waiting.until_taken("orin", lambda: ALICE)
    assert clock.now_s == 1020


@given(cool_after_s=st.floats(min_value=0, max_value=100))
def test_cooling_down_is_waited_for_up_to_its_bound(cool_after_s: float):
    """And ends as soon as it is cool enough."""
    clock, said = Watch(), list[str]()
    clock.waiting(said, cool_down_s=60, poll_s=1).until_cool("orin", lambda: clock.now_s >= 1000 + cool_after_s, "hot")
    assert clock.now_s - 1000 <= min(60, cool_after_s + 1) + 1e-6
    assert said == ["orin: hot. Waiting for it to cool, at most 60 s"]
