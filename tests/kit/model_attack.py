"""Attacks on the readers of model files: an answer at once, or one error that names the place."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from damage import civil

from configspec.errors import UsageError

SECONDS = 20  # for one input; they take milliseconds
NO_FILES = ("FIFO", "folder", "device", "loop")
HUGE = (2**31, 2**60, 2**63, 2**64 - 1)


@contextmanager
def at_once() -> Iterator[None]:
    """What takes longer is a hang."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no answer after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def is_taken(read: Callable[[], object], damaged: Path) -> bool:
    """Whether a reader takes what is there; where it does not, its error is of the right kind and names the place."""
    try:
        with at_once():
            read()
    except UsageError as problem:
        said = str(problem)
    else:
        return True
    civil(2, said)
    assert str(damaged) in said or str(damaged.parent) in said, said
    assert len(said) < 2000, said[:2000]
    return False


def put(kind: str, path: Path) -> None:
    """Something in the place of a file that is none."""
    path.unlink(missing_ok=True)
    match kind:
        case "FIFO":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "device":
            path.symlink_to("/dev/zero")
        case "loop":
            path.symlink_to(path)
