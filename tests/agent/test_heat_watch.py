"""Looks at heat between two moments: what they add up to, and what they cost. No test waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from heated_boards import LAPTOP, ORIN_NANO, PI_4, PI_5, PI_FILE, XAVIER, ZONE, no_program, write_tree

from configspec.agent.board.heat_watch import ASK_EVERY, PERIOD_S, Glance, HeatWatch, Thermometer, Watched
from configspec.devices.replies.reading import read_reply
from configspec.records.heat import HeatSeen


def watched(*glances: Glance) -> Watched:
    """What a watch tells that has had so many looks, without the seconds between them."""
    left = list(glances)
    asked_s: list[float] = []
    over = threading.Event()

    def wait(seconds: float) -> bool:
        asked_s.append(seconds)
        if not left:
            over.set()
        return not left

    watch = HeatWatch(lambda: left.pop(0), wait)
    watch.start()
    over.wait()
    found = watch.stop()
    assert asked_s == [PERIOD_S] * len(glances)
    return found


def test_the_highest_of_all_looks_is_told_with_how_many_there_were() -> None:
    """And the bits of now that any of them saw; those that last since the board began are left out."""
    found = watched(Glance(50.0, 0x50000), Glance(61.5, 0x50004), Glance(58.0, 0x50001))
    assert found == Watched(max_c=61.5, max_readings=3, pi_bits_seen=0b101)
    assert read_reply(HeatSeen, found.as_json()) == HeatSeen(max_c=61.5, max_readings=3, pi_bits_seen=5)


def test_a_look_that_saw_nothing_is_no_reading() -> None:
    """Where no zone can be read and no firmware answers, nothing is known."""
    assert watched(Glance(None, None), Glance(None, None)) == Watched(None, 0, None)
    assert watched(Glance(None, None), Glance(-5.0, None)) == Watched(-5.0, 1, None)


def test_a_watch_that_was_not_started_saw_nothing() -> None:
    """Nobody has to know whether it was."""
    assert HeatWatch(lambda: Glance(50.0, None)).stop() == Watched()


def test_it_ends_at_once_when_it_is_stopped() -> None:
    """It does not wait for the second to be over, and looks once at least."""
    looked: list[Glance] = []

    def look() -> Glance:
        looked.append(Glance(50.0, None))
        return looked[-1]

    watch = HeatWatch(look)
    watch.start()
    begin_s = time.monotonic()
    assert watch.stop().max_readings == len(looked) == 1
    assert time.monotonic() - begin_s < PERIOD_S / 2


@pytest.mark.parametrize(("tree", "celsius"), [(ORIN_NANO, 64.125), (XAVIER, 41.0), (LAPTOP, 66.0), ({}, None)])
def test_a_thermometer_looks_where_the_state_does(tmp_path: Path, tree: dict[str, str], celsius: float | None) -> None:
    """At processors, where there are any that can be read."""
    assert Thermometer(write_tree(tmp_path, tree), no_program)() == Glance(celsius, None)


def test_a_zone_that_fails_meanwhile_is_left_out(tmp_path: Path) -> None:
    """And it is read anew each time."""
    look = Thermometer(write_tree(tmp_path, ORIN_NANO), no_program)
    write_tree(tmp_path, {f"{ZONE}3/temp": "not a number", f"{ZONE}0/temp": "70000"})
    assert look().temperature_c == 70.0
    for number in (0, 1):
        (tmp_path / f"{ZONE}{number}/temp").unlink()
    assert look().temperature_c is None


def test_the_kernels_file_is_read_with_each_look(tmp_path: Path) -> None:
    """So a short under-voltage is seen."""
    look = Thermometer(write_tree(tmp_path, PI_5), no_program)
    assert look().pi_bits == 0x50000
    write_tree(tmp_path, {PI_FILE: "50001\n"})
    assert look().pi_bits == 0x50001


def asking(answer: str | None) -> tuple[Callable[[Sequence[str]], str | None], list[Sequence[str]]]:
    """A program that answers so, and what was asked of it."""
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> str | None:
        asked.append(command)
        return answer

    return run, asked


@pytest.mark.parametrize(("answer", "times"), [("throttled=0x4\n", 4), (None, 1), ("error=1", 1)])
def test_a_program_is_asked_rarely_and_where_it_does_not_answer_once(
    tmp_path: Path, answer: str | None, times: int
) -> None:
    """It takes far longer than a file."""
    run, asked = asking(answer)
    look = Thermometer(write_tree(tmp_path, PI_4), run)
    seen = [look().pi_bits for _ in range(4 * ASK_EVERY)]
    assert len(asked) == times
    assert seen.count(4) == (4 if times == 4 else 0)


@pytest.mark.real
def test_a_look_at_ten_zones_takes_less_than_five_milliseconds(tmp_path: Path) -> None:
    """Once a second, that is half a per cent of one processor; the least of some, for others use this machine."""
    zones = {f"{ZONE}{number}/type": "cpu-thermal\n" for number in range(10)}
    zones |= {f"{ZONE}{number}/temp": "50000\n" for number in range(10)}
    look = Thermometer(write_tree(tmp_path, {**zones, PI_FILE: "0\n"}), no_program)

    def took_s() -> float:
        begin_s = time.thread_time()
        look()
        return time.thread_time() - begin_s

    assert min(took_s() for _ in range(20)) < 0.005
