"""Acceptance over K: laws that counts over one text obey, whatever the text, and one habit.

    alpha          at most 1
    K * alpha(K)   tokens accepted a round; never falls when K grows: longer rounds never need more rounds for a text
    y(K+1)         at most 2 y(K), with y = K alpha + 1: a round of K + 1 is covered by two of K

The habit: alpha rarely rises with K, since a later token is accepted only after the earlier ones. Text can break it;
figures of two sources under one name break it more often.

Of counts over one text the laws hold exactly: its rounds are compared. Of other figures bounds are compared, not
values, so noise is not told. Where nobody bounds a rate (0 to 1), its value counts with a fifth to either side.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import final

from configspec.theory.figures import Estimate
from configspec.theory.flags import Code, flag
from configspec.theory.plausibility.rule import DeviceFigures, Finding, Subject

LITTLE = 30  # tokens drafted: a rate of one half is then unsure by 0.18 at 95 %, were tokens independent
UNBOUNDED = 0.2  # of the value, to either side, where nobody says how sure it is
SLACK = 0.01  # of what a round yields: the last round of a text is counted as a full one
RISES = 0.05  # of the rate
ROUNDING = 1e-9
MOST_DOUBLINGS = 60  # beyond it nothing is told: 2^60 tokens


@final
class AcceptanceAboveOne:
    """More is accepted than was drafted. Readers of files refuse it; whoever makes a profile in memory may not."""

    codes: tuple[Code, ...] = ("acceptance_above_one",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each configuration."""
        for cell, subjects in figures.cells.items():
            for one in subjects:
                rate = one.configuration.acceptance.rate.value
                if rate > 1 + ROUNDING:
                    yield Finding(flag=flag("acceptance_above_one", rate=rate), cells=(cell,), ks=(one.k,))


@final
class LittleDrafted:
    """A rate of almost nothing drafted. Where too few prompts were told of already, it says no more."""

    codes: tuple[Code, ...] = ("little_drafted",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """One finding for a cell, of the K that drafted the least; of all K of which it holds."""
        for cell, subjects in figures.cells.items():
            few = {one.k: drafted for one in subjects if (drafted := _drafted(one)) is not None and drafted < LITTLE}
            if few:
                found = flag("little_drafted", drafted=min(few.values()), needed=LITTLE)
                yield Finding(flag=found, cells=(cell,), ks=tuple(few))


@final
class AcceptedFalls:
    """Longer rounds have fewer tokens accepted each, which no text does."""

    codes: tuple[Code, ...] = ("accepted_falls",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each pair of neighbouring K."""
        for one, longer in _neighbours(figures):
            if _one_text(one, longer):
                # More rounds with more accepted in each are of a longer text: not what this rule is about.
                falls = _accepted(longer) < _accepted(one) and _rounds(longer) > _rounds(one) * (1 + ROUNDING)
            else:
                falls = longer.k * _bounds(longer)[1] < one.k * _bounds(one)[0]
            if falls:
                yield _pair("accepted_falls", one, longer, accepted=_accepted(one), then=_accepted(longer))


@final
class AcceptedJumps:
    """Longer rounds yield more than twice as many tokens for each step of K."""

    codes: tuple[Code, ...] = ("accepted_jumps",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each pair of neighbouring K."""
        for one, longer in _neighbours(figures):
            times = 2.0 ** min(longer.k - one.k, MOST_DOUBLINGS)
            if _one_text(one, longer):
                more = 1 + _accepted(longer) > times * (1 + _accepted(one))
                jumps = more and _rounds(one) > times * _rounds(longer) * (1 + ROUNDING)
            else:
                most = (1 + one.k * _bounds(one)[1]) * times * (1 + SLACK)
                jumps = 1 + longer.k * _bounds(longer)[0] > most
            if jumps:
                yield _pair("accepted_jumps", one, longer, accepted=_accepted(one), then=_accepted(longer))


@final
class AcceptanceRises:
    """The acceptance rate rises with K, by more than its doubt. Where both are of one text, the text does it."""

    codes: tuple[Code, ...] = ("acceptance_rises",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each pair of neighbouring K."""
        for one, longer in _neighbours(figures):
            if _bounds(longer)[0] > _bounds(one)[1] * (1 + RISES) and not _one_text(one, longer):
                yield _pair("acceptance_rises", one, longer, rate=_rate(one).value, then=_rate(longer).value)


def _neighbours(figures: DeviceFigures) -> Iterator[tuple[Subject, Subject]]:
    for subjects in figures.cells.values():
        yield from pairwise(subjects)


def _pair(code: Code, one: Subject, longer: Subject, **numbers: float) -> Finding:
    cell = one.configuration.cell
    found = flag(code, "profile", k=one.k, longer=longer.k, **numbers)
    return Finding(flag=found, cells=(cell,), ks=(one.k, longer.k))


def _accepted(one: Subject) -> float:
    """Tokens accepted a round."""
    return one.k * _rate(one).value


def _rate(one: Subject) -> Estimate:
    return one.configuration.acceptance.rate


def _drafted(one: Subject) -> float | None:
    told = any(each.code == "few_prompts" for each in one.configuration.flags)
    return None if told else one.configuration.acceptance.drafted


def _one_text(one: Subject, longer: Subject) -> bool:
    """Whether both were counted over one text, prompt by prompt."""
    found, then = one.configuration.acceptance, longer.configuration.acceptance
    alike = found.prompts_sha256 is not None and found.prompts_sha256 == then.prompts_sha256
    counted = len(found.by_prompt) == len(then.by_prompt) > 0
    return alike and counted and found.decoding == then.decoding


def _rounds(one: Subject) -> float:
    return sum(rounds for rounds, _ in one.configuration.acceptance.by_prompt)


def _bounds(one: Subject) -> tuple[float, float]:
    rate = _rate(one)
    if rate.low <= 0 and rate.high >= 1:
        return rate.value * (1 - UNBOUNDED), rate.value * (1 + UNBOUNDED)
    return rate.low, rate.high
