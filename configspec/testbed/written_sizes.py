"""Sizes as people write them: bytes, or a number with its unit, as in `2 GiB` or `500 MB`."""

from __future__ import annotations

import re

PATTERN = r"^([1-9][0-9]{0,8}(\.[0-9]{1,9})?) ?([KMGT]i?|)B$"
MAX_BYTES = 1 << 60  # an exbibyte
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def size_bytes(value: object) -> int:
    """The bytes. A ValueError continues the key's name: "is '2 gigs'. Write ...".

    >>> size_bytes("2 GiB"), size_bytes("1.5MB"), size_bytes(7)
    (2147483648, 1500000, 7)
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return _bounded(value, value)
    match = re.fullmatch(PATTERN, value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"is {value!r:.60}. Write bytes, or a number with its unit, as in 2 GiB or 500 MB.")
    number, unit = float(match[1]), match[3]
    return _bounded(round(number * float(1024 if unit.endswith("i") else 1000) ** _POWERS[unit[:1]]), value)


def _bounded(size: int, written: object) -> int:
    if size > MAX_BYTES:
        raise ValueError(f"is {written!r:.60}, more than any memory or disk has. Write what the device has to have.")
    return size
