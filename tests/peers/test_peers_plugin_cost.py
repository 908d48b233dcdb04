"""What a difference of alternating runs says."""

from __future__ import annotations

import pytest
from plugin_cost import Run, added, environment


def _runs(*walls_ms: float) -> list[Run]:
    return [Run(wall_ms=wall_ms, processor_ms=wall_ms / 2) for wall_ms in walls_ms]


def test_the_cost_is_the_median_difference_of_the_pairs() -> None:
    """Differences 10, 20 and 300 ms: one slow run moves it little, and it stays visible as the range."""
    line = added(_runs(200.0, 210.0, 200.0), _runs(210.0, 230.0, 500.0))
    assert line.judged == pytest.approx(20.0)
    assert line.low == pytest.approx(10.0)
    assert line.high == pytest.approx(300.0)
    assert line.met


def test_fifty_milliseconds_and_more_are_too_much() -> None:
    """The bound is 50 ms more than without."""
    assert not added(_runs(200.0, 200.0, 200.0), _runs(251.0, 251.0, 251.0)).met


def test_only_installed_plugins_load() -> None:
    """Neither options nor plugins nor folders of the caller's environment reach the measured process."""
    kept = environment({"PATH": "/bin", "PYTEST_ADDOPTS": "-n 4", "PYTEST_PLUGINS": "x", "PYTHONPATH": "/checkout"})
    assert kept == {"PATH": "/bin"}
