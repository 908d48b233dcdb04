"""Damage for every reader: each field replaced, files cut and flipped, texts that attack whoever shows them.

All of it is made from fixed seeds, so a failure comes back. What must hold for each input, whatever the reader:
no traceback, no hang, no silent change of a figure, no row less without a word, no escape sequence.
"""

from __future__ import annotations

import copy
import random
import re
import unicodedata
from collections.abc import Iterator, Sequence

HOSTILE_TEXTS = (
    "",
    " ",
    "\x00",
    "\x1b[31mRED\x1b[0m",
    "\x1b]0;title\x07",
    "a\u202eb\u2066c",
    "line\nforged line",
    "cr\rover",
    "\u2028\u2029\u0085",
    "<img src=x onerror=alert(1)>",
    "| cell | `code` [link](javascript:alert(1))",
    "::error::forged",
    "../../etc/passwd",
    "-rf",
    "$(touch never)",
    "\ud800",
    "x" * 100_000,
)
EXTREME_VALUES: tuple[object, ...] = (
    None,
    True,
    False,
    -1,
    0,
    3,
    0.5,
    -0.0,
    1e308,
    -1e308,
    1e-308,
    float("nan"),
    float("inf"),
    float("-inf"),
    2**31,
    2**32 + 1,
    2**63,
    10**400,
    [],
    {},
    [[]],
    {"": None},
    [1e308] * 3,
    *HOSTILE_TEXTS,
)
# What every writer of JSON writes alike.
FINITE_VALUES = tuple(one for one in EXTREME_VALUES if not isinstance(one, int | float) or abs(one) < 1e300)
FORBIDDEN_SIGNS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
Key = str | int


def fields(value: object, at: tuple[Key, ...] = ()) -> Iterator[tuple[Key, ...]]:
    """The way to every value of a JSON document, the outer ones first; of a list, to its first entry only."""
    if at:
        yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from fields(inner, (*at, key))
    elif isinstance(value, list) and value:
        yield from fields(value[0], (*at, 0))


def replaced(document: object, at: Sequence[Key], value: object) -> object:
    """A copy of the document with another value at one place."""
    changed = copy.deepcopy(document)
    inner = _inside(changed, at)
    inner[at[-1]] = value
    return changed


def without(document: object, at: Sequence[Key]) -> object:
    """A copy of the document that lacks what is at one place."""
    changed = copy.deepcopy(document)
    del _inside(changed, at)[at[-1]]
    return changed


def one_field_at_a_time(document: object, *, seed: int, at_most: int) -> Iterator[tuple[str, object]]:
    """Copies of the document with one field left out or made extreme, each with its name; a fixed choice of them."""
    changes: list[tuple[tuple[Key, ...], int | None]] = [
        (at, index) for at in fields(document) for index in (None, *range(len(EXTREME_VALUES)))
    ]
    chosen = changes if len(changes) <= at_most else random.Random(seed).sample(changes, at_most)
    for at, index in chosen:
        name = ".".join(map(str, at))
        if index is None:
            yield f"without {name}", without(document, at)
        else:
            yield f"{name} = {EXTREME_VALUES[index]!r:.60}", replaced(document, at, EXTREME_VALUES[index])


def two_fields_at_a_time(document: object, *, seed: int, count: int) -> Iterator[tuple[str, object]]:
    """Copies of a list of entries with two faults: fields that have changed places, are written otherwise, or extreme.

    What one fault alone would show, the other may hide.
    """
    luck = random.Random(seed)
    for _ in range(count):
        changed, names = copy.deepcopy(document), []
        for _ in range(2):
            name, changed = _one_fault(changed, luck)
            names.append(name)
        yield " and ".join(names), changed


def _one_fault(document: object, luck: random.Random) -> tuple[str, object]:
    every = [at for place in range(len(document)) for at in fields(document[place], (place,))]  # type: ignore[arg-type,index]
    at = luck.choice([way for way in every if len(way) > 1])
    name, value = ".".join(map(str, at)), _inside(document, at)[at[-1]]
    match luck.randrange(4):
        case 0:
            other = luck.choice([way for way in every if way[-1] == at[-1] and len(way) > 1])
            theirs = _inside(document, other)[other[-1]]
            swapped = replaced(document, at, copy.deepcopy(theirs))
            # A field that holds the other is gone by now.
            nested = at == other[: len(at)] or other == at[: len(other)]
            return f"{name} for {'.'.join(map(str, other))}", swapped if nested else replaced(swapped, other, value)
        case 1:
            return f"{name} written otherwise", replaced(document, at, _written_otherwise(value))
        case 2:
            return f"without {name}", without(document, at)
        case _:
            extreme = luck.choice(FINITE_VALUES)
            return f"{name} = {extreme!r:.60}", replaced(document, at, extreme)


def _written_otherwise(value: object) -> object:
    """The same to a person: 3 as 3.0, true as 1, a letter in two parts."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return float(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        return unicodedata.normalize("NFD", value)
    return [value]


def damaged_bytes(content: bytes, *, seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Copies that are cut short, hold a hole of zeros, flipped bits or a doubled piece, in turn; each with its name."""
    luck = random.Random(seed)
    for turn in range(count):
        place, length = luck.randrange(len(content) + 1), luck.randrange(1, 64)
        match turn % 4:
            case 0:
                yield f"cut at {place}", content[:place]
            case 1:
                yield f"{length} zeros at {place}", content[:place] + bytes(length) + content[place + length :]
            case 2:
                yield f"bits flipped from {place}", _flipped(content, luck)
            case _:
                yield f"{length} bytes twice at {place}", content[: place + length] + content[place:]


def civil(code: int, output: str, *, codes: Sequence[int] = (0, 2, 3)) -> None:
    """What a command printed is meant for people: a known exit code, no traceback and no sign that moves a terminal."""
    assert code in codes, (code, output)
    assert "Traceback (most recent call last)" not in output, output
    found = FORBIDDEN_SIGNS.search(output)
    assert found is None, (found, output)


def _inside(document: object, at: Sequence[Key]) -> dict[Key, object]:  # or a list, which takes its keys as well
    for key in at[:-1]:
        document = document[key]  # type: ignore[index]
    return document  # type: ignore[return-value]


def _flipped(content: bytes, luck: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(luck.randrange(1, 9)):
        if changed:
            changed[luck.randrange(len(changed))] ^= 1 << luck.randrange(8)
    return bytes(changed)
