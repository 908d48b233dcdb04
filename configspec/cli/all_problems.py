"""Several problems of one command, reported at its end."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.errors import ConfigspecError, TestbedError, UsageError


def raise_all(problems: Sequence[ConfigspecError]) -> None:
    """Raise them as one, each text once; nothing where there is none."""
    if problems:
        kind = TestbedError if any(isinstance(one, TestbedError) for one in problems) else UsageError
        raise kind("\n".join(dict.fromkeys(map(str, problems))))
