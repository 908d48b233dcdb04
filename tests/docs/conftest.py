"""A testbed's repository for the tests that run its nightly workflow."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ci_repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A fresh one."""
    if not (shutil.which("git") and shutil.which("bash")):
        pytest.skip("git and bash are not installed")
    found = Repository(tmp_path)
    found.make()
    return found


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of an earlier night."""
    found = Repository(tmp_path_factory.mktemp("first"))
    found.make()
    found.measure(found.root / "results.json")
    return found.root / "results.json"
