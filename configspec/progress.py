"""How long work tells people what it is at: one callback, under one name, from the top to the bottom."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str], None]


def silent(text: str) -> None:
    """Tell nobody."""
