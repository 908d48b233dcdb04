"""The order of a set-up, and that one which was cut off goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from bare_boards import PI
from scripted_board import ScriptedConnection, ScriptedPlace, handed_over, shell
from stand_in_wheels import write_library

from configspec.cache import Store
from configspec.devices.setup.board import Board
from configspec.devices.setup.build_options import cmake_args
from configspec.devices.setup.downloads import Downloads
from configspec.devices.setup.plan import BUILT, Plan, make_plan
from configspec.devices.setup.procedure import SetUp, Sources, Tell, steps
from configspec.devices.setup.wheel import kept_wheel, wheel_name
from configspec.errors import TestbedError, UsageError

REQUIREMENT = "llama-cpp-python==0.3.36"
SILENT = Tell(line=lambda text: None, step=lambda name, text: None, file=lambda name: lambda done, total: None)


class ScriptedBoard:
    """It does each step by noting it, and fails at `breaks`."""

    def __init__(self, plan: Plan, wheel: bytes) -> None:
        self.breaks: str | None = None
        self.did: list[str] = []
        self.sent: list[str] = []
        self._plan = plan
        self._wheel = wheel
        self._done: set[str] = set()

    def start(self, program: Sequence[str]) -> ScriptedConnection:
        if program[0] == "send":
            return ScriptedConnection([handed_over(self._wheel)])
        return _Answering(self._answer)

    def send(self, path: Path, name: str, folder: str, progress: Callable[[int, int], None]) -> None:
        self.sent.append(name)

    def _answer(self, script: str) -> tuple[bytes, int]:
        for step in steps(self._plan):
            if script == step.done:
                return b"", 0 if step.name in self._done else 1
            if script == step.script:
                if step.name == self.breaks:
                    return b"No space left on device\n", 1
                self.did.append(step.name)
                self._done.add(step.name)
                return b"", 0
        assert script == f"echo {self._plan.built}/{BUILT}"
        return f"{self._plan.built}/llama_cpp_python-0.3.36-py3-none-any.whl\n".encode(), 0


class _Answering(ScriptedConnection):
    """Answers by the script that it is sent."""

    def __init__(self, answer: Callable[[str], tuple[bytes, int]]) -> None:
        super().__init__([])
        self._answer = answer

    def send(self, data: bytes) -> None:
        import base64

        output, self._status = self._answer(base64.b64decode(data).decode())
        self._pieces = [output] if output else []


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


@pytest.fixture
def wheel(tmp_path: Path) -> bytes:
    """What the board builds."""
    return write_library(tmp_path, "llama_cpp_python", "0.3.36", "py3-none-linux_aarch64").read_bytes()


def planned(board: Board = PI, *, build: bool = True) -> Plan:
    key = board.key(REQUIREMENT, "cpu", cmake_args(board, "cpu"))
    return make_plan(board, REQUIREMENT, "cpu", key, build=build, offline=False)


def set_up(board: ScriptedBoard, plan: Plan, store: Store, kept: Path | None = None) -> None:
    sources = Sources(downloads=Downloads(board=plan.board, folder=store.root, wheels=None), llama_cpp=kept)
    place = shell(ScriptedPlace(board.start))
    SetUp(shell=place, send=board.send, sources=sources, plan=plan, tell=SILENT).do(store)


def test_what_a_board_built_is_kept_and_sent_to_its_equal(store, wheel):
    """Under the name that pip wants, without a second build."""
    plan = planned()
    first = ScriptedBoard(plan, wheel)
    set_up(first, plan, store)
    assert (first.did, first.sent) == (["environment", "llama.cpp", "install"], [])
    kept = kept_wheel(store, plan.key)
    assert kept is not None
    assert kept.read_bytes() == wheel
    again = planned(build=False)
    second = ScriptedBoard(again, wheel)
    set_up(second, again, store, kept)
    assert second.did == ["environment", "install"]
    assert second.sent == ["llama_cpp_python-0.3.36-py3-none-linux_aarch64.whl"]


@pytest.mark.parametrize("breaks", ["environment", "llama.cpp", "install"])
def test_a_set_up_that_broke_goes_on_where_it_was(store, wheel, breaks):
    """Whichever step it was, each is done once."""
    plan = planned()
    board = ScriptedBoard(plan, wheel)
    board.breaks = breaks
    with pytest.raises(TestbedError, match=rf"^orin: the step `{breaks}` ended with 1\. Its disk is full"):
        set_up(board, plan, store)
    board.breaks = None
    set_up(board, plan, store)
    assert board.did == ["environment", "llama.cpp", "install"]
    assert kept_wheel(store, plan.key) is not None


def test_a_kept_wheel_that_was_damaged_is_not_sent(store, wheel):
    """It is built again."""
    plan = planned()
    set_up(ScriptedBoard(plan, wheel), plan, store)
    kept = kept_wheel(store, plan.key)
    assert kept is not None
    kept.write_bytes(wheel[:-1] + b"x")
    assert kept_wheel(store, plan.key) is None


def test_what_is_no_wheel_is_not_kept(store):
    """A board that hands over something else is told."""
    plan = planned()
    with pytest.raises(UsageError, match="is no wheel"):
        set_up(ScriptedBoard(plan, b"no wheel"), plan, store)
    assert kept_wheel(store, plan.key) is None


def test_a_wheels_name_has_every_tag_that_it_has(tmp_path):
    """https://peps.python.org/pep-0425/#compressed-tag-sets."""
    path = write_library(tmp_path, "numpy", "1.26.4", "cp311-cp311-manylinux_2_17_aarch64")
    assert wheel_name(path) == "numpy-1.26.4-cp311-cp311-manylinux_2_17_aarch64.whl"
