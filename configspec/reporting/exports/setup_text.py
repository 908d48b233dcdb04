"""A setup as a short text: equal where rows compare, another one where they do not.

What is None or empty has no part in it, so that a field that a later configspec adds, and older rows lack, changes no
text of theirs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import msgspec

from configspec.records.known_setups import PARTS, NamedParts
from configspec.records.setup import DeviceSetup, TargetSetup

DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupText:
    """The text that tells setups apart, and the words for people, which do not hold all of it."""

    digest: str
    words: str


class SetupTexts:
    """The texts of rows; those of one setup are made once."""

    def __init__(self) -> None:
        self._known: dict[NamedParts, SetupText] = {}

    def of(self, parts: NamedParts) -> SetupText:
        """The text of a row whose setup has these parts."""
        found = self._known.get(parts)
        if found is None:
            found = self._known[parts] = SetupText(digest=_digest(parts), words=_words(parts))
        return found


def _digest(parts: NamedParts) -> str:
    said = {PARTS[type(part)]: _said(msgspec.to_builtins(part)) for _, part in parts}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _said(value: object) -> object:
    """The same without keys that say nothing."""
    if not isinstance(value, dict):
        return value
    return {key: _said(inner) for key, inner in value.items() if inner is not None and inner not in ((), [], {})}


def _words(parts: NamedParts) -> str:
    said: list[str] = []
    for _, part in parts:
        if isinstance(part, DeviceSetup):
            said += filter(None, [part.board or part.cpu_model or part.machine or part.profile or part.source])
            said += [f"llama.cpp {part.llama_cpp_version}"] if part.llama_cpp_version else []
            said += [f"{part.threads} threads"] if part.threads else []
        elif isinstance(part, TargetSetup) and part.runtime:
            said.append(f"target by {part.runtime}")
    return "; ".join(said)
