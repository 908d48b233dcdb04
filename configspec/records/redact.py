"""Words that must not leave a machine, taken out of what is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

NAMES = frozenset(("name", "fullname", "group", "param", "device", "family", "draft", "quant"))


def redacted(value: object, words: Mapping[str, str]) -> object:
    """`value` without private words, such as {"ci-runner-3": "<host>"}: each is replaced where it is a word of its own.

    Keys stay, and so do names of tests and of what the inventory declares: by them a row is found again, and whoever
    wrote the inventory chose them.
    """
    known = {word.casefold(): shown for word, shown in words.items() if word}
    if not known:
        return value
    longest_first = sorted(known, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    return _walk(value, lambda text: pattern.sub(lambda found: known.get(found[0].casefold(), "<private>"), text))


def _walk(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {
            key: one if key == "params" or (key in NAMES and isinstance(one, str)) else _walk(one, change)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_walk(one, change) for one in value]
    return value
