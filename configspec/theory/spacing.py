"""Which of many to take where a few will do."""

from __future__ import annotations


def evenly(total: int, count: int | None = None) -> list[int]:
    """`count` places of `total`, evenly spaced; all of them where `count` is None or not below `total`.

    Neighbours in a prompt set are of one kind, so the first few would not be like the whole.
    """
    if count is None or count >= total:
        return list(range(total))
    return [place * total // count for place in range(count)]


def spread(total: int) -> list[int]:
    """All places of `total` in an order of which every beginning is spread over them.

    By the bits of the place, the last one first (van der Corput): each next one halves a gap.

    >>> spread(8)
    [0, 4, 2, 6, 1, 5, 3, 7]
    """
    bits = max(total - 1, 0).bit_length()
    return sorted(range(total), key=lambda place: int(f"{place:0{bits}b}"[::-1], 2) if bits else 0)
