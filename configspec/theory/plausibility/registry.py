"""All rules of plausibility. A new one is a class beside this file, and one line here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from configspec.theory.plausibility.acceptance import (
    AcceptanceAboveOne,
    AcceptanceRises,
    AcceptedFalls,
    AcceptedJumps,
    LittleDrafted,
)
from configspec.theory.plausibility.memory import AboveMemory, FarBelowMemory
from configspec.theory.plausibility.power import PowerBelowIdle, PowerModes
from configspec.theory.plausibility.quantisations import BandwidthApart, QuantsOutOfOrder
from configspec.theory.plausibility.rule import Finding, Rule, Subject, by_device
from configspec.theory.plausibility.speed import PassesDisagree, SpeedOverK
from configspec.theory.plausibility.stated import EnergyIdentity, StatedOtherwise

RULES: tuple[Rule, ...] = (
    FarBelowMemory(),
    AboveMemory(),
    QuantsOutOfOrder(),
    BandwidthApart(),
    PassesDisagree(),
    SpeedOverK(),
    PowerModes(),
    PowerBelowIdle(),
    AcceptanceAboveOne(),
    LittleDrafted(),
    AcceptedFalls(),
    AcceptedJumps(),
    AcceptanceRises(),
    EnergyIdentity(),
    StatedOtherwise(),
)


def findings(subjects: Iterable[Subject], rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """What the rules find in these configurations: device by device, in the order of the rules."""
    return tuple(found for device in by_device(subjects) for rule in rules for found in rule.findings(device))
