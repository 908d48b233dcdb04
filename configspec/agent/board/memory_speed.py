"""How fast this board's memory can be read: what drafting is held against, since each token reads all weights once.

Each thread sums an array of its own, larger than its share of usual caches, with numpy, which lets the others run
meanwhile. The best pass over all arrays counts. That is what a simple program reaches, and less than the memory's
peak: a processor whose cores are slow at adding shows their speed. A draft that reaches a tenth of it is held up.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..protocol import Deadline, JsonObject, usage_error

Array = Any  # numpy comes with llama-cpp-python, and is imported where that is
METHOD = "sums of float64, an array a thread, by numpy; the best pass"
ARRAY_BYTES = 32 << 20  # of one thread
LEAST_BYTES = 4 << 20
ALL_BYTES = 256 << 20  # of all threads
SHARE = 8  # of the free memory, at most the eighth part is taken


def array_bytes(threads: int, available_bytes: int | None) -> int:
    """How large the array of each thread is, a whole number of MiB; 0 where too little memory is free."""
    room = ALL_BYTES if available_bytes is None else min(ALL_BYTES, available_bytes // SHARE)
    each = min(ARRAY_BYTES, room // threads) >> 20 << 20
    return each if each >= LEAST_BYTES else 0


def memory_speed(
    numpy: Any, threads: int, seconds: float, available_bytes: int | None, deadline: Deadline
) -> JsonObject:
    """Read for `seconds`, with `threads`; one pass is always made."""
    each = array_bytes(threads, available_bytes)
    if not each:
        raise usage_error("too little memory is free to read it", found=f"{available_bytes} bytes")
    arrays = [numpy.ones(each // 8) for _ in range(threads)]
    begin_s = time.monotonic()
    passes: list[float] = []
    with ThreadPoolExecutor(threads) as pool:
        while not passes or time.monotonic() < begin_s + seconds:
            deadline.check("reading memory")
            pass_s = time.monotonic()
            list(pool.map(_read, arrays))
            passes.append(time.monotonic() - pass_s)
    return {
        "bytes_per_s": threads * each / max(min(passes), 1e-9),
        "threads": threads,
        "bytes": threads * each,
        "passes": len(passes),
        "elapsed_s": time.monotonic() - begin_s,
        "method": METHOD,
    }


def _read(array: Array) -> float:
    return float(array.sum())
