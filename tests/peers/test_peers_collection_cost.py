"""The generated testbed is as large as it says, and the count that pytest prints is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from collection_cost import CONFIGURATIONS, collected, write_project

from configspec.testbed.read import read_inventory
from configspec.testbed.select import select_devices


def test_the_testbed_has_ten_thousand_configurations(tmp_path: Path) -> None:
    """Devices, drafts, quantisations and K multiplied, as the inventory is read."""
    write_project(tmp_path)
    inventory = read_inventory(tmp_path / "devices.yaml")
    (family,) = inventory.families.values()
    devices = select_devices(inventory, ["board-*"])
    assert len(devices) * len(family.drafts) * len(family.quants) * len(inventory.sweep.k) == CONFIGURATIONS == 10_000


@pytest.mark.parametrize(
    ("output", "count"),
    [
        ("test_x.py::test_a\n\n10000 tests collected in 0.93s\n", 10_000),
        ("1 test collected in 0.01s\n", 1),
        ("no tests collected in 0.01s\n", None),
        ("devices.yaml: and 30 more.\n", None),
    ],
)
def test_the_count_that_pytest_prints_is_read(output: str, count: int | None) -> None:
    """None where it printed none."""
    assert collected(output) == count
