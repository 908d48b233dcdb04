"""The devices of a run: one whose agent dies while it is being opened, and one that does not answer."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from configspec.devices.faults import DeviceOffline
from configspec.devices.lock_wait import Clock, LockWait
from configspec.devices.pool import DevicePool, RetryPolicy
from configspec.errors import TestbedError
from configspec.testbed.device_spec import DeviceSpec, SshSpec

pytestmark = pytest.mark.real

# Stands where the board's Python should be: says the agent's hello and is killed at the first request, so many times.
DYING = """#!{python}
import hashlib, json, os, sys
left = os.path.join({folder!r}, "left")
times = int(open(left).read())
if times == 0:
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
open(left, "w").write(str(times - 1))
sha256 = hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest()
print(json.dumps(dict(configspec_agent=1, sha256=sha256, python="3", pid=os.getpid(), clock_s=1.0)), flush=True)
sys.stdin.readline()
os.kill(os.getpid(), 9)
"""


def dying(folder: Path, times: int) -> DeviceSpec:
    python = folder / "python"
    python.write_text(DYING.format(python=sys.executable, folder=str(folder)))
    python.chmod(0o755)
    (folder / "left").write_text(str(times))
    return DeviceSpec(name="here", connection="local", python=(str(python),))


def test_it_is_opened_again_for_the_next_test(tmp_path: Path) -> None:
    """Once: the first test is an error of the testbed, the next has a new agent."""
    boards, spec = DevicePool(tmp_path, lambda text: None), dying(tmp_path, 1)
    with pytest.raises(TestbedError, match="SIGKILL"):
        boards.device(spec)
    assert boards.device(spec).describe().cores >= 1
    opened_s = boards.opening_s
    assert opened_s > 0
    boards.device(spec)  # it is open: that takes nothing
    assert boards.opening_s == opened_s
    boards.close()


def test_it_is_quarantined_after_the_second_time(tmp_path: Path) -> None:
    """With the first cause, and without a third agent."""
    boards, spec = DevicePool(tmp_path, lambda text: None), dying(tmp_path, 9)
    for _ in range(2):
        with pytest.raises(TestbedError, match=r"here: (?!quarantined).*SIGKILL"):
            boards.device(spec)
    with pytest.raises(TestbedError, match=r"here: quarantined: .*SIGKILL"):
        boards.device(spec)
    assert (tmp_path / "left").read_text() == "7"
    boards.close()


def test_a_board_that_never_answered_is_tried_as_often_as_the_policy_says(tmp_path: Path) -> None:
    """With its pauses between the attempts, by the clock that was handed in; then it is quarantined."""
    if shutil.which("ssh") is None:
        pytest.skip("no OpenSSH client here")
    (tmp_path / "config").write_text("Host nobody\n  HostName 127.0.0.1\n  Port 1\n")  # where nothing listens
    spec = DeviceSpec(name="orin", connection=SshSpec(destination="nobody", config=tmp_path / "config"))
    slept_s: list[float] = []
    policy = RetryPolicy(first_attempts=3, first_pause_s=7.0)
    wait = LockWait(clock=Clock(sleep_s=slept_s.append))
    boards = DevicePool(tmp_path, lambda text: None, retry=policy, wait=wait)
    with pytest.raises(DeviceOffline, match=r"^orin: offline: .*\(3 attempts\)$"):
        boards.device(spec)
    assert slept_s == [7.0, 7.0]
    with pytest.raises(TestbedError, match=r"^orin: quarantined: offline"):
        boards.device(spec)
    boards.close()
