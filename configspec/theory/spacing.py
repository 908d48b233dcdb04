"""Which of many to take where a few will do."""

from __future__ import annotations


def evenly(total: int, count: int | None = None) -> list[int]:
    """`count` places of `total`, evenly spaced; all of them where `count` is None or not below `total`.

    Neighbours in a prompt set are of one kind, so the first few would not be like the whole.
    """
    if count is None or count >= total:
        return list(range(total))
    return [place * total // count for place in range(count)]
