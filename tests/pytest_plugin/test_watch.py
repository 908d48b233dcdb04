"""Who is silent for too long, and who only seems to be: the rule with the clock handed in, and real processes."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.pytest_plugin.xdist.watch import GONE_STATUS, LOOKS, OtherSide, Silence, ticks_in, used_ticks
from configspec.pytest_plugin.xdist.watched_workers import WatchedWorkers

NOBODY = 2**22 + 1  # one more than the highest process id that Linux gives

longest = st.floats(1, 24 * 3600)
steps = st.lists(st.floats(0, 1e6), min_size=1, max_size=100)


class FakeChannel:
    """One end of execnet's channel: what was sent is kept, and whoever listens can be told things."""

    def __init__(self, *, closed: bool = False) -> None:
        self.closed = closed
        self.sent: list[object] = []
        self.told: Callable[[object], object] | None = None
        self.end: object = None

    def send(self, item: object) -> None:
        if self.closed:
            raise OSError("cannot send (already closed?)")
        self.sent.append(item)

    def setcallback(self, callback: Callable[[object], object], endmarker: object) -> None:
        self.told, self.end = callback, endmarker

    def tell(self, item: object) -> None:
        assert self.told is not None
        self.told(item)

    def close(self) -> None:
        self.tell(self.end)


def first_over(longest_s: float, looks_s: list[float]) -> float | None:
    """When silence is first over, of a side that never gives a sign."""
    silence = Silence(longest_s, now_s=0.0, sign="none")
    return next((now_s for now_s in looks_s if silence.is_over(now_s, "none")), None)


@given(longest)
def test_a_stopped_side_is_given_up_soon_after_the_longest_silence(longest_s):
    """Not before it, and not two looks after it."""
    step_s = longest_s / LOOKS
    over_s = first_over(longest_s, [step_s * number for number in range(1, 3 * LOOKS)])
    assert over_s is not None
    assert longest_s * (1 - 1e-9) < over_s <= longest_s + 2 * step_s


@given(longest, steps)
def test_nobody_is_given_up_before_the_time_is_over(longest_s, steps_s):
    """However late and uneven the looks are."""
    looks_s = [sum(steps_s[:number]) for number in range(1, len(steps_s) + 1)]
    over_s = first_over(longest_s, looks_s)
    assert over_s is None or over_s > longest_s * (1 - 1e-9)


