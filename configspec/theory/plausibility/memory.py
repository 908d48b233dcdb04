"""Drafting speed against the device's memory: tokens/s times bytes a token, and bytes/s.

Each token of a dense model reads all weights once, so weights * v_d is what memory has to give. It cannot give more
than its bandwidth, and llama.cpp reaches a fifth of it and more (`theory/slowness.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import final

from configspec.theory.evidence import MemorySource
from configspec.theory.flags import Code, flag
from configspec.theory.plausibility.rule import DeviceFigures, Finding
from configspec.theory.plausibility.token_times import LEAST_BYTES
from configspec.theory.slowness import far_below_memory

# Times the memory's speed. A third of a small model may be an input embedding, of which a token reads one row; what a
# simple program reads is less than the memory's peak, by a factor of two on some boards.
MOST: Mapping[MemorySource, float] = {"declared": 1.5, "measured": 3.0}


@final
class FarBelowMemory:
    """Far slower than the memory allows. Where it was measured here, the device was told so at once: not twice."""

    codes: tuple[Code, ...] = ("far_below_memory",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each cell, by its largest K."""
        for cell, subjects in figures.cells.items():
            one, known = subjects[-1].configuration, subjects[-1].configuration.evidence
            told = any(each.code == self.codes[0] for subject in subjects for each in subject.configuration.flags)
            if known.weights_bytes is None or told:
                continue
            found = far_below_memory(
                token_s=one.round_s.value / one.k,
                weights_bytes=known.weights_bytes,
                memory_bytes_per_s=known.memory_bytes_per_s,
            )
            if found is not None:
                yield Finding(flag=found, cells=(cell,))


@final
class AboveMemory:
    """Faster than its weights could be read. Of models that fit into caches nothing is said."""

    codes: tuple[Code, ...] = ("above_memory",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each cell, by its largest K."""
        for cell, subjects in figures.cells.items():
            one, known = subjects[-1].configuration, subjects[-1].configuration.evidence
            weights, memory = known.weights_bytes, known.memory_bytes_per_s
            if weights is None or memory is None or weights < LEAST_BYTES:
                continue
            if weights * one.k / one.round_s.high > MOST[known.memory] * memory:
                reached = weights * one.k / one.round_s.value
                yield Finding(flag=flag("above_memory", reached=reached, memory=memory), cells=(cell,))
