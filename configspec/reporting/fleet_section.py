"""One choice for all devices of a family: what they share, and what each of them loses by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from configspec.reporting.choice_words import configuration_json, configuration_words
from configspec.reporting.document import Block, Cell, Column, Notes, Paragraph, Section, Table
from configspec.reporting.modelled_words import modelled_line
from configspec.selection.fleet import Fleet, FleetChoice, Values

SHARED = 5  # alternatives that are named


def fleet_section(fleet: Fleet) -> Section:
    """The best that can be shared, a line a device; then the next ones."""
    parts = ", ".join(fleet.parts)
    heading = f"{fleet.family}: the same {parts} for {len(fleet.devices)} devices"
    return Section(heading=heading, blocks=tuple(_blocks(fleet)))


def _blocks(fleet: Fleet) -> Iterator[Block]:
    if fleet.choices:
        first = fleet.choices[0]
        chosen = (each.configuration for one in first.shares for each in (one.in_fleet, one.alone))
        yield from (Paragraph(text=line) for line in modelled_line("in the fleet or alone,", chosen))
        yield _table(first)
        line = f"{_shared(fleet, first.values)}: at most {first.worst:.2f}x worse than each device's own choice, "
        yield Notes(lines=(f"{line}{first.mean:.2f}x in the mean", *_next(fleet, fleet.choices[1:])))
    lines = [f"{device} has no choice of its own, so no part in this" for device in fleet.without]
    if not fleet.devices:
        lines.append("no device has a choice of its own, so nothing is shared")
    if fleet.lacking is not None:
        values, devices = fleet.lacking
        lines.append(f"no choice: the nearest is {_shared(fleet, values)}, which is nothing for {', '.join(devices)}")
    if lines:
        yield Notes(lines=tuple(lines))


def _table(choice: FleetChoice) -> Table:
    columns = (
        Column(title="device"),
        Column(title="in the fleet"),
        Column(title="alone"),
        Column(title="times worse", kind="ratio"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.device,
            configuration_words(one.in_fleet.configuration),
            configuration_words(one.alone.configuration),
            one.times_worse,
        )
        for one in sorted(choice.shares, key=lambda one: -one.times_worse)
    ]
    return Table(columns=columns, rows=tuple(rows))


def _next(fleet: Fleet, choices: Sequence[FleetChoice]) -> Iterator[str]:
    for one in choices[:SHARED]:
        yield f"next: {_shared(fleet, one.values)}: at most {one.worst:.2f}x, {one.mean:.2f}x in the mean"
    if len(choices) > SHARED:
        yield f"and {len(choices) - SHARED} more that all devices have"


def _shared(fleet: Fleet, values: Values) -> str:
    return ", ".join(f"{part} {value}" for part, value in zip(fleet.parts, values, strict=True))


def fleet_json(fleet: Fleet) -> dict[str, object]:
    """A fleet for a program."""
    lacking = fleet.lacking
    return {
        "family": fleet.family,
        "parts": list(fleet.parts),
        "devices": list(fleet.devices),
        "without": list(fleet.without),
        "choices": [_choice_json(fleet, one) for one in fleet.choices],
        "nearest": None
        if lacking is None
        else {"shared": dict(zip(fleet.parts, lacking[0], strict=True)), "lacking": list(lacking[1])},
    }


def _choice_json(fleet: Fleet, one: FleetChoice) -> dict[str, object]:
    return {
        "shared": dict(zip(fleet.parts, one.values, strict=True)),
        "worst": one.worst,
        "mean": one.mean,
        "devices": [
            {
                "device": share.device,
                **configuration_json(share.in_fleet.configuration),
                "times_worse": share.times_worse,
                "alone": configuration_json(share.alone.configuration),
            }
            for share in one.shares
        ],
    }
