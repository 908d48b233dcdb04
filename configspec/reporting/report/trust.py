"""Whether the figures can be trusted: plausibility, heat, throttling, disturbances, the prediction's error, energy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from configspec.records.row import Row
from configspec.reporting.agreement_section import agreement_section
from configspec.reporting.document import Block, Cell, Column, Notes, Paragraph, Section, Table
from configspec.reporting.flag_words import flag_words
from configspec.reporting.left_out_section import left_out_section
from configspec.reporting.plausibility_section import plausibility_section
from configspec.reporting.power_words import NOTHING, degrees_words
from configspec.reporting.prediction_section import prediction_section
from configspec.reporting.report.reported import Reported
from configspec.reporting.shown_facts import ShownHeat, shown_heat
from configspec.theory.flags import Code
from configspec.theory.ids import ConfigurationId

HOT: tuple[Code, ...] = ("throttled", "clock_changed", "sustained_speed")
UNMEASURED = "Nothing was decoded for real: every goodput is a prediction, and nobody knows its error here."
DOUBTS = 100  # warnings of plausibility
NAMED = 4  # configurations of a note
COLUMNS = (
    Column(title="device"),
    Column(title="configurations", kind="count"),
    Column(title="measured", kind="count"),
    Column(title="without a note", kind="count"),
    Column(title="throttled or slowed", kind="count"),
    Column(title="°C"),
    Column(title="W known of", kind="count"),
    Column(title="energy counts"),
    Column(title="inside the meter"),
)


@dataclass(slots=True)
class _OfDevice:
    """What is counted of a device."""

    rows: int = 0
    measured: int = 0
    calm: int = 0
    hot: int = 0
    metered: int = 0
    heat: list[ShownHeat] = field(default_factory=list)
    boundaries: dict[str, None] = field(default_factory=dict)
    inside: dict[str, None] = field(default_factory=dict)


def trust_sections(reported: Reported) -> tuple[Section, ...]:
    """What is hardly plausible, a table of devices, what to know before using the figures, the predictions' error."""
    decoded = prediction_section(reported.material.decoded)
    sections = (
        plausibility_section(reported.findings, DOUBTS),
        Section(heading="devices", blocks=tuple(_devices(reported.rows))),
        _notes_section(reported.rows),
        decoded or Section(heading="prediction against real decoding", blocks=(Paragraph(text=UNMEASURED),)),
        agreement_section(reported.rows),
        left_out_section(reported.left_out),
    )
    return tuple(one for one in sections if one is not None)


def _devices(rows: Sequence[Row]) -> Iterator[Block]:
    found: dict[str, _OfDevice] = {}
    reasons: dict[str, None] = {}
    for row in rows:
        if row.end_to_end is None:
            _count(found.setdefault(row.device, _OfDevice()), row)
            if row.power.watts is None and row.power.reason:
                reasons.setdefault(f"{row.device}: no watts: {row.power.reason}")
    if not found:
        yield Paragraph(text="There is no row of a profile.")
        return
    yield Table(columns=COLUMNS, rows=tuple(_row(device, one) for device, one in found.items()))
    if reasons:
        yield Notes(lines=tuple(reasons))


def _count(it: _OfDevice, row: Row) -> None:
    codes = {flag.code for flag in row.configuration.flags}
    it.rows += 1
    it.measured += row.provenance == "measured"
    it.calm += not codes
    it.hot += not codes.isdisjoint(HOT)
    it.metered += row.power.watts is not None
    it.heat.append(shown_heat(row))
    it.boundaries.setdefault(row.serving.energy_boundary.replace("+", " and "))
    if row.power.watts is not None:
        it.inside.setdefault(row.power.boundary or "nobody says")


def _row(device: str, it: _OfDevice) -> tuple[Cell, ...]:
    boundaries = ", ".join(it.boundaries) if it.metered else NOTHING
    inside = ", ".join(it.inside) or NOTHING
    return device, it.rows, it.measured, it.calm, it.hot, _degrees(it.heat), it.metered, boundaries, inside


def _degrees(heat: Sequence[ShownHeat]) -> str:
    """From the coolest beginning to the hottest that was seen."""
    begins = [one.from_c for one in heat if one.from_c is not None]
    ends = [one.to_c for one in heat if one.to_c is not None]
    whole = ShownHeat(from_c=min(begins, default=None), to_c=max(ends, default=None), reason=None)
    return degrees_words(whole)


def _notes_section(rows: Sequence[Row]) -> Section:
    """Each kind of flag once, the most frequent first: how many configurations have it, which, and one in full."""
    found: dict[Code, dict[ConfigurationId, str]] = {}
    for row in rows:
        for flag in row.configuration.flags:
            found.setdefault(flag.code, {}).setdefault(row.id, flag_words(flag))
    ordered = sorted(found.items(), key=lambda one: -len(one[1]))
    lines = tuple(_line(code, of_code) for code, of_code in ordered)
    heading = "what to know before using the figures"
    if not lines:
        return Section(heading=heading, blocks=(Paragraph(text="No row has a note."),))
    return Section(heading=heading, blocks=(Notes(lines=lines),))


def _line(code: Code, of_code: dict[ConfigurationId, str]) -> str:
    named = "; ".join(map(str, list(of_code)[:NAMED]))
    more = f"; and {len(of_code) - NAMED} more" if len(of_code) > NAMED else ""
    counted = "1 configuration" if len(of_code) == 1 else f"{len(of_code)} configurations"
    example = next(iter(of_code.values()))
    return f"{code.replace('_', ' ')}, {counted}: {example} ({named}{more})"
