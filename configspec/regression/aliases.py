"""Names that were changed: what was measured under an old one continues under the new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from configspec.errors import UsageError
from configspec.printable import printable

SHOWN = 80  # characters of a name in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One renaming, of a cell or of whatever else has a name in a history."""

    old: str
    new: str


def latest_names(aliases: Iterable[Alias]) -> Mapping[str, str]:
    """The name that each old name has by now, through all renamings.

    Raises:
        UsageError: One old name has two new ones, or following the new ones leads back.
    """
    direct: dict[str, str] = {}
    for alias in aliases:
        if direct.get(alias.old, alias.new) != alias.new:
            both = f"{_shown(direct[alias.old])} and {_shown(alias.new)}"
            raise UsageError(f"aliases: {_shown(alias.old)} was renamed to both {both}; one name continues in one")
        direct[alias.old] = alias.new
    return {old: _end(old, direct) for old in direct}


def _end(name: str, direct: Mapping[str, str]) -> str:
    visited = {name: None}  # in order
    while name in direct:
        name = direct[name]
        if name in visited:
            circle = " to ".join(map(_shown, [*list(visited)[list(visited).index(name) :], name]))
            raise UsageError(f"aliases: the names lead in a circle, {circle}; the last of them must stay")
        visited[name] = None
    return name


def _shown(name: str) -> str:
    return repr(printable(name, at_most=SHOWN))