@given(longest, steps)
def test_own_absence_is_not_the_others_silence(longest_s, steps_s):
    """A watcher that was stopped or starved looks seven times without giving anybody up, however long it was away."""
    silence = Silence(longest_s, now_s=0.0, sign="none")
    now_s = 0.0
    for step_s in steps_s[: LOOKS // 2]:
        now_s += step_s
        assert not silence.is_over(now_s, "none")


@given(longest, st.lists(st.tuples(st.floats(0, 0.99), st.integers(1, 5)), max_size=30))
def test_whoever_gives_signs_is_never_given_up(longest_s, gaps):
    """Signs that are less than the longest silence apart, with any number of looks between two of them."""
    silence = Silence(longest_s, now_s=0.0, sign=0)
    now_s = 0.0
    for sign, (gap, looks) in enumerate(gaps, 1):
        for _ in range(looks):
            now_s += gap * longest_s / looks
            assert not silence.is_over(now_s, sign)


def test_a_beat_is_a_sign():
    """Each beat changes it; the end of the channel is told."""
    channel = FakeChannel()
    other = OtherSide(channel, NOBODY, silence_s=60)
    signs = [other.sign]
    for _ in range(3):
        channel.tell(None)
        signs.append(other.sign)
    assert len(set(signs)) == 4
    assert not other.has_closed
    channel.close()
    assert other.has_closed


def test_used_processor_time_is_a_sign():
    """Of a process that cannot beat, since a library holds its interpreter; here of this one."""
    other = OtherSide(FakeChannel(closed=True), os.getpid(), silence_s=60)
    before, end_s = other.sign, time.process_time() + 0.05
    while time.process_time() < end_s:
        pass
    assert other.sign != before


def test_a_side_that_has_closed_is_not_silent():
    """It has ended, or will in order: nobody is to be killed."""
    channel = FakeChannel(closed=True)
    other = OtherSide(channel, NOBODY, silence_s=60)
    channel.close()
    assert not other.falls_silent()


@pytest.mark.parametrize(
    ("stat", "ticks"),
    [
        (b"17046 (cat) R 17040 17040 9517 0 -1 4194304 101 0 0 0 12 3 0 0 20 0 1 0 1210078 3133440 389", 15),
        (b"7 (a) b (c) S 1 7 7 0 -1 4194304 101 0 0 0 1000000 1 9 9 20 0 1 0 1210078 3133440 389", 1000001),
    ],
)
def test_the_processor_time_is_found_after_any_name(stat, ticks):
    """A process may have a bracket or a space in its name."""
    assert ticks_in(stat) == ticks


def test_a_process_that_is_gone_has_no_processor_time():
    """Nor is it an error."""
    assert used_ticks(NOBODY) is None


@pytest.mark.real
def test_a_library_that_holds_the_interpreter_gives_signs_until_it_is_stopped():
    """`sum` of a range lets no other thread run: no beat, but processor time."""
    with subprocess.Popen([sys.executable, "-c", "sum(range(10**12))"]) as process:
        end_s = time.monotonic() + 30
        while not used_ticks(process.pid):
            assert time.monotonic() < end_s
            time.sleep(0.01)
        before = used_ticks(process.pid)
        while used_ticks(process.pid) == before:
            assert time.monotonic() < end_s
            time.sleep(0.01)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        before = used_ticks(process.pid)
        time.sleep(0.1)
        assert used_ticks(process.pid) == before
        process.kill()


class FakeProcess:
    """As `subprocess.Popen`: one that does not die of SIGKILL, or one that has ended with a status."""

    pid = NOBODY

    def __init__(self, status: int | None = None) -> None:
        self.status = status
        self.killed = False

    def kill(self) -> None:
        self.killed = True

    def wait(self, timeout: float) -> int:
        if self.status is None:
            raise subprocess.TimeoutExpired("worker", timeout)
        return self.status


def fake_worker(process: FakeProcess | None, events: queue.Queue[Any]) -> Any:
    """A worker as xdist's, whose channel says nothing."""
    plugins = SimpleNamespace(get_plugin=lambda _: SimpleNamespace(queue=events))
    io = SimpleNamespace() if process is None else SimpleNamespace(popen=process)
    gateway = SimpleNamespace(id="gw0", _io=io, newchannel=FakeChannel)
    return SimpleNamespace(gateway=gateway, config=SimpleNamespace(pluginmanager=plugins), _down=False)


@pytest.mark.real
def test_a_worker_that_sigkill_does_not_end_is_given_up():
    """It waits for a dead disk, or is in a frozen cgroup: xdist is told that it is dead, and the run goes on."""
    process, events = FakeProcess(), queue.Queue[Any]()
    worker, watched = fake_worker(process, events), WatchedWorkers(0.03)
    assert watched.watch(worker) is not None
    event, values = events.get(timeout=30)
    assert (event, values["node"]) == ("errordown", worker)
    assert process.killed
    assert worker._down
    death = watched.death_of(worker)
    assert death is not None
    assert "SIGKILL does not end it" in death.what


@pytest.mark.parametrize(("status", "known"), [(GONE_STATUS, True), (-signal.SIGKILL, False), (0, False)])
def test_a_worker_that_ended_itself_is_told_apart(status, known):
    """Of other deaths xdist says what there is to say."""
    worker, watched = fake_worker(FakeProcess(status), queue.Queue()), WatchedWorkers(60)
    watched.watch(worker)
    death = watched.death_of(worker)
    assert (death is not None) == known
    assert death is None or "ended itself" in death.what


def test_a_worker_that_another_process_started_is_not_watched():
    """There is nothing to end here."""
    assert WatchedWorkers(60).watch(fake_worker(None, queue.Queue())) is None
