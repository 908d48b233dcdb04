"""One choice for a fleet: the same draft, quantisation or K on every device of a family, and what each device loses.

    parts      what has to be the same: some of draft, quant, k; a device chooses the rest by itself
    L[d]       loss of device d's own choice (`criterion.py`)
    L[d, v]    loss of its best configuration whose parts are v
    x[d, v]    L[d, v] / L[d], what the fleet costs this device; at least 1

The fleet takes the v whose largest x is the smallest: no device is far from what it would have alone. Of equals, the
one with the smaller geometric mean is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from configspec.selection.choosing import Alternative, Decision
from configspec.theory.profile import Configuration

Part = Literal["draft", "quant", "k"]
Values: TypeAlias = tuple[str | int, ...]
PARTS: Mapping[Part, Callable[[Configuration], str | int]] = {
    "draft": lambda one: one.draft,
    "quant": lambda one: one.quant,
    "k": lambda one: one.k,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceShare:
    """What one device serves in the fleet, what it would choose alone, and how many times worse the former is."""

    device: str
    in_fleet: Alternative
    alone: Alternative

    @property
    def times_worse(self) -> float:
        """x, at least 1."""
        return self.in_fleet.loss / self.alone.loss


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetChoice:
    """One value of the parts, in its place, with what each device makes of it."""

    values: Values
    shares: tuple[DeviceShare, ...]

    @property
    def worst(self) -> float:
        """The largest x."""
        return max(one.times_worse for one in self.shares)

    @property
    def mean(self) -> float:
        """The geometric mean of x."""
        return math.exp(sum(math.log(one.times_worse) for one in self.shares) / len(self.shares))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What the devices of one family can share, the best first.

    `without` are devices for which nothing can be chosen: they have no part in it. `lacking` is for where nothing can
    be shared: the value that the most devices have, and those that lack it.
    """

    family: str
    parts: tuple[Part, ...]
    devices: tuple[str, ...]
    choices: tuple[FleetChoice, ...]
    without: tuple[str, ...]
    lacking: tuple[Values, tuple[str, ...]] | None


def fleets(decisions: Sequence[Decision], parts: Sequence[Part]) -> tuple[Fleet, ...]:
    """A fleet for each family, in the order of the decisions."""
    families: dict[str, list[Decision]] = {}
    for one in decisions:
        families.setdefault(one.group.family, []).append(one)
    return tuple(_fleet(family, of_family, tuple(parts)) for family, of_family in families.items())


def _fleet(family: str, decisions: Sequence[Decision], parts: tuple[Part, ...]) -> Fleet:
    able = [one for one in decisions if one.chosen is not None]
    best = {one.group.device: _best_of_each(one, parts) for one in able}
    every = dict.fromkeys(value for found in best.values() for value in found)
    shared = [value for value in every if all(value in found for found in best.values())]
    choices = [
        FleetChoice(
            values=value,
            shares=tuple(
                DeviceShare(
                    device=one.group.device,
                    in_fleet=best[one.group.device][value],
                    alone=one.alternatives[0],
                )
                for one in able
            ),
        )
        for value in shared
    ]
    return Fleet(
        family=family,
        parts=parts,
        devices=tuple(best),
        choices=tuple(sorted(choices, key=lambda one: (one.worst, one.mean))),
        without=tuple(one.group.device for one in decisions if one.chosen is None),
        lacking=None if shared or not every else _lacking(list(every), best),
    )


def _best_of_each(decision: Decision, parts: Sequence[Part]) -> dict[Values, Alternative]:
    """The first alternative of each value: they come with the best first."""
    found: dict[Values, Alternative] = {}
    for one in decision.alternatives:
        found.setdefault(tuple(PARTS[part](one.configuration) for part in parts), one)
    return found


def _lacking(
    every: Sequence[Values], best: Mapping[str, Mapping[Values, Alternative]]
) -> tuple[Values, tuple[str, ...]]:
    lacks = {value: tuple(device for device, found in best.items() if value not in found) for value in every}
    value = min(lacks, key=lambda one: len(lacks[one]))
    return value, lacks[value]
