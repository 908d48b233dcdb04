"""The recorded testbed is as large as it says."""

from __future__ import annotations

from pathlib import Path

from replay_memory import ROWS, write_project

from configspec.records.profile_file import read_profile
from configspec.testbed.read import read_inventory


def test_the_testbed_has_two_thousand_configurations(tmp_path: Path) -> None:
    """As the inventory and the profile are read."""
    write_project(tmp_path)
    (device,) = read_inventory(tmp_path / "devices.yaml").devices.values()
    assert device.replay is not None
    profile = read_profile(device.replay.profile)
    assert len(profile.configurations(device.replay.device, as_name="board")) == ROWS == 2_000
