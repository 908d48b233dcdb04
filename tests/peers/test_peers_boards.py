"""The sweep of two boards: what it asks for is what is checked, and the bounds are those that are documented."""

from __future__ import annotations

from pathlib import Path

import pytest
from boards import BOARDS, CELL_S, DRAFTING_AT_LEAST, START_BOUND_S, TWO_AT_MOST, check, write_testbed
from loopback import Server

from configspec.errors import TestbedError
from configspec.testbed.device_spec import SshSpec
from configspec.testbed.read import read_inventory

ROOT = Path(__file__).parents[2]
ROWS = 8  # 2 boards, 2 drafts, 2 quantisations


def test_the_testbed_is_two_boards_whose_cells_take_a_fixed_time(tmp_path: Path) -> None:
    """Both over SSH, one K, and more rounds than fit into the time."""
    family = read_inventory(ROOT / "devices.yaml").families["tiny-llama"]
    config = tmp_path / "ssh_config"
    config.write_text("")
    write_testbed(tmp_path, family, config)
    inventory = read_inventory(tmp_path / "devices.yaml")
    assert [device.connection for device in inventory.devices.values()] == [
        SshSpec(destination=board, config=config) for board in BOARDS
    ]
    (found,) = inventory.families.values()
    assert len(inventory.devices) * len(found.drafts) * len(found.quants) * len(inventory.sweep.k) == ROWS
    assert inventory.sweep.seconds_per_cell == CELL_S
    assert inventory.sweep.rounds >= 10**5


@pytest.mark.parametrize(("status", "rows"), [(1, ROWS), (0, ROWS - 1), (0, 0)])
def test_a_run_that_lacks_a_row_is_not_timed(status: int, rows: int) -> None:
    """Its output is shown."""
    check(0, [{}] * ROWS, "")
    with pytest.raises(TestbedError, match="the reason"):
        check(status, [{}] * rows, "the reason")


def test_the_bounds_are_those_of_the_manual() -> None:
    """As docs/peers.md has them."""
    manual = (ROOT / "docs" / "peers.md").read_text(encoding="utf-8")
    part = manual.partition("| `boards` |")[2].partition("\n\n")[0]
    for bound in (f"at least {DRAFTING_AT_LEAST}", f"at most {START_BOUND_S:g} s", f"at most {TWO_AT_MOST} times"):
        assert bound in part


def test_a_board_of_the_loopback_server_has_its_own_lock_and_cache(tmp_path: Path) -> None:
    """Two boards are two, though they are one machine."""
    server = Server(folder=tmp_path, port=1, process=None)  # type: ignore[arg-type]
    for of_board in (server.lock, server.cache):
        assert len({of_board(board) for board in BOARDS}) == len(BOARDS)
