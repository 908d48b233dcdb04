"""Several problems of one command, reported at its end."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.errors import ConfigspecError, TestbedError, UsageError


def raise_all(problems: Sequence[ConfigspecError]) -> None:
    """Raise them as one, each line once; nothing where there is none."""
    if problems:
        kind = TestbedError if any(isinstance(one, TestbedError) for one in problems) else UsageError
        raise kind(*dict.fromkeys(line for one in problems for line in one.lines))
