"""What each objective's best loses by the others, over all groups; and of each group what nothing beats in all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from configspec.reporting.choice_words import (
    configuration_json,
    configuration_words,
    cost_words,
    doubts,
    flag_notes,
    name_json,
    name_of,
    title_of,
)
from configspec.reporting.document import Block, Cell, Column, Notes, Paragraph, Section, Table
from configspec.reporting.json_document import JSON_VERSION
from configspec.reporting.modelled_words import modelled_line
from configspec.reporting.rankings_section import assumptions
from configspec.reporting.serving_words import serving_json
from configspec.selection.candidates import Group
from configspec.selection.conflict_summary import ConflictSummary, summarised
from configspec.selection.pareto import Front, Member
from configspec.selection.regret import Conflict, conflicts
from configspec.theory.ids import setting_names, setting_values

SUMMARY = (
    Column(title="the best by"),
    Column(title="loses by"),
    Column(title="groups", kind="count"),
    Column(title="median", kind="ratio"),
    Column(title="worst", kind="ratio"),
    Column(title="on"),
    Column(title="with"),
)


def conflicts_sections(groups: Sequence[Group], fronts: Sequence[Front | None], top: int) -> tuple[Section, ...]:
    """The summary of all groups, then a section for each; `top` lines of each front."""
    found = [conflicts(group.rankings) for group in groups]
    summary = _summary([one for of_group in found for one in of_group])
    each = (_of_group(*three, top) for three in zip(groups, found, fronts, strict=True))
    return (*summary, *each)


def _summary(found: Sequence[Conflict]) -> Iterator[Section]:
    rows = [_row(one) for one in summarised(found)]
    if rows:
        yield Section(
            heading="conflicts",
            summary="how many times worse than the best is the best by another objective",
            blocks=(Table(columns=SUMMARY, rows=tuple(rows)),),
        )


def _row(one: ConflictSummary) -> tuple[Cell, ...]:
    it = one.worst_winner
    where = f"{it.device}, {it.family}"
    return one.chosen_for.name, one.objective.name, one.groups, one.median, one.worst, where, configuration_words(it)


def _of_group(group: Group, found: Sequence[Conflict], front: Front | None, top: int) -> Section:
    warned = modelled_line("the best,", (one.winner for one in found))
    blocks: list[Block] = [Paragraph(text=line) for line in (*warned, *map(_loses, found))]
    if front is not None:
        blocks.append(_front(front, top))
    reasons = (f"{one.objective.name} is not available: {one.unavailable}" for one in group.rankings if one.unavailable)
    lines = tuple(dict.fromkeys(reasons))
    return Section(
        heading=f"{group.device}, {group.family}",
        summary=assumptions(group.rankings),
        blocks=(*blocks, *((Notes(lines=lines),) if lines else ())),
    )


def _loses(one: Conflict) -> str:
    costs = cost_words(((it.objective, it.times) for it in one.regrets), one.chosen_for)
    name = f"the best by {one.chosen_for.name}, {configuration_words(one.winner)},"
    if costs:
        return f"{name} costs {', '.join(costs)}"
    return f"{name} is the best by {'each other' if one.regrets else 'no other'} objective too"


def _front(front: Front, top: int) -> Section:
    names = setting_names(one.configuration.cell for one in front.members)
    shown = front.members[:top]
    columns = (
        Column(title="draft"),
        Column(title="quant"),
        *(Column(title=name) for name in names),
        Column(title="K", kind="count"),
        *(Column(title=title_of(one), kind="figure") for one in front.objectives),
        Column(title=""),
    )
    table = Table(columns=columns, rows=tuple(_cells(front, one, names) for one in shown))
    count, tied = len(front.exact), len(front.members) - len(front.exact)
    heading = f"the Pareto front: {count} of {front.candidates} that nothing beats in all of these"
    notes = [*flag_notes((name_of(one.configuration.id), one.configuration) for one in shown)]
    if tied:
        notes.append(f"{tied} {'is' if tied == 1 else 'are'} tied: beaten, but not shown to be")
    if len(front.members) > top:
        notes.append(f"and {len(front.members) - top} more: --top, or --format json")
    notes += [f"left out: {line}" for line in front.left_out]
    return Section(heading=heading, blocks=(table, *((Notes(lines=tuple(notes)),) if notes else ())))


def _cells(front: Front, one: Member, names: Sequence[str]) -> tuple[Cell, ...]:
    it = one.configuration
    best = [objective.name for objective, t in zip(front.objectives, one.times_worse, strict=True) if t == 1]
    remarks = [*([f"best by {', '.join(best)}"] if best else []), *([] if one.on_front else ["tied"]), *doubts(it)]
    return it.draft, it.quant, *setting_values(it.cell, names), it.k, *one.values, "; ".join(remarks)


def conflicts_json(groups: Sequence[Group], fronts: Sequence[Front | None]) -> dict[str, object]:
    """The same for a program, whole. The form is a promise to scripts: `docs/choosing.md` describes it."""
    found = [conflicts(group.rankings) for group in groups]
    return {
        "configspec": JSON_VERSION,
        "summary": [_summary_json(one) for one in summarised(one for of_group in found for one in of_group)],
        "groups": [_group_json(*three) for three in zip(groups, found, fronts, strict=True)],
    }


def _summary_json(one: ConflictSummary) -> dict[str, object]:
    it = one.worst_winner
    return {
        "chosen_for": one.chosen_for.name,
        "objective": one.objective.name,
        "groups": one.groups,
        "median": one.median,
        "worst": one.worst,
        "worst_winner": {
            "device": it.device,
            "family": it.family,
            **configuration_json(it),
        },
    }


def _group_json(group: Group, found: Sequence[Conflict], front: Front | None) -> dict[str, object]:
    return {
        "device": group.device,
        "family": group.family,
        "serving": serving_json(group.serving),
        "unavailable": {one.objective.name: one.unavailable for one in group.rankings if one.unavailable},
        "conflicts": [
            {
                "chosen_for": one.chosen_for.name,
                "winner": configuration_json(one.winner),
                "regrets": [{"objective": it.objective.name, "times_worse": it.times} for it in one.regrets],
            }
            for one in found
        ],
        "front": None if front is None else _front_json(front),
    }


def _front_json(front: Front) -> dict[str, object]:
    return {
        "objectives": [one.name for one in front.objectives],
        "candidates": front.candidates,
        "left_out": list(front.left_out),
        "members": [
            {
                **name_json(one.configuration.id),
                "on_front": one.on_front,
                "values": list(one.values),
                "times_worse": list(one.times_worse),
                "provenance": one.configuration.provenance,
            }
            for one in front.members
        ],
    }
