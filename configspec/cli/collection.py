"""Commands that read many rows, without the collection of garbage, and without handing memory back and forth."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

KEPT_BYTES = 16 << 20


@contextmanager
def without_collection() -> Iterator[None]:
    """What is read stays to the end and is in no cycle: to look through it for garbage takes as long as to read it.

    Whoever calls gets their garbage collection back.
    """
    collected = gc.isenabled()
    gc.disable()
    _keep_memory()
    try:
        yield
    finally:
        if collected:
            _count_anew()
            gc.enable()


def _count_anew() -> None:
    """Have what is still held counted as old: else the next object begins a look through all of it."""
    if not gc.get_freeze_count():  # what somebody else has frozen stays so
        gc.freeze()
        gc.unfreeze()


def _keep_memory() -> None:
    """Have the allocator keep what is freed for what is asked for next: draws take 0.3 MB, some hundred times.

    The GNU C library maps a block of more than 128 kB by itself, and unmaps it where it is freed, until it has seen a
    larger one freed; each page is then faulted in again. So it is shown one. Elsewhere this does nothing.
    https://man7.org/linux/man-pages/man3/mallopt.3.html, M_MMAP_THRESHOLD
    """
    bytes(KEPT_BYTES)  # zeroed by the system when a page is touched, and none is
