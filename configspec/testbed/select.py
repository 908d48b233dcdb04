"""Choose by name, tag or glob what a run is about: `--device gpu`, `--draft 'tiny*'`.

Globs are those of `fnmatch`, upper and lower case apart. A pattern that matches nothing is an error with the known
names, never an empty run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from configspec.errors import LISTED, UsageError, did_you_mean
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.inventory import Inventory


def select_devices(inventory: Inventory, patterns: Sequence[str]) -> tuple[DeviceSpec, ...]:
    """The devices whose name or a tag matches one of the patterns, in the inventory's order.

    Without patterns none: a device that nobody asked for is left alone.

    Raises:
        UsageError: A pattern matches no name and no tag.
    """
    names = {device.name: (device.name, *device.tags) for device in inventory.devices.values()}
    chosen = _matching("device", names, patterns, where=inventory.path.name)
    return tuple(inventory.devices[name] for name in chosen)


def select_names(kind: str, known: Iterable[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """The known names (of families, drafts, quantisations: `kind` in the singular) that match one of the patterns.

    In the order of `known`, each once. Without patterns all: an unset filter filters nothing.

    Raises:
        UsageError: A pattern matches no name.
    """
    names = {name: (name,) for name in known}
    return tuple(_matching(kind, names, patterns) if patterns else names)


def _matching(
    kind: str, names: Mapping[str, tuple[str, ...]], patterns: Sequence[str], *, where: str = ""
) -> list[str]:
    """The keys of `names` that one of the patterns calls, by any of the words beside them."""
    unmatched = [
        pattern
        for pattern in dict.fromkeys(patterns)
        if not any(fnmatchcase(word, pattern) for words in names.values() for word in words)
    ]
    if unmatched:
        raise UsageError(*(_no_match(kind, pattern, names, where) for pattern in unmatched))
    return [name for name, words in names.items() if any(fnmatchcase(w, p) for w in words for p in patterns)]


def _no_match(kind: str, pattern: str, names: Mapping[str, tuple[str, ...]], where: str) -> str:
    tags = list(dict.fromkeys(word for words in names.values() for word in words if word not in names))
    place = f"{where}: " if where else ""
    more = f" and {len(tags) - LISTED} more" if len(tags) > LISTED else ""
    which = f" Of these, tags: {', '.join(tags[:LISTED])}{more}." if tags else ""
    return f"{place}no {kind} matches {pattern!r}. {did_you_mean(pattern, [*names, *tags])}{which}"
