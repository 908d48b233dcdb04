"""Where the lock that all accounts see cannot be used: this account's own is taken, and nothing is silent about it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from configspec.agent.board.flock import FILE_VARIABLE, SHARED_FILE

pytestmark = pytest.mark.real

# A view of the files of this machine in which the lock for all is a FIFO.
ELSEWHERE = 'mount -t tmpfs tmpfs "$1" && mkfifo "$2" && shift 2 && exec "$@"'
OPEN = """
import json, sys
from pathlib import Path
from configspec.devices.device import open_device
from configspec.devices.probe import probe
from configspec.testbed.device_spec import DeviceSpec
spec, cache = DeviceSpec(name="here", connection="local"), Path(sys.argv[1])
with probe([spec], cache, timeout_s=20.0, models={}) as (found,):
    warnings = found.warnings
with open_device(spec, cache) as device:
    print(json.dumps([warnings, device.lock_fallback_reason]))
"""


def test_a_run_says_that_its_lock_keeps_out_this_account_only(tmp_path: Path) -> None:
    """Asked for and taken, with the file and what is wrong with it."""
    environment = {name: value for name, value in os.environ.items() if name != FILE_VARIABLE}
    script = ["unshare", "-m", "sh", "-c", ELSEWHERE, "sh", str(Path(SHARED_FILE).parent), SHARED_FILE]
    ended = subprocess.run(
        [*script, sys.executable, "-c", OPEN, str(tmp_path / "cache")],
        env={**environment, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if ended.returncode != 0 and ("unshare" in ended.stderr or "mount" in ended.stderr):
        pytest.skip(f"there can be no such view here: {ended.stderr.strip()}")
    told = f"{SHARED_FILE}: it is a FIFO and not a regular file"
    assert json.loads(ended.stdout) == [[f"its lock keeps out this account's runs only: {told}"], told], ended.stderr
    assert (tmp_path / ".configspec.lock").exists()
