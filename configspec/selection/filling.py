"""What nobody measured, modelled from what was: other K of a cell, and drafters that a device has not drafted with.

Each is `modelled`, and has the error that leaving out shows in its interval and its flags. What was measured is never
replaced. What cannot be judged in that way is not made up: the reason is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from configspec.selection.filled_cells import filled_cells
from configspec.selection.filled_ks import Modelled, filled_ks
from configspec.selection.unmeasured_k import modelled_serving
from configspec.theory.ids import MAX_K, Cell, ConfigurationId
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

Group: TypeAlias = tuple[str, str]  # device and family

BEYOND = 1.5  # times the largest K that was measured of a family: so far is filled where nobody says for which K


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was measured and what was modelled, each with its assumptions; and why other things were not modelled."""

    configurations: tuple[tuple[Configuration, Serving], ...]
    refused: Mapping[Group, tuple[str, ...]]


def fill(measured: Sequence[tuple[Configuration, Serving]], ks: Sequence[int] | None) -> Filled:
    """What was measured, with all other K, and with the drafters of a family that a device lacks.

    Args:
        measured: Each configuration with its assumptions; of one that is given twice the last counts, and of a device
            and family the last assumptions.
        ks: Which K; None: from 1 to one and a half times the largest that was measured of the family.
    """
    latest: dict[ConfigurationId, Configuration] = {one.id: one for one, _ in measured}
    serving: dict[Group, Serving] = {(one.device, one.family): assumed for one, assumed in measured}
    refused: dict[Group, list[str]] = {group: [] for group in serving}
    wanted = {family: _wanted(latest.values(), family, ks) for _, family in serving}
    cells = _cells(one for one in latest.values() if one.provenance != "modelled")
    found = dict(latest)

    def add(group: Group, modelled: Modelled) -> None:
        for one in modelled.configurations:
            found.setdefault(one.id, one)
        refused[group] += modelled.refused

    for cell, some in cells.items():
        group = cell.device, cell.family
        add(group, filled_ks(some, wanted[cell.family], serving[group]))
    filled = _cells(one for one in found.values() if one.k in wanted[one.family])
    for (device, family), assumed in serving.items():
        add((device, family), filled_cells(device, family, assumed, cells, filled))
    return Filled(
        configurations=_with_serving(found.values(), serving),
        refused={group: tuple(lines) for group, lines in refused.items()},
    )


def _wanted(measured: Iterable[Configuration], family: str, ks: Sequence[int] | None) -> Sequence[int]:
    if ks is not None:
        return ks
    largest = max(one.k for one in measured if one.family == family)
    return range(1, min(MAX_K, int(BEYOND * largest)) + 1)


def _cells(configurations: Iterable[Configuration]) -> dict[Cell, list[Configuration]]:
    """By cell, in the order of K."""
    found: dict[Cell, list[Configuration]] = defaultdict(list)
    for one in sorted(configurations, key=lambda each: each.k):
        found[one.cell].append(one)
    return dict(found)


def _with_serving(
    configurations: Iterable[Configuration], serving: Mapping[Group, Serving]
) -> tuple[tuple[Configuration, Serving], ...]:
    """Each with the assumptions of its group, which have a time of verification for every K of it."""
    ks: dict[Group, dict[int, None]] = defaultdict(dict)
    for one in configurations:
        ks[one.device, one.family][one.k] = None
    whole = {group: reduce(modelled_serving, ks[group], assumed) for group, assumed in serving.items()}
    return tuple((one, whole[one.device, one.family]) for one in configurations)
