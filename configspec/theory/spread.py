"""A few of many, evenly taken."""

from __future__ import annotations


def evenly(total: int, count: int) -> list[int]:
    """`count` places of `total`, evenly spaced, since neighbours in a prompt set are of one kind; at most all."""
    count = min(count, total)
    return [place * total // count for place in range(count)]
