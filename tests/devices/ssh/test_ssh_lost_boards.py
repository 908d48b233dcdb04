"""DevicePool that are lost and come back, or do not: what a run does with them, with a real OpenSSH server."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from configspec.devices.device import open_device
from configspec.devices.faults import DeviceOffline, LinkLost
from configspec.devices.pool import DevicePool, RetryPolicy
from configspec.devices.transport.connect import Heartbeat
from configspec.errors import TestbedError, UsageError
from configspec.testbed.device_spec import SshSpec

pytestmark = pytest.mark.real

HURRIED = Heartbeat(beat_s=0.2, silence_s=1.5, alive_s=1)
RETRY_POLICY = RetryPolicy(first_attempts=2, first_pause_s=0.1, return_s=15.0, return_pause_s=0.3)

Open = Callable[..., DevicePool]


@pytest.fixture
def told() -> list[str]:
    """What the boards told of themselves."""
    return []


@pytest.fixture
def boards(agent_cache: Path, told: list[str]) -> Iterator[Open]:
    """The boards of one run, hurried."""
    opened: list[DevicePool] = []

    def boards(retry: RetryPolicy = RETRY_POLICY, heartbeat: Heartbeat = HURRIED) -> DevicePool:
        opened.append(DevicePool(agent_cache, told.append, retry=retry, heartbeat=heartbeat))
        return opened[-1]

    yield boards
    for one in opened:
        one.close()


def lose(device: Any, kind: type[TestbedError] = TestbedError) -> str:
    """Kill the agent, and meet it."""
    os.kill(device.hello.pid, signal.SIGKILL)
    with pytest.raises(kind) as lost:
        device.describe()
    return str(lost.value)


def test_a_lost_board_is_opened_once_more_and_then_quarantined(server, boards: Open, told: list[str]) -> None:
    """With a new agent; after the second loss with the first cause, without another attempt."""
    run, spec = boards(), server.device()
    first = run.device(spec)
    cause = lose(first)
    second = run.device(spec)
    assert second.hello.pid != first.hello.pid
    assert second.describe().cores >= 1
    assert run.device(spec) is second
    assert any(cause in line for line in told)
    os.kill(second.hello.pid, signal.SIGTERM)
    with pytest.raises(TestbedError, match="SIGTERM"):
        second.describe()
    for _ in range(2):
        with pytest.raises(TestbedError) as quarantined:
            run.device(spec)
        assert str(quarantined.value) == cause.replace("orin: ", "orin: quarantined: ", 1)
    with pytest.raises(TestbedError, match="orin: quarantined"):
        run.admit("orin")


@pytest.mark.parametrize("cut", ["process", "link"])
def test_an_agent_that_is_lost_and_lives_is_ended_before_its_board_is_used(
    server, forwarder, boards: Open, is_alive, wait_until, cut: str
) -> None:
    """Stopped, it would stay for ever; behind a dead link, until its watch ends it. The new agent ends it first."""
    slow = Heartbeat(beat_s=0.2, silence_s=60.0, alive_s=1)  # by itself it would not end within this test
    hasty = Heartbeat(beat_s=0.2, silence_s=1.5, alive_s=1)
    run = boards(heartbeat=hasty if cut == "process" else slow)
    spec = server.device(connection=SshSpec(destination="board-a", config=forwarder.config))
    first = run.device(spec)
    if cut == "process":
        os.kill(first.hello.pid, signal.SIGSTOP)
    else:
        forwarder.freeze()
    begin_s = time.monotonic()
    with pytest.raises(
        TestbedError, match="fell silent" if cut == "process" else "the link to board-a was lost"
    ) as lost:
        first.describe()
    assert isinstance(lost.value, LinkLost) == (cut == "link")
    assert time.monotonic() - begin_s < 15
    assert is_alive(first.hello.pid), "else there is nothing to end"
    forwarder.thaw()
    second = run.device(spec)
    assert not is_alive(first.hello.pid)
    assert second.describe().cores >= 1
    run.close()
    wait_until(lambda: not is_alive(second.hello.pid) and server.lock_is_free(), 5.0)


def test_a_run_that_ends_leaves_no_stopped_agent(server, boards: Open, is_alive, wait_until) -> None:
    """Nobody opens the board again: it is ended with the run, and the board is free."""
    run = boards()
    device = run.device(server.device())
    os.kill(device.hello.pid, signal.SIGSTOP)
    with pytest.raises(TestbedError, match="fell silent"):
        device.describe()
    assert is_alive(device.hello.pid)
    run.close()
    wait_until(lambda: not is_alive(device.hello.pid) and server.lock_is_free(), 5.0)


def test_a_link_that_falls_silent_frees_the_board(server, forwarder, agent_cache: Path, is_alive, wait_until) -> None:
    """Packets are dropped both ways, and no end is told: the host gives up, and the agent ends by itself."""
    spec = server.device(connection=SshSpec(destination="board-a", config=forwarder.config))
    with open_device(spec, agent_cache, heartbeat=HURRIED) as device:
        forwarder.freeze()
        begin_s = time.monotonic()
        with pytest.raises(LinkLost, match="orin: before an answer to 'describe', the link to board-a was lost"):
            device.describe()
        assert time.monotonic() - begin_s < 10
        wait_until(lambda: not is_alive(device.hello.pid) and server.lock_is_free(), 5.0)


def test_a_board_that_boots_is_waited_for(own_server, boards: Open) -> None:
    """The call that finds the link dead says so; the board comes back seconds later, and is opened."""
    run, spec = boards(), own_server.device()
    first = run.device(spec)
    own_server.pull_the_plug()
    with pytest.raises(LinkLost):
        first.describe()
    assert run.may_return("orin")
    booting = threading.Timer(1.5, own_server.boot)
    booting.start()
    begin_s = time.monotonic()
    assert run.device(spec).describe().cores >= 1
    assert time.monotonic() - begin_s > 1
    assert not run.may_return("orin")
    booting.join()


def test_a_board_that_does_not_come_back_is_quarantined_at_the_bound(own_server, boards: Open) -> None:
    """With the cause of its loss first, and why it could not be opened; then without waiting."""
    run = boards(retry=RetryPolicy(return_s=1.0, return_pause_s=0.2))
    spec = own_server.device()
    first = run.device(spec)
    own_server.pull_the_plug()
    with pytest.raises(LinkLost):
        first.describe()
    told = r"^orin: quarantined: before an answer .* link to board-a was lost.* not be opened again: offline: .*refused"
    begin_s = time.monotonic()
    for _ in range(2):
        with pytest.raises(TestbedError, match=told):
            run.device(spec)
    assert time.monotonic() - begin_s < 10


def test_a_board_that_never_answers_gets_a_few_attempts(server, boards: Open) -> None:
    """All of them in the message; afterwards it is quarantined."""
    run, spec = boards(), server.device("nobody-there")
    with pytest.raises(DeviceOffline, match=r"^orin: offline: .*refused.* \(2 attempts\)$"):
        run.device(spec)
    with pytest.raises(TestbedError, match=r"^orin: quarantined: offline: .* \(2 attempts\)$"):
        run.device(spec)


def test_a_board_that_answers_the_second_time_says_what_failed_first(own_server, boards: Open) -> None:
    """Once, to whoever asks: for the rows that it delayed."""
    run = boards(retry=RetryPolicy(first_attempts=2, first_pause_s=1.5))
    own_server.pull_the_plug()
    booting = threading.Timer(0.5, own_server.boot)
    booting.start()
    assert run.device(own_server.device()).describe().cores >= 1
    booting.join()
    (failure,) = run.failures("orin")
    assert "orin: offline: " in failure
    assert run.failures("orin") == []


def test_what_a_person_must_change_is_not_tried_again(server, boards: Open) -> None:
    """One attempt, however often it is asked."""
    run, spec = boards(retry=RetryPolicy(first_attempts=5, first_pause_s=60)), server.device("stranger")
    begin_s = time.monotonic()
    for _ in range(2):
        with pytest.raises(UsageError, match=r"^orin: ssh cannot log in to stranger"):
            run.device(spec)
    assert time.monotonic() - begin_s < 10


def test_a_board_that_floods_before_the_agent_is_there_is_told(server, agent_cache: Path, tmp_path: Path) -> None:
    """What stands in for its Python writes without end; this host ends it at once."""
    flooding = tmp_path / "flooding"
    flooding.write_text("#!/bin/sh\nexec yes spam\n")
    flooding.chmod(0o755)
    with (
        pytest.raises(TestbedError, match=r"^orin: its login shell or `python` writes without end.*spam"),
        open_device(server.device(python=str(flooding)), agent_cache),
    ):
        pass
