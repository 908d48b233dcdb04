"""A machine that has nothing: what a meter says there, it says of its options alone.

Of options that go together with no machine, a kind of meter says so before it looks for anything; what they ask for is
not here, and whether it is on the device only the device knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, final

from configspec.agent.power.channels.http import Asked
from configspec.agent.power.meter import MeterKind, NoMeterError

NOTHING = FileNotFoundError(2, "No such file or directory")


@final
class Nowhere:
    """Surroundings of a meter in which nothing is there. Nothing is touched."""

    root = Path("/dev/null")  # no file is below a file
    uses_gpu = False

    def now_s(self) -> float:
        """No time passes."""
        return 0.0

    def text(self, path: Path) -> NoReturn:
        """As `Surroundings` says."""
        raise NOTHING

    def run(self, command: Sequence[str], timeout_s: float) -> NoReturn:
        """As `Surroundings` says."""
        raise NOTHING

    def lines(self, command: Sequence[str]) -> NoReturn:
        """As `Surroundings` says."""
        raise NOTHING

    def fetch(self, asked: Asked) -> NoReturn:
        """As `Surroundings` says."""
        raise NOTHING

    def port(self, path: str, baud: int) -> NoReturn:
        """As `Surroundings` says."""
        raise NOTHING

    def library(self, name: str) -> NoReturn:
        """As `Surroundings` says."""
        raise NOTHING


def check_together(kind: MeterKind, options: Mapping[str, object]) -> None:
    """AgentError where the options of a meter cannot go together, or one is a value that it does not know."""
    try:
        kind.find(Nowhere(), options)
    except NoMeterError:
        return
