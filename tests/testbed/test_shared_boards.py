"""Which devices take turns, however many workers there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from configspec.testbed.read import read_inventory
from configspec.testbed.shared_boards import taking_turns

WriteInventory = Callable[[str | bytes], Path]
STATED = "{meter: declared, watts: 6, boundary: wall, source: a plug}"
HERE, THERE = "connection: local", "connection: {ssh: pi@rpi5}"


@pytest.mark.parametrize(
    ("one", "other", "turns"),
    [
        (f"{HERE}, power: auto", HERE, {"a": "a", "b": "a"}),
        (f"{THERE}, power: auto", f"{THERE}, power: auto, llama_cpp: {{threads: 2}}", {"a": "a", "b": "a"}),
        (f"{HERE}, power: auto", f"{THERE}, power: auto", {}),
        (HERE, HERE, {}),
        (f"{HERE}, power: {STATED}", HERE, {}),
    ],
)
def test_devices_that_are_one_metered_board_take_turns(
    one: str, other: str, turns: dict[str, str], write_inventory: WriteInventory
) -> None:
    """Its meter shows both; without one that is read, and on two boards, they are measured beside each other."""
    inventory = read_inventory(write_inventory(f"devices: {{a: {{{one}}}, b: {{{other}}}}}"))
    assert taking_turns(inventory.devices.values()) == turns
