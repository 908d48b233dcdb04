"""What one pytest run keeps: the choice of cases, the laboratory, the rows, the journal. Filled as it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from configspec.pytest_plugin.clock import DeviceClock

if TYPE_CHECKING:
    from configspec.profiling.laboratory import Laboratory
    from configspec.pytest_plugin.cases import Choice
    from configspec.pytest_plugin.options import Asked
    from configspec.records.journal import Journal


@dataclass
class Run:
    """One pytest run that measures."""

    asked: Asked
    choice: Choice
    laboratory: Laboratory | None = None
    journal: Journal | None = None
    journal_problem: str | None = None
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)  # finished rows, by node id


RUN = pytest.StashKey[Run]()
CLOCK: pytest.StashKey[DeviceClock] = pytest.StashKey()
