"""Commands that read many rows, without the collection of garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """What is read stays to the end and is in no cycle: to look through it for garbage takes as long as to read it.

    Whoever calls gets their garbage collection back.
    """
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()
