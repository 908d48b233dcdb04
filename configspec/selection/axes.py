"""Axes of a map: a serving assumption each, from one value to another.

    verify_s             seconds to verify a round, whatever its K, in place of what was recorded
    rtt_ms               milliseconds of round trip on top of that
    usd_per_million      price of a million tokens at the verifier

An axis that begins above 0 and spans a factor of 10 or more is divided evenly by ratio, any other evenly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from configspec.theory.serving.assumptions import LEAST_USD, MOST_USD, MOST_VERIFY_S, Serving
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.verification import Constant

WIDE = 10.0  # an axis that spans so many times its beginning is divided by ratio
Point: TypeAlias = Mapping[str, float]  # a value of each axis, by its name


class Dimension(Protocol):
    """A serving assumption that can be an axis."""

    @property
    def name(self) -> str:
        """As `--over` has it; it ends in the unit."""

    @property
    def least(self) -> float:
        """What it may be at least."""

    @property
    def most(self) -> float:
        """What it may be at most."""

    def present(self, serving: Serving) -> float | None:
        """Where the assumptions are on it; None where they are nowhere, as a time that was measured by K."""

    def at(self, serving: Serving, value: float) -> Serving:
        """The assumptions with this value."""


@final
class VerifySeconds:
    """One time of verification for all K."""

    name = "verify_s"
    least, most = 0.0, MOST_VERIFY_S

    def present(self, serving: Serving) -> float | None:
        """The declared time, link included."""
        return serving.verify_s if isinstance(serving.verification, Constant) else None

    def at(self, serving: Serving, value: float) -> Serving:
        """As `--verify-s` does it."""
        return serving.verified_in(value)


@final
class RoundTrip:
    """A round trip on top of what a round's verification takes as it was recorded, or as the other axis has it."""

    name = "rtt_ms"
    least, most = 0.0, 1000 * MOST_VERIFY_S

    def present(self, serving: Serving) -> float:
        """Nothing more than was recorded."""
        return 0.0

    def at(self, serving: Serving, value: float) -> Serving:
        """Every round's way is so much longer, also where the seconds were measured with a link in them."""
        more_s = value / 1000
        if serving.link_is_apart and (serving.link is not None or not serving.link_s_by_k):
            link = serving.link or AssumedLink()
            return replace(serving, link=replace(link, rtt_s=link.rtt_s + more_s))
        link_s = dict(serving.link_s_by_k)
        return replace(
            serving,
            verify_s=serving.verify_s + more_s,
            verify_s_by_k=tuple((k, seconds + more_s) for k, seconds in serving.verify_s_by_k),
            link_s_by_k=tuple((k, link_s.get(k, 0.0) + more_s) for k, _ in serving.verify_s_by_k),
        )


@final
class Price:
    """Dollars for a million tokens."""

    name = "usd_per_million"
    least, most = LEAST_USD, MOST_USD

    def present(self, serving: Serving) -> float:
        """The price that is assumed."""
        return serving.usd_per_million_tokens

    def at(self, serving: Serving, value: float) -> Serving:
        """As `--usd-per-million` does it."""
        return replace(serving, usd_per_million_tokens=value)


DIMENSIONS: tuple[Dimension, ...] = (VerifySeconds(), RoundTrip(), Price())  # each is put on top of the one before


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A dimension from `begin` to `end`, begin < end."""

    dimension: Dimension
    begin: float
    end: float

    @property
    def name(self) -> str:
        """The dimension's."""
        return self.dimension.name

    @property
    def by_ratio(self) -> bool:
        """Whether it is divided evenly by ratio."""
        return self.begin > 0 and self.end / self.begin >= WIDE

    def values(self, count: int) -> NDArray[np.float64]:
        """So many values, both ends among them."""
        inner = np.geomspace if self.by_ratio else np.linspace
        values: NDArray[np.float64] = inner(self.begin, self.end, count)
        values[0], values[-1] = self.begin, self.end
        return values


def serving_at(serving: Serving, point: Point) -> Serving:
    """The assumptions at a point: dimensions that it does not name stay as they are."""
    for dimension in DIMENSIONS:
        if dimension.name in point:
            serving = dimension.at(serving, point[dimension.name])
    return serving
