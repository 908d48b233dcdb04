"""Which other schemes the assumptions have all figures of: a ranking asks whether one of them has another best.

An aspect is one thing that can be said in several ways, one class each: how verification depends on K, what travels,
how a round trip varies, how tokens are billed, which charges count, what energy holds. A new one is a class here, and a
line in `ASPECTS`. What would take a figure that nobody declared is left out: no figure is made up for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol, final

from configspec.theory.serving.assumptions import EnergyBoundary, Serving
from configspec.theory.serving.billing import BILLING, Bills
from configspec.theory.serving.charges import declared_charges
from configspec.theory.serving.jitter import JITTERS
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.payload import PAYLOADS
from configspec.theory.serving.verification import ByK, Linear

NO_TOKENS: Bills = "nothing"
DRAFTING: EnergyBoundary = "drafting"
DRAFTING_AND_WAITING: EnergyBoundary = "drafting+waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherScheme:
    """The assumptions with another scheme of one aspect. `words` follow `with`, as in `with K + 1 tokens billed`."""

    aspect: str
    words: str
    serving: Serving


class Aspect(Protocol):
    """One thing that can be assumed in several ways."""

    @property
    def name(self) -> str:
        """As it follows `depends on the`."""

    def others(self, serving: Serving, k: int) -> Iterator[tuple[str, Serving]]:
        """The other ways, in words and as assumptions; `k` is that of the best."""


@final
class VerificationOverK:
    """One time for all K, as in the paper, in place of one that grows with K."""

    name = "time of verification"

    def others(self, serving: Serving, k: int) -> Iterator[tuple[str, Serving]]:
        """That of the best's K."""
        if not isinstance(serving.verification, ByK | Linear):
            return
        link, own_s = serving.link, serving.server_s_at(k)
        if not serving.link_is_apart:
            link, own_s = None, serving.verify_s_at(k)
        elif link is None and serving.link_s_by_k:
            link = AssumedLink(rtt_s=serving.link_s_at(k))
        yield f"the time of K={k} for all K", replace(serving.verified_in(own_s), link=link)


@final
class PayloadOfLink:
    """What travels, where its bytes take time or cost something."""

    name = "payload"

    def others(self, serving: Serving, k: int) -> Iterator[tuple[str, Serving]]:
        """The other payloads."""
        link = serving.link
        if link is None or (link.up_bits_per_s, serving.prices.usd_per_gb_up) == (None, None):
            return
        for one in PAYLOADS:
            if one.name != link.payload:
                yield one.words, replace(serving, link=replace(link, payload=one.name))


@final
class JitterOfLink:
    """How a round trip varies."""

    name = "jitter"

    def others(self, serving: Serving, k: int) -> Iterator[tuple[str, Serving]]:
        """The other laws."""
        link = serving.link
        if link is None or link.jitter_s <= 0:
            return
        for one in JITTERS:
            if one.name != link.jitter:
                yield f"{one.name} jitter", replace(serving, link=replace(link, jitter=one.name))


@final
class BilledTokens:
    """Which tokens of a round are billed, where any are."""

    name = "billing"

    def others(self, serving: Serving, k: int) -> Iterator[tuple[str, Serving]]:
        """The other ways to bill tokens."""
        if serving.bills == NO_TOKENS:
            return
        for one in BILLING:
            if one.name not in (serving.bills, NO_TOKENS):
                yield f"{one.words} tokens billed", replace(serving, bills=one.name)


@final
class Charged:
    """What is paid for, where several things are."""

    name = "charges"

    def others(self, serving: Serving, k: int) -> Iterator[tuple[str, Serving]]:
        """Each of them alone."""
        charges = declared_charges(serving)
        if len(charges) > 1:
            for one in charges:
                yield f"{one.name} charged alone", one.alone(serving)


@final
class BoundaryOfEnergy:
    """What the device's energy is counted in."""

    name = "boundary of energy"

    def others(self, serving: Serving, k: int) -> Iterator[tuple[str, Serving]]:
        """The other boundary."""
        if serving.energy_boundary == DRAFTING:
            yield "the energy of waiting counted too", replace(serving, energy_boundary=DRAFTING_AND_WAITING)
        else:
            yield "the energy of drafting alone", replace(serving, energy_boundary=DRAFTING)


ASPECTS: tuple[Aspect, ...] = (
    VerificationOverK(),
    PayloadOfLink(),
    JitterOfLink(),
    BilledTokens(),
    Charged(),
    BoundaryOfEnergy(),
)


def other_schemes(serving: Serving, k: int) -> tuple[OtherScheme, ...]:
    """All that can be assumed in place of one aspect, with the figures that there are; `k` is that of the best."""
    return tuple(
        OtherScheme(aspect=aspect.name, words=words, serving=other)
        for aspect in ASPECTS
        for words, other in aspect.others(serving, k)
        if other.contradiction is None
    )
