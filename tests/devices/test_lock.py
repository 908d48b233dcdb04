"""Who holds a board, in words, and what makes a run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.devices.lock import describe_owner, holder_on_host, host_lock
from configspec.devices.replies.board import Owner
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec

HERE = DeviceSpec(name="here", connection="local")


def test_the_holder_is_told_with_place_and_time():
    """Enough to go and ask."""
    owner = Owner(user="alice", host="ci-3", pid="7", since="2026-01-02 03:04:05 UTC")
    assert describe_owner(owner) == "alice on ci-3 (process 7, since 2026-01-02 03:04:05 UTC)"


@given(st.none() | st.builds(Owner, **dict.fromkeys(("user", "host", "pid", "since"), st.text())))
def test_whatever_stands_in_the_lock_is_one_short_printable_line(owner: Owner | None):
    """Any account of the board may have written it."""
    told = describe_owner(owner)
    assert told.isprintable()
    assert len(told) < 400


@pytest.mark.parametrize("kind", ["fifo", "folder", "link"])
def test_what_is_no_lock_is_told_with_what_would_do(tmp_path: Path, kind: str):
    """Of this host's lock: the device, the file, and the variable that names another folder."""
    place = Path(host_lock(HERE, tmp_path)._paths[0])
    make = {"fifo": os.mkfifo, "folder": os.mkdir, "link": lambda path: os.symlink("/dev/zero", path)}
    make[kind](place)
    with pytest.raises(UsageError, match=rf"^here: its lock on this host.*{place.name}.*CONFIGSPEC_CACHE_DIR"):
        holder_on_host(HERE, tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_locks_of_another_account_is_refused(tmp_path: Path):
    """Its owner could break the lock, or read who holds it."""
    host_lock(HERE, tmp_path)
    (folder,) = tmp_path.glob("locks-*")
    os.chown(folder, 12345, -1)
    with pytest.raises(UsageError, match=r"^here: its lock on this host.*this account alone"):
        host_lock(HERE, tmp_path)


@pytest.mark.real
def test_the_workers_of_one_pytest_are_one_run():
    """Their scheduler keeps them apart; two runs have nothing in common."""

    def run_of(**environment: str) -> bytes:
        program = "from configspec.devices.lock import RUN; print(RUN)"
        variables = {**os.environ, **environment}
        return subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, check=True).stdout

    assert run_of(PYTEST_XDIST_TESTRUNUID="x") == run_of(PYTEST_XDIST_TESTRUNUID="x")
    assert run_of(PYTEST_XDIST_TESTRUNUID="") != run_of(PYTEST_XDIST_TESTRUNUID="")
