"""The boards of a run where the agent dies while its board is being opened."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from configspec.devices.pool import DevicePool
from configspec.errors import TestbedError
from configspec.testbed.device_spec import DeviceSpec

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
    return DeviceSpec(name="here", connection="local", python=str(python))


def test_it_is_opened_again_for_the_next_test(tmp_path: Path) -> None:
    """Once: the first test is an error of the testbed, the next has a new agent."""
    boards, spec = DevicePool(tmp_path, lambda text: None), dying(tmp_path, 1)
    with pytest.raises(TestbedError, match="SIGKILL"):
        boards.device(spec)
    assert boards.device(spec).describe().cores >= 1
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
