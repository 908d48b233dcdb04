"""Surroundings with one service of the network, or one program, whose answers a test writes down."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, final

from hypothesis import strategies as st

from configspec.agent.power.channels.http import Answer, Asked
from configspec.agent.power.channels.programs import Output

TAKES_S = 2.0  # of the clock, for each answer

# Any value of JSON: what a service may answer that is not what we think it is.
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


def answer(told: object, status: int = 200) -> Answer:
    """An answer with that JSON; bytes are the body as they are."""
    return Answer(status, told if isinstance(told, bytes) else json.dumps(told).encode())


@final
class Scripted:
    """Answers by path, from a mapping that a test may change; a program's output, or the error that it ends with."""

    def __init__(self, answers: Mapping[str, Answer] | None = None, output: Output | OSError | None = None) -> None:
        self.root = Path("/nowhere")
        self.uses_gpu = False
        self.clock_s = 1000.0
        self.answers = dict(answers or {})
        self.output = output
        self.asked: list[Asked] = []
        self.started: list[tuple[tuple[str, ...], float]] = []

    def now_s(self) -> float:
        """A clock that moves while something answers, and only then."""
        return self.clock_s

    def fetch(self, asked: Asked) -> Answer:
        """The answer of that path; OSError where there is none."""
        self.asked.append(asked)
        self.clock_s += TAKES_S
        if asked.path not in self.answers:
            raise OSError(f"{asked.shown}: Connection refused")
        return self.answers[asked.path]

    def run(self, command: Sequence[str], timeout_s: float) -> Output:
        """The output."""
        self.started.append((tuple(command), timeout_s))
        self.clock_s += TAKES_S
        if isinstance(self.output, Output):
            return self.output
        raise self.output or FileNotFoundError(2, "No such file or directory")

    def text(self, path: Path) -> NoReturn:
        """Nothing is read of files."""
        raise AssertionError(path)

    def lines(self, command: Sequence[str]) -> NoReturn:
        """Nothing goes on."""
        raise AssertionError(command)

    def library(self, name: str) -> NoReturn:
        """No library is opened."""
        raise AssertionError(name)

    def port(self, path: str, baud: int) -> NoReturn:
        """Nothing is on a port."""
        raise AssertionError(path)
