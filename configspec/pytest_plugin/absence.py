"""A run that is no testbed's: neither `devices.yaml` nor an option of configspec's is there."""

from __future__ import annotations

import pytest

from configspec.pytest_plugin.private_pytest import undefined_fixtures
from configspec.pytest_plugin.short_names import spelled

MEASURING = frozenset({"hil_benchmark", "hil_end_to_end"})  # fixtures that write a row
ASK = "no device was asked for: --device NAME measures (configspec reads devices.yaml)"


class Absence:
    """Skips a benchmark of ours that has come here without its testbed. All other tests are as without configspec."""

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Its fixtures are defined nowhere, and their names are nobody else's."""
        if MEASURING & undefined_fixtures(item):
            item.add_marker(pytest.mark.skip(reason=spelled(item.config, ASK)))
