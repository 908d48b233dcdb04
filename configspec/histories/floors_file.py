"""The file that `configspec calibrate --write` makes, and the gate reads (`--floors`).

[[floor]]
series = "dev:orin:-*/goodput"
floor = 0.041           a loss up to this share is no failure
log_sd = 0.012          between runs of one build, of log values
degrees = 19.0          of freedom, with which that is known
night_share = 0.2       of its square, what the runs of one night have in common
visible = 0.0403        the smallest loss that is seen in 80 % of cases
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from configspec.atomic import write_whole
from configspec.errors import UsageError
from configspec.histories.check_file import Entry, read_entries
from configspec.histories.floors import CalibratedFloor
from configspec.regression.spread import Spread

KIND = "floor"
KEYS = ("series", "floor", "log_sd", "degrees", "night_share", "visible")
MOST_SPREAD = 10.0  # log values: no board spreads over four decades


def read_floors(path: Path) -> tuple[CalibratedFloor, ...]:
    """The floors of the file, the first that matches a series first.

    Raises:
        UsageError: It is no such file, holds no entry, or a floor of 0.
    """
    found = tuple(map(_floor, read_entries(path, KIND, KEYS)))
    if not found:
        raise UsageError(f"{path}: no floor in it; `configspec calibrate RUNS --write FILE` makes one")
    return found


def write_floors(path: Path, floors: Sequence[CalibratedFloor], origin: str) -> None:
    """Write them, whole or not at all; `origin` is a line on where they come from.

    Raises:
        UsageError: The file cannot be written.
    """
    text = "\n".join((f"# {_one_line(origin)}", *map(_entry, floors)))
    try:
        write_whole(path, text.encode())
    except OSError as problem:
        raise UsageError(f"{path}: cannot be written: {problem.strerror}.") from problem


def _floor(entry: Entry) -> CalibratedFloor:
    share = entry.number("floor", 0.0, 1.0)
    if not 0 < share < 1:
        raise entry.wrong("floor", "a share above 0 and below 1, as in 0.03 for 3 %")
    degrees = entry.number("degrees", 0.0, math.inf)
    if degrees == 0:
        raise entry.wrong("degrees", "above 0")
    return CalibratedFloor(
        pattern=entry.text("series"),
        floor=share,
        spread=Spread(log_sd=entry.number("log_sd", 0.0, MOST_SPREAD), degrees=degrees),
        night_share=entry.number("night_share", 0.0, 1.0, default=0.0),
        visible=entry.number("visible", 0.0, 1.0) if "visible" in entry.values else None,
    )


def _entry(one: CalibratedFloor) -> str:
    lines = [
        f"[[{KIND}]]",
        f"series = {_quoted(one.pattern)}",
        f"floor = {float(one.floor)!r}",
        f"log_sd = {float(one.spread.log_sd)!r}",
        f"degrees = {float(one.spread.degrees)!r}",
        f"night_share = {float(one.night_share)!r}",
    ]
    if one.visible is not None:
        lines.append(f"visible = {float(one.visible)!r}")
    return "\n".join(("", *lines, ""))


def _quoted(text: str) -> str:
    """As a basic string of TOML."""
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
