"""What takes over the writing of pytest-benchmark's files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from configspec.pytest_plugin.private_benchmark import SAVING_TRIES, write_results_by


class Writer:
    """Refuses the first `taken` names, as if another run had been faster by a moment."""

    def __init__(self, taken: int) -> None:
        self.taken = taken
        self.asked: list[tuple[str, bool]] = []
        self.refused: list[str] = []

    def put(self, path: Path, document: Mapping[str, object], *, new: bool = False) -> bool:
        self.asked.append((path.name, new))
        if len(self.asked) <= self.taken:
            raise FileExistsError
        return True

    def refuse(self, path: Path, document: Mapping[str, object], why: str) -> None:
        self.refused.append(path.name)


class Storage:
    """As pytest-benchmark's for files, in a folder where others save too."""

    path = Path("saved")

    def __init__(self) -> None:
        self.numbers = 0
        self.logger = SimpleNamespace(info=lambda _: None)

    @property
    def _next_num(self) -> str:
        self.numbers += 1
        return f"{self.numbers:04}"

    def get(self, name: str) -> Path:
        return self.path / name


def saved_by(writer: Writer) -> None:
    session = SimpleNamespace(storage=Storage(), json=None)
    config: Any = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _: session))
    write_results_by(config, writer)
    session.storage.save({}, "night")


@pytest.mark.parametrize("taken", [0, 3])
def test_a_number_that_another_run_takes_is_left_to_it(taken):
    """The next one is tried; none is replaced."""
    writer = Writer(taken)
    saved_by(writer)
    assert writer.asked == [(f"{number:04}_night.json", True) for number in range(1, taken + 2)]
    assert not writer.refused


def test_where_every_number_is_taken_it_is_told():
    """As behind 9999, from where pytest-benchmark counts no further."""
    writer = Writer(SAVING_TRIES)
    saved_by(writer)
    assert writer.refused == [f"{SAVING_TRIES:04}_night.json"]
