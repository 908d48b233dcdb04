"""How long a token of a cell takes, and how much memory it reads for it.

    t       seconds a token, of the largest K: what a round costs besides weighs least there
    s       what a token reads: the draft's bytes where they are known, else the bits a weight of its quantisation
    s / t   how fast that is read, in bytes/s; without bytes it compares between quantisations of one draft alone

Of a small model a token costs more than its weights: `OVERHEAD_S` of each is never held against a cell.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from configspec.theory.ids import Cell
from configspec.theory.plausibility.rule import DeviceFigures, Subject
from configspec.theory.slowness import OVERHEAD_S

# Bits a weight of llama.cpp's quantisations: its mixtures as `tools/quantize/README.md` lists them for Llama 2 7B, the
# others by the layout of their blocks (`ggml-common.h`). Codebooks (IQ) are left out: to look a weight up takes longer
# than to read it, so of them speed says little about bytes.
BITS = {
    **{"Q2_K": 3.35, "Q3_K_S": 3.50, "Q3_K_M": 3.91, "Q3_K_L": 4.27, "Q4_K_S": 4.58, "Q4_K_M": 4.84},
    **{"Q5_K_S": 5.52, "Q5_K_M": 5.68, "Q6_K": 6.56},
    **{"Q4_0": 4.5, "Q4_1": 5.0, "Q5_0": 5.5, "Q5_1": 6.0, "Q8_0": 8.5, "F16": 16.0, "BF16": 16.0, "F32": 32.0},
}
# A model that fits into caches is read faster than memory: the largest cache of an edge board has some 100 MB.
LEAST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTime:
    """One cell; `low_s` to `high_s` bounds its time a token. `pool`: cells of one pool read alike, so they compare."""

    cell: Cell
    value_s: float
    low_s: float
    high_s: float
    size: float
    pool: Hashable

    @property
    def least_rate(self) -> float:
        """How fast it reads at least, were all of its time for its weights."""
        return self.size / self.high_s

    @property
    def most_rate(self) -> float:
        """How fast it reads at most, with nothing held against it that its weights are not to blame for."""
        return self.size / (self.low_s - OVERHEAD_S) if self.low_s > OVERHEAD_S else math.inf


def token_times(figures: DeviceFigures) -> list[TokenTime]:
    """Every cell of the device of which it is known, near enough, how much a token reads."""
    return [found for cell, subjects in figures.cells.items() if (found := _of_cell(cell, subjects)) is not None]


def of_one_draft(times: Sequence[TokenTime]) -> list[list[TokenTime]]:
    """Those of one draft opened alike, whatever its quantisation; fewer bits come first."""
    found: dict[Hashable, list[TokenTime]] = {}
    for one in times:
        if one.cell.drafter.quant in BITS:
            found.setdefault(_draft(one.cell), []).append(one)
    return [sorted(ones, key=lambda one: BITS[one.cell.drafter.quant]) for ones in found.values()]


def _of_cell(cell: Cell, subjects: Sequence[Subject]) -> TokenTime | None:
    largest = subjects[-1].configuration
    weights, bits = largest.evidence.weights_bytes, BITS.get(cell.drafter.quant)
    size = weights if weights is not None else bits
    if size is None or (weights is not None and weights < LEAST_BYTES):
        return None
    k, round_s = largest.k, largest.round_s
    return TokenTime(
        cell=cell,
        value_s=round_s.value / k,
        low_s=round_s.low / k,
        high_s=round_s.high / k,
        size=float(size),
        pool=cell.settings if weights is not None else _draft(cell),
    )


def _draft(cell: Cell) -> Hashable:
    return cell.family, cell.drafter.draft, cell.drafter.algorithm, cell.settings
