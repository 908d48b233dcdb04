"""Axes of a map: a serving assumption each, from one value to another.

    verify_s    seconds to verify a round, whatever its K, in place of what was recorded
    rtt_ms      milliseconds of round trip on top of that
    others      each assumption that is a single number (`keywords.py`), in place of what was recorded

An axis that begins above 0 and spans a factor of 10 or more is divided evenly by ratio, any other evenly. It has no
gaps: an assumption that is a whole number may lie between two of them, as a mean does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumed import Assumed
from configspec.theory.serving.assumptions import MOST_VERIFY_S, Serving
from configspec.theory.serving.keywords import SINGLE, Quantity
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
class Declared:
    """An assumption that is a single number, in its own unit."""

    def __init__(self, quantity: Quantity) -> None:
        self._quantity = quantity
        self.name = quantity.keyword
        self.least, self.most = quantity.least, quantity.most

    def present(self, serving: Serving) -> float | None:
        """As it is assumed; None where nothing is."""
        figure = self._quantity.figure
        parts = (serving.link or AssumedLink(), serving.prices, serving.request, serving)
        found: float | None = getattr(next(one for one in parts if hasattr(one, figure)), figure)
        return None if found is None else found / self._quantity.factor

    def at(self, serving: Serving, value: float) -> Serving:
        """As its option does it."""
        return self.assumed(value).over(serving)

    def assumed(self, value: float) -> Assumed:
        """What its option says with this value."""
        figures: dict[str, Any] = {self._quantity.figure: value * self._quantity.factor}
        return Assumed(**figures)


_VERIFY, _TRIP = VerifySeconds(), RoundTrip()
# Each is put on top of the one before: a round trip on top of whatever a round takes.
DIMENSIONS: tuple[Dimension, ...] = (
    _VERIFY,
    *(Declared(one) for one in SINGLE if one.keyword not in (_VERIFY.name, _TRIP.name)),
    _TRIP,
)


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


def lacking(axes: Sequence[Axis], serving: Serving, objective: Objective) -> tuple[Axis, ...]:
    """The axes without which there is no value and with which there is: nothing is assumed of them now."""

    def is_refused(some: Sequence[Axis]) -> bool:
        there = assumed_along(some, serving)
        return there.contradiction is not None or objective.unavailable(there) is not None

    if not is_refused(()) or is_refused(axes):
        return ()
    needed = tuple(axes)
    for one in axes:
        others = tuple(other for other in needed if other is not one)
        needed = needed if is_refused(others) else others
    return needed


def assumed_along(axes: Sequence[Axis], serving: Serving) -> Serving:
    """The assumptions at the end of some axes."""
    return serving_at(serving, {one.name: one.end for one in axes})


def able_everywhere(
    configurations: Sequence[Configuration], objective: Objective, servings: Sequence[Serving]
) -> tuple[tuple[Configuration, ...], tuple[str, ...]]:
    """Those that have a value under all of these assumptions, and why the others have not.

    Where the objective looks at power, those of one kind of it: the kind of the most.
    """
    why = {
        one.id: reason
        for one in configurations
        if (reason := next(filter(None, (objective.lacks(one, serving) for serving in servings)), None)) is not None
    }
    if any("power_w" in objective.moves(serving) for serving in servings):
        kinds = Counter(one.power_kind for one in configurations if one.id not in why)
        kind = max(kinds, key=lambda one: kinds[one], default="")
        others = (one for one in configurations if one.id not in why and one.power_kind != kind)
        why |= {one.id: f"its power is of another kind: {one.power_kind or 'not said'}" for one in others}
    left_out = (f"{one.cell.drafter_words}: {why[one.id]}" for one in configurations if one.id in why)
    return tuple(one for one in configurations if one.id not in why), tuple(dict.fromkeys(left_out))
