"""How a reply is read: strictly. One of another shape, with a value that cannot be, or with a field more, is an error.

What it must have in common with its request, `agreement.py` checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from configspec.devices.fact_bounds import check_facts
from configspec.printable import printable

T = TypeVar("T")
REASON_LETTERS = 400  # of what is wrong in a reply


def read_reply(kind: type[T], value: object) -> T:
    """A reply of that kind out of JSON.

    Raises:
        msgspec.ValidationError: It cannot be: says where, what was expected and what was found.
    """
    known: Mapping[str, object] = getattr(kind, "__dataclass_fields__", {})
    if isinstance(value, dict) and not value.keys() <= known.keys():
        raise msgspec.ValidationError(f"Unknown field {min(value.keys() - known.keys())!r:.80}")
    check_facts(kind, value)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as problem:  # it repeats a word that is none of those that can be
        raise msgspec.ValidationError(printable(str(problem), at_most=REASON_LETTERS)) from None
    except OverflowError:  # an integer that no float can hold
        raise msgspec.ValidationError("A number is out of range") from None
