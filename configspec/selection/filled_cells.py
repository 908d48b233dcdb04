"""Cells that were not measured on a device: of drafters that another device drafted with.

Acceptance is of the two models, so it is the other device's, measured or modelled by K. A token takes what the device's
measured cells say of its bytes (`token_bytes.py`), and a round of K takes K of them. Power, reading a prompt, and what
going back costs are not modelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from configspec.selection.filled_ks import MOST_SHARE, Modelled, confidence_of, with_verification
from configspec.selection.ranking import BARRED
from configspec.theory.evidence import Evidence
from configspec.theory.figures import Estimate
from configspec.theory.flags import MOST, Flag, flag
from configspec.theory.ids import Cell, Drafter, Setting
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.token_bytes import TokenCost, TokenErrors, fit_tokens, tokens_left_out

Cells: TypeAlias = Mapping[Cell, Sequence[Configuration]]  # in the order of K

NOT_MEASURED = "its cell was not measured, and {} is not modelled"
TWO_SIZES = "its speed needs two measured drafters of that device, of different sizes and known bytes; there {} {}"
NO_BYTES = "how many bytes it has is not known"
NO_ROLLBACK = "its draft's memory cannot be cut, and what that costs on this device is not modelled"
OF_BOTH_MODELS = (  # whatever the device
    "few_prompts",
    "acceptance_above_one",
    "little_drafted",
    "accepted_falls",
    "accepted_jumps",
    "acceptance_rises",
    "modelled_acceptance",
    "note",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpeed:
    """What a token costs a device, fitted to its cells, and how wrong that was of those that were left out."""

    cost: TokenCost
    errors: TokenErrors


def filled_cells(device: str, family: str, serving: Serving, measured: Cells, filled: Cells) -> Modelled:
    """The drafters of a family that other devices drafted with, on this one, with each of its settings.

    Args:
        device: Which device; it drafted with some of the family.
        family: Which family.
        serving: What is assumed of its verifier there.
        measured: All cells, of all devices and families.
        filled: The same with K that are modelled; only K that are wanted.
    """
    found: list[Configuration] = []
    refused: list[str] = []
    own = {cell for cell in measured if cell.device == device}
    settings = dict.fromkeys(cell.settings for cell in measured if cell.device == device and cell.family == family)
    for opened in settings:
        speed = device_speed(_of_device(measured, device, opened))
        for drafter, donor in _donors(measured, device, family).items():
            cell = Cell(device=device, family=family, drafter=drafter, settings=opened)
            if cell in own:
                continue
            size = measured[donor][0].evidence.weights_bytes
            why = _why_not(measured[donor]) or (speed if isinstance(speed, str) else None)
            if size is None or why is not None or isinstance(speed, str):
                refused.append(f"{cell.drafter_words}: not modelled: {why}")
                continue
            some = filled.get(donor, ())
            verified, told = with_verification(cell, [one.k for one in some], serving)
            refused += told
            found += (modelled_on(cell, one, size, speed, verified[one.k]) for one in some if one.k in verified)
    return Modelled(configurations=tuple(found), refused=tuple(refused))


def device_speed(measured: Iterable[Configuration]) -> DeviceSpeed | str:
    """From a device's cells, or why they say nothing. Of each cell the largest K counts: its rounds are the longest.

    Args:
        measured: Of one device, and of the same settings.
    """
    longest: dict[Cell, tuple[float, float]] = {}
    for one in sorted(measured, key=lambda each: each.k):
        size = one.evidence.weights_bytes
        if size is not None and not any(each.code in BARRED for each in one.flags):
            longest[one.cell] = float(size), one.round_s.value / one.k
    known = sorted(longest.values())
    sizes = len({size for size, _ in known})
    if sizes < 2:
        return TWO_SIZES.format("is" if sizes == 1 else "are", "one" if sizes == 1 else "none")
    return DeviceSpeed(cost=fit_tokens(known), errors=tokens_left_out(known))


def modelled_on(
    cell: Cell, other: Configuration, weights_bytes: int, speed: DeviceSpeed, more: Iterable[Flag] = ()
) -> Configuration:
    """The configuration of another device, as one of this cell; `more` is to be known of it too."""
    seconds, error = other.k * speed.cost.token_s(weights_bytes), speed.errors.error
    return replace(
        other,
        id=cell.at(other.k),
        round_s=Estimate(
            value=seconds,
            low=seconds / (1 + error),
            high=seconds * (1 + error),
            confidence=confidence_of(speed.errors.count),
            n=0,
        ),
        power_w=None,
        power_reason=NOT_MEASURED.format("power"),
        idle_w=None,
        power_kind="",
        prompt_tokens_per_s=None,
        prompt_tokens=None,
        prompt_reason=NOT_MEASURED.format("reading a prompt"),
        provenance="modelled",
        round_samples_s=(),
        pass_samples_s=(),
        going_back_s=0.0,
        evidence=Evidence(weights_bytes=weights_bytes),
        flags=(*(one for one in other.flags if one.code in OF_BOTH_MODELS), _flag(speed), *more),
    )


def _of_device(measured: Cells, device: str, settings: tuple[Setting, ...]) -> Iterator[Configuration]:
    for cell, some in measured.items():
        if (cell.device, cell.settings) == (device, settings):
            yield from some


def _donors(measured: Cells, device: str, family: str) -> dict[Drafter, Cell]:
    """Of each drafter of the family the cell of another device with the most K; of equals the first."""
    found: dict[Drafter, Cell] = {}
    for cell, some in measured.items():
        if cell.family == family and cell.device != device:
            known = found.get(cell.drafter)
            if known is None or len(some) > len(measured[known]):
                found[cell.drafter] = cell
    return found


def _why_not(donor: Sequence[Configuration]) -> str | None:
    if donor[0].evidence.weights_bytes is None:
        return NO_BYTES
    back = any(each.going_back_s > 0 or any(it.code == "returns_uncounted" for it in each.flags) for each in donor)
    return NO_ROLLBACK if back else None


def _flag(speed: DeviceSpeed) -> Flag:
    return flag(
        "modelled_cell",
        seconds=min(speed.errors.error, MOST_SHARE),
        left_out=speed.errors.count,
        bandwidth=min(speed.cost.bytes_per_s, MOST),
        overhead=speed.cost.overhead_s,
    )
