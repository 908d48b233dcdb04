"""Libraries in C, by ctypes: their functions are called by name, and answer with a status.

https://docs.python.org/3/library/ctypes.html

What a function finds out it writes to a place that it is given: a pointer to a number, or an array of letters.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Optional, Protocol, Union

Place = Union[int, str, None]  # what a place holds


class Library(Protocol):
    """A library that was loaded."""

    def __getattr__(self, name: str) -> Callable[..., int]:
        """The function of that name, which returns its status; AttributeError where there is none."""


def open_library(name: str) -> Library:
    """Load the library; OSError where it is not there, or is for another machine."""
    return ctypes.CDLL(name)


def written(arguments: Sequence[object]) -> Place:
    """What the place among the arguments holds; None where none of them is one."""
    place = place_of(arguments)
    value: object = getattr(place, "value", None)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, int) else None


def place_of(arguments: Sequence[object]) -> Optional[object]:
    """The first argument that can be written to: what a pointer points to, or an array."""
    for argument in arguments:
        if isinstance(argument, ctypes.Array):
            return argument
        if hasattr(argument, "contents"):
            contents: object = argument.contents
            return contents
    return None
