"""A run of the plugin that has nothing but a plan: of the repository's own testbed, one of its replayed devices."""

from __future__ import annotations

from pathlib import Path

from configspec.pytest_plugin.asked import Asked
from configspec.pytest_plugin.plan import choose
from configspec.pytest_plugin.run import MeasuringRun


def bare_run() -> MeasuringRun:
    """Without a session, rows or a journal."""
    asked = Asked(
        devices=("paper-rpi5",),
        families=(),
        drafts=(),
        quants=(),
        k="2",
        inventory=Path(__file__).parents[2] / "devices.yaml",
        separate_k=False,
        end_to_end="none",
        journals=Path("nowhere"),
    )
    return MeasuringRun(asked=asked, plan=choose(asked))
