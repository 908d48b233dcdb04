"""What a file of a folder holds: a run, or why there is none. Where many are to be read, several processes do it.

A process takes a quarter of a second to start, and a run of 500 rows 40 ms to read. What travels between processes is
the compact form, without counts and choices.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from configspec.errors import RecordError
from configspec.histories.compact import content
from configspec.histories.run import Run

Kind = Literal["run", "other", "bad"]
MANY = 40  # files, from which on to start processes is worth it


class NotARunError(RecordError):
    """The file is whole, and none of configspec's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One file that is there: its run, or why there is none."""

    path: Path
    run: Run | None
    kind: Kind
    why: str = ""


class Held(NamedTuple):
    """The same for the index: `text` is the run in compact form."""

    kind: Kind
    why: str
    text: bytes | None


def found_in(path: Path, read: Callable[[Path], Run]) -> Found:
    """What a file holds, by reading it; why it is no run is without its name."""
    try:
        return Found(path=path, run=read(path), kind="run")
    except NotARunError as problem:
        return Found(path=path, run=None, kind="other", why=str(problem))
    except RecordError as problem:
        why = str(problem).removeprefix(f"{path}: ").encode("utf-8", "backslashreplace").decode("utf-8")
        return Found(path=path, run=None, kind="bad", why=why)


def held_in(path: Path, read: Callable[[Path], Run]) -> Held:
    """The same for the index."""
    found = found_in(path, read)
    text = None if found.run is None else content(replace(found.run, chosen=()), counts=False)
    return Held(found.kind, found.why, text)


@contextmanager
def reading_ahead(
    paths: Sequence[Path], read: Callable[[Path], Run], processes: int
) -> Iterator[Callable[[Path], Held]]:
    """Within the context, what a file holds; these files are read by several processes, if they are many."""
    here = partial(held_in, read=read)
    if processes < 2 or len(paths) < MANY:
        yield here
        return
    import multiprocessing  # and all that it imports, only where it is used
    from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    with ProcessPoolExecutor(processes, mp_context=context, initializer=gc.disable) as pool:
        ahead: dict[Path, Future[Held]] = {path: pool.submit(held_in, path, read) for path in paths}

        def held(path: Path) -> Held:
            future = ahead.pop(path, None)
            try:
                return here(path) if future is None else future.result()
            except BrokenExecutor:  # a process was killed: what it would have read is read here
                return here(path)

        try:
            yield held
        finally:
            pool.shutdown(cancel_futures=True)
