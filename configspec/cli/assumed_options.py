"""The options that say what is assumed of the serving: one place for all commands that ask recorded rows."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.theory.serving import keywords
from configspec.theory.serving.assumptions import LEAST_VERIFY_S, MOST_SAMPLES, MOST_VERIFY_S, Serving
from configspec.theory.serving.keywords import (
    LINK,
    OF_LINK,
    OF_PRICE,
    PRICES,
    QUANTITIES,
    REQUEST,
    SAMPLES,
    VERIFICATION,
    WORDS,
    Quantity,
    Word,
    assumed_of,
)
from configspec.untrusted import read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from configspec.theory.serving.assumed import Assumed

MOST_FILE_BYTES = 1 << 20


def add_assumed(command: argparse.ArgumentParser) -> None:
    """Options for verification, link and price, and what energy counts."""
    group = command.add_argument_group(
        "serving assumptions", "replace the recorded ones; docs/serving.md has each formula and its source"
    )
    _add(group, VERIFICATION)
    group.add_argument(
        _option(SAMPLES), type=Path, metavar="FILE", help="seconds of rounds, one per line: their mean counts"
    )
    _add(group, LINK)
    _add_words(group, OF_LINK)
    _add(group, PRICES)
    _add(group, REQUEST)
    _add_words(group, OF_PRICE)


def read_assumed(asked: argparse.Namespace) -> Assumed:
    """What the options say.

    Raises:
        UsageError: A value cannot be, two options exclude each other, or the file of samples cannot be read.
    """
    said: dict[str, Any] = {one.keyword: _figure(asked, one) for one in QUANTITIES}
    said.update({one.keyword: getattr(asked, one.keyword) for one in WORDS})
    path: Path | None = getattr(asked, SAMPLES)
    return assumed_of({**said, SAMPLES: None if path is None else read_samples(path)}, _option)


def check_assumed(assumed: Assumed, recorded: Iterable[Serving]) -> None:
    """UsageError where what is assumed cannot hold over what some row was recorded with."""
    keywords.check_assumed(assumed, recorded, _option)


def read_samples(path: Path) -> tuple[float, ...]:
    """Seconds, one a line; empty lines are skipped.

    Raises:
        UsageError: It cannot be read, or a line is no time.
    """
    try:
        lines = read_bounded(path, at_most_bytes=MOST_FILE_BYTES).decode("utf-8").splitlines()
    except OSError as problem:
        raise UsageError(f"--verify-samples: {printable(str(path))} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"--verify-samples: {printable(str(path))} is not text.") from None
    samples = [_sample(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not 1 <= len(samples) <= MOST_SAMPLES:
        raise UsageError(
            f"--verify-samples: {printable(str(path))} has {len(samples)} lines; 1 to {MOST_SAMPLES} can be."
        )
    return tuple(samples)


def _sample(path: Path, number: int, line: str) -> float:
    value = _parsed(line)
    if value is None or not LEAST_VERIFY_S <= value <= MOST_VERIFY_S:
        shown = printable(line.strip(), at_most=40)
        where = f"{printable(str(path))}, line {number}"
        raise UsageError(
            f"--verify-samples: {where} is {shown!r}; it takes seconds, {LEAST_VERIFY_S:g} to {MOST_VERIFY_S:g}."
        )
    return value


def _option(keyword: str) -> str:
    return f"--{keyword.replace('_', '-')}"


def _add(group: argparse._ArgumentGroup, quantities: Sequence[Quantity]) -> None:
    for one in quantities:
        group.add_argument(one.option, metavar=one.unit, help=one.words)


def _add_words(group: argparse._ArgumentGroup, words: Sequence[Word]) -> None:
    for one in words:
        group.add_argument(one.option, choices=one.known, help=one.words)


def _figure(asked: argparse.Namespace, one: Quantity) -> float | None:
    written = getattr(asked, one.keyword)
    if written is None:
        return None
    value = _parsed(written)
    if value is None or not one.least <= value <= one.most or (one.whole and not value.is_integer()):
        kind = "a whole number" if one.whole else "a number"
        shown = printable(written, at_most=40)
        raise UsageError(f"{one.option} is {shown}; it takes {kind}, {one.least:g} to {one.most:g}.")
    return value


def _parsed(written: str) -> float | None:
    try:
        value = float(written)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
