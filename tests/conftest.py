"""What every test here is kept from: the locks of this machine, and other tests that run at the same time."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from configspec.agent.board.flock import FILE_VARIABLE

# Machines that run tests are shared: how long an example takes says nothing about the code.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")
QUICK_START = "-p no:hypothesispytest -p no:anyio"
# Where these tests are shared among workers, what they start is no part of that run.
for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
    del os.environ[name]
# A shell ignores SIGINT for what it starts in the background, and so would do what these tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Files go to xdist's workers in the order in which they are collected, which ends with quick ones.

    By itself xdist begins with the files of most tests, and two workers would end minutes apart: real models have few.
    """
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The release, one test of most of a minute, begins first: at the end of the order all else would wait for it."""
    items.sort(key=lambda item: item.path.parent.name != "tools")


def pytest_collection_finish() -> None:
    """What was collected stays until the end: the garbage collector need not look through 600,000 objects each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def own_lock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lock of these tests' own: whoever measures on this machine meanwhile neither disturbs them nor is disturbed."""
    path = tmp_path_factory.mktemp("lock") / "board.lock"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FILE_VARIABLE, str(path))
        yield path


@pytest.fixture(scope="session", autouse=True)
def quick_starts() -> Iterator[None]:
    """What these tests start keeps its byte code, and a run of pytest loads no plugin that it does not use.

    Some hundred processes are started. Each would spend half of its time on compiling modules and on Hypothesis.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTEST_ADDOPTS", QUICK_START)
        yield
