"""NVIDIA's tegrastats, a line now and then: for Jetson boards whose rails sysfs does not show.

https://docs.nvidia.com/jetson/archives/r36.4/DeveloperGuide/AT/JetsonLinuxDevelopmentTools/TegrastatsUtility.html

A rail is `NAME now/mean` in mW: JetPack 5 and later write the unit, JetPack 4 does not, and JetPack 7 adds a third
power. The mean runs since tegrastats began, and is no window's; what the third one means is not documented. Only `now`
is read. It holds what the chip of `ina3221.py` shows, and which rails add up is as there; on AGX Thor there is VIN
besides, the input of the whole board.

Some releases begin a line with the local date, which may jump: a value's moment is when its line arrives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Dict, Tuple, final

from ..protocol import usage_error
from .channels.kernel_files import named_rails
from .channels.lines import FreshLines
from .ina3221 import RAILS, checked, counted, unused
from .meter import WATTS, Channel, Meter, MeterFacts, MeterKind, NoMeterError, Reading, ReadingError
from .surroundings import Surroundings

INTERVAL_MS = 200
COMMAND = ("tegrastats", "--interval", str(INTERVAL_MS))
# NVIDIA's boot script for Xavier and Orin has the chip average 512 samples, which takes so long. A chip without that
# script is faster; tegrastats does not tell.
LAG_S = 0.43
FIRST_LINE_S = 5.0
LINE_S = 1.5
PAUSE_S = 0.5  # of the reader; then what waits in the pipe is old
WHOLE_BOARD = "VIN"
RAIL = re.compile(
    r"(?<!\S)(?P<name>[A-Z][A-Z0-9_]*) (?P<now>-?[0-9]{1,7})(?P<unit>(?:mW)?)"
    r"(?P<others>(?:/-?[0-9]{1,7}(?P=unit)){1,2})(?!\S)"
)


@dataclass(frozen=True)
class Line:
    """The rails of a line in watts, and how all of them are written: their unit, and how many powers each has."""

    watts: Dict[str, float]
    unit: str
    powers: int


def parse_line(line: str) -> Line:
    """The rails of a line of tegrastats.

    Raises:
        ReadingError: It has none, or they are not written alike, or one is there twice.
    """
    found = [rail for rail in RAIL.finditer(line) if not unused(rail["name"])]
    watts = {rail["name"]: int(rail["now"]) * 1e-3 for rail in found}
    forms = {(rail["unit"], 1 + rail["others"].count("/")) for rail in found}
    if not found:
        raise ReadingError("the line shows no power rail")
    if len(forms) > 1:
        raise ReadingError("the line writes its rails in several ways")
    if len(watts) < len(found):
        raise ReadingError("the line shows a rail twice")
    unit, powers = forms.pop()
    return Line(watts, unit, powers)


@final
class Tegrastats:
    """A tegrastats that was started. Its lines have to go on as the first one was."""

    def __init__(self, lines: FreshLines, first: Line, facts: MeterFacts) -> None:
        self._lines = lines
        self._first = first
        self.facts = facts

    def read(self) -> Reading:
        """The power of each rail, when its line has come."""
        try:
            t_s, text = self._lines.next_line(LINE_S)
        except OSError as problem:
            raise ReadingError(problem.strerror or str(problem)) from None
        line, first = parse_line(text), self._first
        if list(line.watts) != list(first.watts):
            raise ReadingError(f"the line shows {', '.join(line.watts)}, and the first {', '.join(first.watts)}")
        if (line.unit, line.powers) != (first.unit, first.powers):
            raise ReadingError("the line writes its rails in another way than the first")
        return Reading(t_s, checked(self.facts.channels, list(line.watts.values())))

    def close(self) -> None:
        """End it."""
        self._lines.close()


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """Start tegrastats, and see which rails it shows.

    Raises:
        NoMeterError: It is not installed, or shows no rail.
        AgentError: `rails` names one that is not there, or two of which one contains the other.
    """
    try:
        lines = FreshLines(around.lines(COMMAND), around.now_s, PAUSE_S)
    except FileNotFoundError:
        raise NoMeterError("tegrastats is not installed: this is no Jetson board") from None
    except OSError as problem:
        raise NoMeterError(f"tegrastats cannot be started: {problem.strerror or problem}") from None
    try:
        first = _first_line(lines)
        return Tegrastats(lines, first, _facts(first, options))
    except BaseException:
        lines.close()
        raise


def _first_line(lines: FreshLines) -> Line:
    try:
        return parse_line(lines.next_line(FIRST_LINE_S)[1])
    except OSError as problem:
        raise NoMeterError(f"tegrastats shows nothing: {problem.strerror or problem}") from None
    except ReadingError as problem:
        raise NoMeterError(f"tegrastats: {problem}; some images show power to root only") from None


def _facts(first: Line, options: Mapping[str, object]) -> MeterFacts:
    channels, boundary = _counted(tuple(first.watts), options)
    return MeterFacts(
        meter="tegrastats",
        shows=WATTS,
        boundary=boundary,
        channels=channels,
        period_s=INTERVAL_MS / 1000,
        lag_s=LAG_S,
        waits=True,
        sensor={"interval_ms": INTERVAL_MS, "powers": first.powers},
    )


def _counted(names: Tuple[str, ...], options: Mapping[str, object]) -> Tuple[Tuple[Channel, ...], str]:
    """Which rails add up, and what is inside the sum: the whole board, where that is shown and no others are asked."""
    asked = named_rails(options)
    if WHOLE_BOARD in asked and set(asked) != {WHOLE_BOARD}:
        raise usage_error(f"power.rails: {WHOLE_BOARD} contains all others", hint="Name the whole, or parts, not both.")
    if WHOLE_BOARD in names and (WHOLE_BOARD in asked or not asked):
        return tuple(Channel(name, name == WHOLE_BOARD) for name in names), "board"
    return counted("tegrastats", names, options)


KIND = MeterKind(
    name="tegrastats",
    find=find,
    page="https://docs.nvidia.com/jetson/archives/r36.4/DeveloperGuide/AT/JetsonLinuxDevelopmentTools/TegrastatsUtility.html",
    options=(RAILS,),
    auto=True,
)
