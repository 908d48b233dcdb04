"""Speculative lengths K as people write them: `4`, `2..10`, `1,2,4`, `1..3,8`, or a list in `devices.yaml`.

`parse_k("1..3,8")` is (1, 2, 3, 8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from configspec.errors import UsageError
from configspec.theory.ids import MAX_K

FORMS = "Write one number, a range or several: 4, 2..10, 1,2,4 or 1..3,8"
# One form at a time, for the JSON Schema too. No \d: it also matches digits that are not 0 to 9.
PATTERN = r"^ *[0-9]+ *(\.\. *[0-9]+ *)?(, *[0-9]+ *(\.\. *[0-9]+ *)?)*$"


def parse_k(written: str | int | Sequence[int | str], *, where: str = "K") -> tuple[int, ...]:
    """The lengths that `written` names, ascending, each once; `where` (a flag, a key) begins the error's message."""
    try:
        return k_range(written)
    except ValueError as error:
        raise UsageError(f"{where} {error}") from None


def check_held(written: str, held: Iterable[int], *, where: str) -> None:
    """A length that is named by itself is there; a range is whatever of it there is.

    Args:
        written: What `parse_k` takes.
        held: The lengths of the data.
        where: What the message begins with.

    Raises:
        UsageError: One is not there.
    """
    known = sorted(set(held))
    alone = (int(piece) for piece in written.split(",") if ".." not in piece)
    missing = sorted({k for k in alone if k not in known})
    if missing:
        raise UsageError(
            f"{where} names K {_list(missing)}, and no row that is asked for has it. They have K {_list(known)}."
        )


def _list(ks: Iterable[int]) -> str:
    return ", ".join(map(str, ks))


def k_range(written: object) -> tuple[int, ...]:
    """The same, for a validator: a ValueError whose text continues the name of the key or flag."""
    parts = list(written) if isinstance(written, list | tuple) else [written]
    if not parts:
        raise ValueError(f"is empty. {FORMS}.")
    ranges: set[range] = set()  # each once: a text can name the same one a hundred thousand times
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, int | str):
            raise ValueError(f"is {_short(written)}, which is not a speculative length. {FORMS}.")
        for piece in str(part).split(","):
            ranges.add(_range(piece.strip(), written))
    return tuple(sorted({k for lengths in ranges for k in lengths}))


def _range(piece: str, written: object) -> range:
    match = re.fullmatch(r"(-?[0-9]{1,100})(?: *\.\. *(-?[0-9]{1,100}))?", piece)
    if match is None:
        raise ValueError(f"is {_short(written)}, and {_short(piece)} is not a speculative length. {FORMS}.")
    first = int(match[1])
    last = first if match[2] is None else int(match[2])
    if last < first:
        raise ValueError(f"is {_short(written)}, whose range runs backwards. Write {last}..{first}.")
    if first < 1:
        raise ValueError(f"is {_short(written)}, but a round drafts at least 1 token. Begin at 1.")
    if last > MAX_K:
        raise ValueError(f"is {_short(written)}, but configspec measures no K above {MAX_K}. Write a smaller one.")
    return range(first, last + 1)


def _short(written: object) -> str:
    text = repr(written)
    return text if len(text) <= 60 else f"{text[:56]} ..."
