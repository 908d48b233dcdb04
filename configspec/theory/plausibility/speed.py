"""Drafting speed of one cell: its passes, and its K held against each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import final

from configspec.theory.flags import Code, flag
from configspec.theory.passes import APART, counting
from configspec.theory.plausibility.rule import DeviceFigures, Finding

SHORTER = 0.05  # of the time of a round: rounds of two K are timed at moments apart
# Times as long a token in the longer rounds. Each token reads a little more context, which is no such share of a model.
SLOWER = 1.5


@final
class PassesDisagree:
    """Passes over a cell differ beyond their noise. Where it was measured here, it was told at once: not twice."""

    codes: tuple[Code, ...] = ("passes_disagree",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each cell, by its largest K."""
        for cell, subjects in figures.cells.items():
            one = subjects[-1].configuration
            medians = [median(samples) for samples in one.pass_samples_s]
            if len(medians) < 2 or max(medians) <= min(medians) * (1 + APART):
                continue
            told = any(each.code == self.codes[0] for subject in subjects for each in subject.configuration.flags)
            counted = counting(one.pass_samples_s)
            if not told and not all(counted):
                yield Finding(
                    flag=flag(
                        "passes_disagree",
                        passes=len(medians),
                        counted=sum(counted),
                        fastest=min(medians),
                        slowest=max(medians),
                    ),
                    cells=(cell,),
                )


@final
class SpeedOverK:
    """Two K of a cell cannot be of one speed: longer rounds take less time, or far longer a token."""

    codes: tuple[Code, ...] = ("speed_over_k",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each pair of neighbouring K."""
        for cell, subjects in figures.cells.items():
            for one, longer in pairwise(subjects):
                short_s, long_s = one.configuration.round_s, longer.configuration.round_s
                shrinks = long_s.high < short_s.low and long_s.value < short_s.value * (1 - SHORTER)
                slows = long_s.low / longer.k > SLOWER * short_s.high / one.k
                if shrinks or slows:
                    found = flag("speed_over_k", k=one.k, longer=longer.k, round=short_s.value, then=long_s.value)
                    yield Finding(flag=found, cells=(cell,), ks=(one.k, longer.k))
