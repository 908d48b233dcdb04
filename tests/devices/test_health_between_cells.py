"""A board is looked at again before each cell: what became wrong is told, and what the run itself causes is not."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from answering import HELLO, Answering, as_line
from example_rows import DRAFT
from healthy_board import WELL
from hypothesis import given
from hypothesis import strategies as st

from configspec.devices.device import Device, Taken
from configspec.devices.faults import DeviceUnhealthy
from configspec.devices.gate import between_cells, problems
from configspec.devices.lock_wait import LockWait
from configspec.devices.pool import DevicePool
from configspec.devices.replies.board import LockState, Owner
from configspec.devices.transport.client import AgentClient, Limits
from configspec.records.facts import HealthFacts
from configspec.testbed.device_spec import DeviceSpec, HealthSpec

GIB = 1 << 30
ASKED = HealthSpec(max_start_c=60, power_mode="MAXN", min_free_memory_bytes=4 * GIB, max_load=1)
OWNER = Owner(user="alice", host="ci", pid="7", since="now")
HELD = LockState(held=True, path="/run/lock/x", owner=OWNER, fallback_reason=None)


class Board:
    """An agent whose board's health is `now`; it counts what it is asked."""

    def __init__(self) -> None:
        self.now = WELL
        self.asked: list[str] = []

    def answer(self, request: dict[str, Any]) -> bytes:
        self.asked.append(request["op"])
        opened: dict[str, object] = {
            **asdict(DRAFT),
            **{key: request[key] for key in ("context", "batch") if key in request},
        }
        answers: dict[str, object] = {"health": asdict(self.now), "open": opened, "close": {}}
        return as_line({"id": request["id"], "ok": answers[request["op"]]})


def opened(board: Board) -> Device:
    client = AgentClient(Answering(board.answer), device="orin", limits=Limits(silence_s=5.0))
    hello = client.greet(sha256=str(HELLO["sha256"]), deadline_s=5.0)
    spec = DeviceSpec(name="orin", connection="local", health=ASKED)
    return Device(spec=spec, client=client, hello=hello, taken=Taken(health=WELL, lock=HELD), mark="m")


def pool(folder: Path) -> DevicePool:
    return DevicePool(folder, lambda text: None, wait=LockWait(cool_down_s=0))


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"temperature_c": 71.0}, "its temperature is 71 °C"),
        ({"power_mode": "15W"}, "its power mode is 15W, not health.power_mode = MAXN"),
        ({"available_memory_bytes": 3 * GIB}, "its available memory is"),
        ({"throttling": ("under-voltage",)}, "it throttles now"),
    ],
)
def test_a_board_that_changed_is_refused_and_asked_again_for_the_next_cell(tmp_path, now, told):
    """One request a cell. It is not quarantined, so a board that has recovered goes on."""
    board = Board()
    device, boards = opened(board), pool(tmp_path)
    board.now = replace(WELL, **now)
    with pytest.raises(DeviceUnhealthy, match=f"^orin: unhealthy: {told}"):
        boards.check_health(device)
    board.now = WELL
    boards.check_health(device)
    assert board.asked == ["health", "health"]


def test_the_rows_of_a_cell_have_the_health_of_its_beginning(tmp_path):
    """And not that of the moment when the board was opened."""
    board = Board()
    device = opened(board)
    board.now = replace(WELL, temperature_c=55.0)
    pool(tmp_path).check_health(device)
    assert device.health == board.now


def test_what_the_run_itself_takes_is_no_fault(tmp_path):
    """The load of its own rounds, and the memory of the model that gives way to the next one; then it counts again."""
    board = Board()
    device, boards = opened(board), pool(tmp_path)
    device.open_model(Path("draft.gguf"), cache_bytes=GIB)
    board.now = replace(WELL, load_1min=7.9, available_memory_bytes=4 * GIB - DRAFT.file_bytes)
    boards.check_health(device)
    device.close_model()
    with pytest.raises(DeviceUnhealthy, match="available memory"):
        boards.check_health(device)


@given(free=st.none() | st.integers(0, 1 << 40), own=st.integers(0, 1 << 40))
def test_only_memory_is_given_back(free: int | None, own: int):
    """As much as the run holds; what is not known stays unknown, and everything else as it was."""
    facts: HealthFacts = replace(WELL, available_memory_bytes=free)
    found = between_cells(facts, own_bytes=own)
    assert found.available_memory_bytes == (None if free is None else free + own)
    assert replace(found, available_memory_bytes=free) == facts
    if not problems(ASKED, facts):
        assert not problems(ASKED, found)
