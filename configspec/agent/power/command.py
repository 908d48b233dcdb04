"""Any program of the owner's that prints a figure as JSON: for meters that nothing here reads itself.

https://www.rfc-editor.org/rfc/rfc8259 is what it has to print, and https://python-kasa.readthedocs.io/ one that does:

    command: kasa --host 192.168.1.30 --json emeter     {"power_mw": 9120, "total_wh": 50, ...}
    key: power_mw
    unit: mW

It is started for each reading, directly and not through a shell.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from typing import Callable, List, Tuple, final

from ..protocol import usage_error
from .channels.json_service import looked_for, period_of
from .channels.json_values import number_of, shown
from .meter import JOULES, WATTS, Channel, Meter, MeterFacts, MeterKind, Option, Reading, ReadingError, did_you_mean
from .surroundings import Surroundings, option_text

UNITS = {
    "uW": (WATTS, 1e-6),
    "mW": (WATTS, 1e-3),
    "W": (WATTS, 1.0),
    "kW": (WATTS, 1e3),
    "uJ": (JOULES, 1e-6),
    "mJ": (JOULES, 1e-3),
    "J": (JOULES, 1.0),
    "kJ": (JOULES, 1e3),
    "mWh": (JOULES, 3.6),
    "Wh": (JOULES, 3600.0),
    "kWh": (JOULES, 3.6e6),
}
TIMEOUT_S = 10.0  # a program that reaches a plug first takes seconds
COMPLAINT_LETTERS = 120
PLACE = re.compile(r"[0-9]{1,9}", re.ASCII)


@final
class CommandMeter:
    """The program, and what makes watts or joules of its output."""

    def __init__(
        self, around: Surroundings, command: Tuple[str, ...], parse: Callable[[str], float], facts: MeterFacts
    ) -> None:
        self._around = around
        self._command = command
        self._parse = parse
        self.facts = facts

    def read(self) -> Reading:
        """The figure, at the middle of the program's run."""
        begin_s = self._around.now_s()
        text = printed(self._around, self._command)
        t_s = (begin_s + self._around.now_s()) / 2
        return Reading(t_s, (self._parse(text),))

    def close(self) -> None:
        """Nothing is held: each run has ended."""


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The program, if it prints the figure now."""
    command, key = _words(options), option_text(options, "key")
    unit = option_text(options, "unit")
    if unit not in UNITS:
        # No guess: what is nearest to MW in letters is a factor of 1e9 away from it.
        raise usage_error(f"power.unit is {unit!r:.40}", hint=f"There are: {', '.join(UNITS)}.")
    shows, factor = UNITS[unit]
    with looked_for():
        text = printed(around, command)
        figure(text, key, factor)
    facts = MeterFacts(
        meter="command",
        shows=shows,
        boundary="wall",  # until the owner's word replaces it
        channels=(Channel(key or "figure"),),
        period_s=period_of(options),
        step=factor if isinstance(_at(_json(text), key), int) else 0.0,  # without decimals it cannot be finer
        sensor={"program": os.path.basename(command[0]), "key": key, "unit": unit},
    )
    return CommandMeter(around, command, lambda text: figure(text, key, factor), facts)


def printed(around: Surroundings, command: Tuple[str, ...]) -> str:
    """What the program prints; ReadingError where it fails, with the first line of its complaint."""
    name = os.path.basename(command[0])
    try:
        output = around.run(command, TIMEOUT_S)
    except OSError as problem:
        raise ReadingError(f"{name}: {problem.strerror or problem}") from None
    if output.status != 0:
        lines = (output.complaints.strip() or output.text.strip() or "it says nothing").splitlines()
        raise ReadingError(f"{name} ended with status {output.status}: {lines[0][:COMPLAINT_LETTERS]}")
    return output.text


def figure(text: str, key: str, factor: float) -> float:
    """`factor` times the number at a dotted path of keys and places in lists; the whole text where that is empty.

    Raises:
        ReadingError: The text is no JSON, has nothing there or no number, or a negative one.
    """
    name = key or "the output"
    value = number_of(number_of(_at(_json(text), key), name) * factor, name)
    if value < 0:
        raise ReadingError(f"{name} is negative: power flows back, or the meter's wires are swapped")
    return value


def _json(text: str) -> object:
    if not text.strip():
        raise ReadingError("the program prints nothing")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ReadingError(f"the program prints no JSON: {shown(text.strip().splitlines()[0])}") from None


def _at(found: object, key: str) -> object:
    for part in key.split(".") if key else ():
        if isinstance(found, dict) and part in found:
            found = found[part]
        elif isinstance(found, list) and PLACE.fullmatch(part) and int(part) < len(found):
            found = found[int(part)]
        else:
            there = [str(one) for one in found] if isinstance(found, dict) else _places(found)
            hint = did_you_mean(part, [one[:40] for one in there[:12]])
            raise ReadingError(f"the output has no {key}: nothing is at {part!r:.40}. {hint}")
    return found


def _places(found: object) -> List[str]:
    return [str(place) for place in range(len(found))] if isinstance(found, list) else []


def _words(options: Mapping[str, object]) -> Tuple[str, ...]:
    command = options.get("command")
    try:
        words = list(command) if isinstance(command, (list, tuple)) else shlex.split(option_text(options, "command"))
    except ValueError as problem:
        raise usage_error(f"power.command cannot be split into words: {problem}", hint="Write it as a list.") from None
    if not words or not words[0]:
        raise usage_error("power.command is empty", hint="Write the program and its words, as a list.")
    return tuple(words)


KIND = MeterKind(
    name="command",
    find=find,
    page="https://www.rfc-editor.org/rfc/rfc8259",
    options=(
        Option("command", "The program and its words; no shell reads them", "words", needed=True),
        Option("key", "Where the figure is, such as emeter.0.power_mw; default: the output is the figure"),
        Option("unit", f"The unit of the figure, one of {', '.join(UNITS)}", needed=True),
        Option("period_s", "How often it has a new value, seconds; default: 1", "number"),
    ),
    asks_boundary=True,
    on_network=True,
)
