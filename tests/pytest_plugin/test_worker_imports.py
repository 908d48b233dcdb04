"""What a worker of a run imports: it starts with each run, and again after each death."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("xdist")
pytestmark = pytest.mark.real

TELLS = """
import sys
from pathlib import Path

def pytest_unconfigure(config):
    if hasattr(config, "workerinput"):
        Path("imported.txt").write_text("\\n".join(sys.modules))
"""


def test_a_worker_of_a_replayed_device_imports_neither_what_measures_nor_what_reports(testbed, pytester):
    """The controller writes the summary, and a recorded device has no models and no agent."""
    pytester.makeconftest(TELLS)
    pytester.runpytest("--device", "fast", "-n1").assert_outcomes(passed=6)
    imported = Path(testbed, "imported.txt").read_text().splitlines()
    needless = (
        "configspec.selection",
        "configspec.families",
        "configspec.profiling.session",
        "configspec.devices.pool",
    )
    assert [name for name in imported if name.startswith(needless)] == []
    assert "configspec.profiling.recorded_cell" in imported
