"""What profiles show of a row and nothing is ranked by: a small part of it, so that fifty thousand can be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from configspec.records.row import Row
from configspec.records.verification import Verification
from configspec.theory.figures import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPower:
    """The mean power while drafting, or why it is not known; `boundary`: what is inside it."""

    watts: Estimate | None
    reason: str | None
    boundary: str | None
    declared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHeat:
    """The board's temperature, of the coolest beginning of a pass and the hottest that was seen in one.

    Where passes do not say, `from_c` is that when the cell began. What is not known is None.
    """

    from_c: float | None
    to_c: float | None
    reason: str | None


NO_HEAT = ShownHeat(from_c=None, to_c=None, reason=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFile:
    """The side file with what a meter showed, and how it is read: which channels add up, and a counter's range."""

    sha256: str
    adds: tuple[bool, ...]
    range_j: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFacts:
    """Of one row.

    `verification` is kept of the smallest K of a device and family alone, of as many rows as came with no smaller one.
    """

    power: ShownPower
    heat: ShownHeat
    acceptance_sha256: str | None  # of the side file with the acceptance by position
    verification: Verification | None
    power_file: PowerFile | None = None


def facts_of_rows() -> Callable[[Row], ShownFacts]:
    """Takes from each row what is shown of it; a text that many rows have is held once."""
    texts: dict[str | None, str | None] = {}
    smallest: dict[tuple[str, str], int] = {}
    files: dict[str, PowerFile] = {}
    unknown: dict[tuple[str | None, ...], ShownPower] = {}  # where no watts are

    def passes_of(row: Row) -> Verification | None:
        group = row.device, row.family
        if row.verification is None or row.k > smallest.get(group, row.k):
            return None
        smallest[group] = row.k
        return row.verification

    def power_file(row: Row) -> PowerFile | None:
        sha256, meter = row.samples.power, row.power.meter
        if sha256 is None or meter is None:
            return None
        return files.setdefault(sha256, PowerFile(sha256=sha256, adds=meter.adds, range_j=meter.range_j))

    def power_of(row: Row) -> ShownPower:
        power = row.power
        said = power.reason, power.boundary, power.provenance
        known = unknown.get(said) if power.watts is None else None
        if known is not None:
            return known
        found = ShownPower(
            watts=power.watts,
            reason=texts.setdefault(power.reason, power.reason),
            boundary=texts.setdefault(power.boundary, power.boundary),
            declared=power.provenance == "declared",
        )
        if power.watts is None:
            unknown[said] = found
        return found

    def taken(row: Row) -> ShownFacts:
        sha256 = row.samples.acceptance
        return ShownFacts(
            power=power_of(row),
            heat=shown_heat(row),
            acceptance_sha256=texts.setdefault(sha256, sha256),
            verification=passes_of(row),
            power_file=power_file(row),
        )

    return taken


def shown_heat(row: Row) -> ShownHeat:
    """From the passes over its cell, else from the board's health when the cell began."""
    found = [one.heat for one in row.drafting.passes or () if one.heat is not None]
    starts_c = [one.start.temperature_c for one in found if one.start.temperature_c is not None]
    highest_c = [one.max_c for one in found if one.max_c is not None]
    health = row.environment.health
    if starts_c and highest_c:
        return ShownHeat(from_c=min(starts_c), to_c=max(highest_c), reason=None)
    if health is None:
        return NO_HEAT
    return ShownHeat(from_c=health.temperature_c, to_c=None, reason=health.temperature_reason)
