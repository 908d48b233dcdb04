"""Quantisations and drafts of one device held against each other: who reads less should not take longer."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations
from statistics import median
from typing import final

from configspec.theory.flags import Code, flag
from configspec.theory.plausibility.rule import DeviceFigures, Finding
from configspec.theory.plausibility.token_times import BITS, TokenTime, of_one_draft, token_times
from configspec.theory.slowness import OVERHEAD_S

# Times as long. Kernels differ by some per cent, and a processor may be slow at one: worth knowing where it is more.
# Labels that were changed over differ by their bits: 1.36 (Q6_K and Q4_K_M), 1.76 (Q8_0 and Q4_K_M).
SLOWER = 1.25
# Times as fast. llama.cpp reaches half of the memory's speed and more, of a quantisation that the processor is slow at
# a fifth (`theory/slowness.py`): up to 3.5 between the cells of a sound device.
APART = 4.0


@final
class QuantsOutOfOrder:
    """A quantisation takes longer for a token than one of the same draft with more bits."""

    codes: tuple[Code, ...] = ("quants_out_of_order",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each pair."""
        for ones in of_one_draft(token_times(figures)):
            for less, more in combinations(ones, 2):
                if BITS[less.cell.drafter.quant] == BITS[more.cell.drafter.quant]:
                    continue
                if less.low_s - OVERHEAD_S > SLOWER * more.high_s:
                    yield Finding(
                        flag=flag(
                            "quants_out_of_order",
                            fewer=less.cell.drafter.quant,
                            more=more.cell.drafter.quant,
                            times=less.value_s / more.value_s,
                        ),
                        cells=(less.cell, more.cell),
                    )


@final
class BandwidthApart:
    """A cell reads its weights far slower, or far faster, than the others of its device do."""

    codes: tuple[Code, ...] = ("bandwidth_apart",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each cell that stands apart. Of two, nobody knows which is wrong: one finding is of both."""
        pools: dict[Hashable, list[TokenTime]] = {}
        for one in token_times(figures):
            pools.setdefault(one.pool, []).append(one)
        for pool in pools.values():
            if len(pool) == 2:
                yield from _of_two(pool)
            elif len(pool) > 2:
                yield from _of_many(pool)


def _of_two(pool: Sequence[TokenTime]) -> Iterator[Finding]:
    for one, other in (pool, pool[::-1]):
        if one.most_rate * APART < other.least_rate:
            times = (one.size / one.value_s) / (other.size / other.value_s)
            yield Finding(flag=flag("bandwidth_apart", times=times, others=1), cells=(one.cell, other.cell))


def _of_many(pool: Sequence[TokenTime]) -> Iterator[Finding]:
    """Against the median, which a single wrong cell among many does not move far; it may stand in it itself."""
    least, most = median(one.least_rate for one in pool), median(one.most_rate for one in pool)
    usual = median(one.size / one.value_s for one in pool)
    for one in pool:
        if one.most_rate * APART < least or one.least_rate > most * APART:
            times = one.size / one.value_s / usual
            yield Finding(flag=flag("bandwidth_apart", times=times, others=len(pool) - 1), cells=(one.cell,))
