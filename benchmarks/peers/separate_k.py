"""Whether the first K tokens of longer rounds take as long as rounds of K that are timed on their own.

The suite times rounds of the largest K once and reads every smaller K off their beginnings. Here both are timed in
turns on one model. They agree when the median of the pairs' ratios is 1 within the bound.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from comparison import Line, Pair, compare, enough
from machine import Watch

from configspec.devices.device import Device
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.timing import prefix_durations

MOST_TIMES = 3  # times as many pairs as asked for, before disturbed ones are taken as they are
LARGEST = 10
LENGTHS = (1, 2, 4, 7)
ROUNDS = 60  # a turn; short rounds of a small model need many
WITHIN = 0.05  # as a share; what two turns of the same measurement differ by on a quiet machine
SECONDS = 60.0


def measure(name: str, device: Device, model: Path, context: Sequence[int], *, threads: int, pairs: int) -> list[Line]:
    """One line for each K of `LENGTHS`."""
    device.open_model(model, LlamaCppSpec(threads=threads, context=len(context) + LARGEST))
    device.prefill(context)
    return [_line(f"{name}, K = {k} of {LARGEST}", device, k, pairs) for k in LENGTHS]


def _line(name: str, device: Device, k: int, pairs: int) -> Line:
    taken: list[Pair] = []
    while not enough(taken, least=pairs, most=pairs * MOST_TIMES):
        taken.append(_pair(device, k, shared_first=len(taken) % 2 == 1))
    both = compare(name, "us", taken, least=pairs, at_least=1 - WITHIN)
    return Line(
        name=name,
        unit="us",
        peer=both.peer,
        ours=both.ours,
        judged=abs(both.judged - 1) * 100,
        judged_unit="% apart",
        low=(both.low - 1) * 100,
        high=(both.high - 1) * 100,
        n=both.n,
        bound=WITHIN * 100,
        better="lower",
        notes=both.notes,
    )


def _pair(device: Device, k: int, *, shared_first: bool) -> Pair:
    figures: dict[int, float] = {}
    watch = Watch()
    for timed_k in (LARGEST, k) if shared_first else (k, LARGEST):
        timed = device.timed_rounds(timed_k, rounds=ROUNDS, warmup=5, seconds=SECONDS)
        figures[timed_k] = statistics.median(prefix_durations(timed.stamps_s, k)) * 1e6
    return Pair(peer=figures[k], ours=figures[LARGEST], waited=watch.waited())
