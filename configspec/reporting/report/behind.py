"""What is behind the figures: assumptions, boards, models, prompts, and the figures themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from configspec.records.facts import DeviceFacts
from configspec.records.row import Row
from configspec.reporting.asked_section import asked_section
from configspec.reporting.document import Cell, Column, Notes, Paragraph, Section, Table
from configspec.reporting.prompting_section import prompting_section
from configspec.reporting.rankings_section import assumptions
from configspec.reporting.report.reported import Reported
from configspec.reporting.verification_section import verification_section
from configspec.selection.candidates import Group
from configspec.selection.ranking import Choice
from configspec.theory.ids import ConfigurationId

HASH = 12  # letters
UNKNOWN = "-"


def behind_sections(reported: Reported) -> tuple[Section, ...]:
    """Everything but the figures themselves."""
    sections = (
        _assumptions(reported.material.groups),
        _boundaries(reported.material.groups),
        _boards(reported.rows),
        _models(reported.rows),
        verification_section(reported.rows),
        prompting_section(reported.rows),
        asked_section(reported.rows),
        Section(heading="this page", blocks=(Notes(lines=(*reported.source, f"made by: {reported.command}")),)),
    )
    return tuple(one for one in sections if one is not None)


def _assumptions(groups: Sequence[Group]) -> Section:
    lines = (f"{group.device}, {group.family}: {assumptions(group.rankings)}" for group in groups)
    return Section(heading="what is assumed", blocks=(Notes(lines=tuple(lines) or ("nothing was ranked",)),))


def _boundaries(groups: Sequence[Group]) -> Section | None:
    objectives = {one.objective.name: one.objective for group in groups for one in group.rankings}
    lines = tuple(f"{name}: {one.boundary}" for name, one in objectives.items())
    return Section(heading="what a value holds", blocks=(Notes(lines=lines),)) if lines else None


def _boards(rows: Sequence[Row]) -> Section:
    columns = (
        "device",
        "board",
        "processor",
        "memory, GiB",
        "power mode",
        "governor",
        "Python",
        "llama.cpp",
        "measured by",
    )
    found: dict[str, tuple[Cell, ...]] = {}
    for row in rows:
        found.setdefault(row.device, _board(row))
    table = Table(columns=tuple(Column(title=one) for one in columns), rows=tuple(found.values()))
    return Section(heading="devices and software", blocks=(table,))


def _board(row: Row) -> tuple[Cell, ...]:
    facts, health, host = row.environment.device, row.environment.health, row.environment.host
    by = UNKNOWN if host is None else f"configspec {host.configspec}, Python {host.python}"
    if facts is None:
        source = row.environment.profile or row.environment.source or "recorded figures"
        return row.device, source, *([UNKNOWN] * 6), by
    mode = None if health is None else health.power_mode
    return (
        row.device,
        facts.board or UNKNOWN,
        _processor(facts),
        UNKNOWN if facts.memory_bytes is None else f"{facts.memory_bytes / (1 << 30):.1f}",
        mode or UNKNOWN,
        facts.governor or UNKNOWN,
        facts.python,
        facts.llama_cpp_version or UNKNOWN,
        by,
    )


def _processor(facts: DeviceFacts) -> str:
    return f"{facts.cpu_model or facts.machine}, {facts.cores} cores"


def _models(rows: Sequence[Row]) -> Section:
    columns = ("family", "model", "what", "parameters", "SHA-256")
    found: dict[tuple[str, str], tuple[Cell, ...]] = {}
    for row in rows:
        draft, target = row.models.draft, row.models.target
        if target is not None and (row.family, "") not in found:
            sha256 = (target.sha256 or UNKNOWN)[:HASH]
            found[row.family, ""] = (row.family, "the target", target.runtime, UNKNOWN, sha256)
        if draft is not None:
            name = f"{row.draft} {row.quant}"
            parameters = f"{draft.parameters / 1e6:,.0f} M"
            found.setdefault(
                (row.family, name), (row.family, name, draft.description, parameters, draft.file_sha256[:HASH])
            )
    if not found:
        return Section(heading="models", blocks=(Paragraph(text="The rows do not say which files were opened."),))
    table = Table(columns=tuple(Column(title=one) for one in columns), rows=tuple(found.values()))
    return Section(heading="models", blocks=(table,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A configuration with its value by each objective that ranks it."""

    id: ConfigurationId
    choices: Mapping[str, Choice]


def every_configuration(groups: Sequence[Group]) -> Table:
    """A line for each configuration with its value by each objective, the best of every device and family first."""
    names = {one.objective.name: one.objective for group in groups for one in group.rankings}
    lines = sorted((one for group in groups for one in _lines(group)), key=lambda one: one[0])
    kept = [line for _, line in lines]
    settings = any(one.id.cell.settings for one in kept)
    columns = (
        *(Column(title="device"), Column(title="family"), Column(title="draft"), Column(title="quant")),
        *((Column(title="settings"),) if settings else ()),
        *(Column(title="K", kind="count"), Column(title="accepted", kind="share")),
        *(Column(title=f"{one.name}, {one.unit}", kind="figure") for one in names.values()),
        Column(title=""),
    )
    return Table(columns=columns, rows=tuple(_row(one, list(names), settings=settings) for one in kept))


def _lines(group: Group) -> Iterator[tuple[int, _Line]]:
    """Each with its place: that of its first rank."""
    found: dict[ConfigurationId, dict[str, Choice]] = {}
    for ranking in group.rankings:
        for choice in ranking.choices:
            found.setdefault(choice.configuration.id, {}).setdefault(ranking.objective.name, choice)
    for place, (one, choices) in enumerate(found.items()):
        yield place, _Line(id=one, choices=choices)


def _row(one: _Line, names: Sequence[str], *, settings: bool) -> tuple[Cell, ...]:
    it = one.id
    known = next(iter(one.choices.values())).configuration
    best = [name for name, choice in one.choices.items() if choice.rank == 1]
    tied = [name for name, choice in one.choices.items() if choice.rank > 1 and choice.tied_with_best]
    remarks = (
        f"best: {', '.join(best)}" if best else "",
        f"tied: {', '.join(tied)}" if tied else "",
        "" if known.provenance == "measured" else known.provenance,
        ", ".join(dict.fromkeys(flag.code.replace("_", " ") for flag in known.flags)),
    )
    return (
        *(it.device, it.family, it.draft, it.quant),
        *((", ".join(map(str, it.cell.settings)),) if settings else ()),
        *(it.k, known.acceptance.rate.value),
        *(one.choices[name].value if name in one.choices else UNKNOWN for name in names),
        "; ".join(filter(None, remarks)),
    )
