"""Who holds a board, in words, and what makes a run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.devices.lock import describe_owner

json_values = st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.text(), max_size=3)


def test_the_holder_is_told_with_place_and_time():
    """Enough to go and ask."""
    owner = {"user": "alice", "host": "ci-3", "pid": 7, "since": "2026-01-02 03:04:05 UTC", "run": "x"}
    assert describe_owner(owner) == "alice on ci-3 (process 7, since 2026-01-02 03:04:05 UTC)"


@given(st.dictionaries(st.sampled_from(["user", "host", "pid", "since"]), json_values))
def test_whatever_stands_in_the_lock_is_one_short_printable_line(owner: dict[str, object]):
    """Any account of the board may have written it."""
    told = describe_owner(owner)
    assert told.isprintable()
    assert len(told) < 400


@pytest.mark.real
def test_the_workers_of_one_pytest_are_one_run():
    """Their scheduler keeps them apart; two runs have nothing in common."""

    def run_of(**environment: str) -> bytes:
        program = "from configspec.devices.lock import RUN; print(RUN)"
        variables = {**os.environ, **environment}
        return subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, check=True).stdout

    assert run_of(PYTEST_XDIST_TESTRUNUID="x") == run_of(PYTEST_XDIST_TESTRUNUID="x")
    assert run_of(PYTEST_XDIST_TESTRUNUID="") != run_of(PYTEST_XDIST_TESTRUNUID="")
