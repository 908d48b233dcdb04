"""What a row holds of each pass over its cell: its rounds, when, and what the board did besides.

`theory/passes.py` says which passes count, and `theory/slowness.py` what is flagged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from configspec.records.bounds import (
    LONGEST_S,
    MOST,
    Figure,
    RoundSeconds,
    Seconds,
    Text,
    Whole,
    check_within,
)
from configspec.records.heat import Heat
from configspec.theory.slowness import ProcessorLoad

NOT_RECORDED = "recorded before configspec kept its passes"
MOST_PASSES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySpeed:
    """How fast the board's memory was read by a simple program, just before the rounds: less than its peak."""

    bytes_per_s: Figure
    threads: Whole
    bytes: Whole  # in all, of which each thread read its share again and again
    passes: Whole
    elapsed_s: Seconds
    method: Text

    def __post_init__(self) -> None:
        check_within(bytes_per_s=(self.bytes_per_s, 1, 1e18))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPass:
    """One pass: the rounds of this K in it. `began` is this host's date; `counted`: it agrees with the fastest."""

    began: Text
    counted: bool
    round_samples_s: tuple[RoundSeconds, ...]
    load: ProcessorLoad | None
    load_reason: Text | None  # what of it, or why all of it, is not known
    memory: MemorySpeed | None
    memory_reason: Text | None
    heat: Heat | None = None

    def __post_init__(self) -> None:
        load = self.load
        if load is not None:
            seconds = ("window_s", "own_s", "others_s", "stolen_s", "waiting_s", "throttled_s")
            check_within(**{name: (getattr(load, name), 0, LONGEST_S) for name in seconds})
            check_within(processors=(load.processors, 1, MOST), throttled_periods=(load.throttled_periods, 0, MOST))


def check_passes(passes: Sequence[RecordedPass] | None, samples_s: Sequence[float]) -> None:
    """ValueError where the samples of the passes that count are not the row's, or a pass has none."""
    if passes is None:
        return
    if len(passes) > MOST_PASSES or not all(one.round_samples_s for one in passes):
        raise ValueError(f"passes: {len(passes)}; at most {MOST_PASSES} can be, and each has samples")
    counted = [sample for one in passes if one.counted for sample in one.round_samples_s]
    alike = len(counted) == len(samples_s) and all(map(math.isclose, counted, samples_s))
    if not alike:
        raise ValueError(f"passes: those that count have {len(counted)} samples, and not those of round_samples_s")
