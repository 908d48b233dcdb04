"""JSON that every reader accepts: plain and finite values. Python's own writer puts bare NaN into it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import msgspec

from configspec.untrusted import parse_json


def dumps(value: object) -> str:
    """`value` as one line of JSON, made plain where it is not."""
    try:
        return msgspec.json.encode(value).decode("utf-8")  # several times as fast as json; what is not finite is null
    except (TypeError, ValueError, OverflowError):
        return json.dumps(plain(value), allow_nan=False)


def loads(text: str | bytes) -> object:
    """The value of a JSON text, also of one with Python's NaN in it.

    Raises:
        NotJson: It is not JSON, or none that can be held.
    """
    try:
        found: object = msgspec.json.decode(text)  # several times as fast; what it refuses, the parser has words for
        return found
    except (ValueError, RecursionError):  # msgspec's own error is a ValueError
        return parse_json(text, constants=True, surrogates=True)


def canonical(value: object) -> bytes:
    """The one JSON text of a value, whatever the order of its keys: what content hashes are of."""
    return json.dumps(value, allow_nan=False, sort_keys=True, separators=(",", ":")).encode("ascii")


def plain(value: object) -> object:
    """What is not finite is None; what JSON cannot hold becomes text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return str(value)
