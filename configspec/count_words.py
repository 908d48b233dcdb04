"""How many of something, in words for people."""

from __future__ import annotations


def count_words(count: int, one: str, several: str = "") -> str:
    """How many of something; `several` is its plural, where that is not made by an s.

    >>> count_words(1, "row"), count_words(12, "row"), count_words(2, "more pass", "more passes")
    ('1 row', '12 rows', '2 more passes')
    """
    return f"{count} {one if count == 1 else several or f'{one}s'}"
