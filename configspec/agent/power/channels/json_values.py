"""Figures in JSON: what a meter's answer may hold, and what it may not.

https://www.rfc-editor.org/rfc/rfc8259. A text where a number belongs, NaN and a figure that is missing are each an
error with its reason, and never 0.
"""

from __future__ import annotations

import json
import math
from typing import Optional, Union

from ...protocol import JsonObject
from ..meter import ReadingError

LOWEST_V, HIGHEST_V = 85.0, 265.0  # of the mains anywhere
SHOWN_LETTERS = 60


def object_in(text: Union[str, bytes]) -> Optional[JsonObject]:
    """The JSON object that a text is; None where it is anything else."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def inside(told: object, name: str) -> JsonObject:
    """The object under a key; ReadingError where there is none."""
    found = told.get(name) if isinstance(told, dict) else None
    if not isinstance(found, dict):
        raise ReadingError(f"{name} is {shown(found)}, where an object belongs")
    return found


def number_of(found: object, name: str) -> float:
    """A number that JSON can hold; ReadingError where it is anything else: never 0 for what is not there."""
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise ReadingError(f"{name} is {shown(found)}, where a number belongs")
    try:
        number = float(found)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ReadingError(f"{name} is not finite")
    return number


def drawn_w(watts: float, name: str) -> float:
    """Watts that are drawn; ReadingError where they are fed in."""
    if watts < 0:
        raise ReadingError(f"{name} is {watts:g} W: power flows back, or the meter's wires are swapped")
    return watts


def check_mains(found: object, name: str) -> None:
    """ReadingError where the meter shows a voltage, and it is not that of the mains."""
    if found is not None and not LOWEST_V <= number_of(found, name) <= HIGHEST_V:
        raise ReadingError(f"{name} is {number_of(found, name):g} V, which is not the mains: is it switched off?")


def shown(found: object) -> str:
    """A value for an error's text: short, and on one line."""
    if isinstance(found, (dict, list)):
        return "an object" if isinstance(found, dict) else "a list"
    return "missing" if found is None else f"{found!r:.{SHOWN_LETTERS}}"
