"""What a change of a source is, and how grave it is where no test notices."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .parsed import Edit


class Kind(enum.Enum):
    """A figure of a wrong unit, a figure of another rail, or anything else. The first two are wrong in silence."""

    FACTOR = "factor"
    RAIL = "rail"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """Edits that belong together: one, or two that exchange something."""

    kind: Kind
    edits: tuple[Edit, ...]
