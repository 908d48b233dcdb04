"""What the tokenizers package raises over a file or a text that it cannot use, as an error for people.

It raises plain Exception; and where its Rust code panics, pyo3's PanicException, which is a BaseException so that no
`except Exception` takes it for less, and which no module exports: it is known by its name
(https://docs.rs/pyo3/latest/pyo3/panic/struct.PanicException.html). What else is no Exception ends a run, and passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from configspec.errors import ConfigspecError, UsageError
from configspec.printable import printable

_SHOWN = 300  # letters of what a library says, which may quote the file


@contextmanager
def told_of(path: Path, what: str) -> Iterator[None]:
    """A UsageError that names the file or folder, `what` cannot be done with it, and the cause in a library's words."""
    try:
        yield
    except (ConfigspecError, MemoryError):
        raise
    except BaseException as problem:
        if not is_fault(problem):
            raise
        raise UsageError(f"{path}: {what}: {first_line(problem)}") from problem


def is_fault(problem: BaseException) -> bool:
    """Whether a library failed: not an interruption, nor the end that pytest or a signal asked for."""
    return isinstance(problem, Exception) or _is_panic(problem)


def first_line(problem: BaseException) -> str:
    """What was raised, in one printable line: its kind too, for some kinds say no more than a key."""
    lines = str(problem).strip().splitlines()
    return printable(f"{type(problem).__name__}: {lines[0]}" if lines else type(problem).__name__, at_most=_SHOWN)


def _is_panic(problem: BaseException) -> bool:
    kind = type(problem)
    return (kind.__module__, kind.__name__) == ("pyo3_runtime", "PanicException")
