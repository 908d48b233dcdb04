"""How long work reports its progress: one callback, under one name, at every level."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str], None]


def silent(text: str) -> None:
    """Report to nobody."""
