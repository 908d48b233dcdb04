"""What is chosen for each device and family, what it costs and how sure it is; or why there is no choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from configspec.reporting.choice_words import (
    configuration_words,
    cost_words,
    criterion_words,
    doubts,
    flag_notes,
    limit_words,
    limits_words,
    name_of,
    title_of,
    value_words,
)
from configspec.reporting.document import Block, Cell, Column, Interval, Notes, Paragraph, Section, Table
from configspec.reporting.modelled_words import modelled_line
from configspec.reporting.rankings_section import assumptions
from configspec.reporting.scheme_words import rankings_led, scheme_lines
from configspec.selection.choosing import Alternative, Decision
from configspec.selection.limits import LimitFinding, Nearest
from configspec.theory.ids import setting_names, setting_values
from configspec.theory.objectives.objective import Objective


def decision_section(decision: Decision, top: int) -> Section:
    """A section of one device and family, with the first `top` of what meets the limits."""
    group = decision.group
    heading = criterion_words(decision.criterion)
    if decision.limits:
        heading = f"{heading}; with {limits_words(decision.limits)}"
    return Section(
        heading=f"{group.device}, {group.family}",
        summary=assumptions(group.rankings),
        blocks=(Section(heading=heading, blocks=tuple(_blocks(decision, top))),),
    )


def _blocks(decision: Decision, top: int) -> Iterator[Block]:
    if decision.unavailable is not None:
        yield Notes(lines=(f"no choice: {decision.unavailable}",))
        return
    if decision.alternatives:
        chosen = decision.alternatives[0].configuration
        yield from (Paragraph(text=line) for line in modelled_line("the choice,", [chosen]))
        yield _table(decision, decision.alternatives[:top])
    yield Notes(lines=tuple(_notes(decision, top)))


def _table(decision: Decision, shown: Sequence[Alternative]) -> Table:
    objectives = _objectives(shown)
    names = setting_names(one.configuration.cell for one in shown)
    single, sampled = decision.criterion.way == "objective", shown[0].chosen_in is not None
    columns = (
        Column(title="rank", kind="count"),
        Column(title="draft"),
        Column(title="quant"),
        *(Column(title=name) for name in names),
        Column(title="K", kind="count"),
        *(() if single else (Column(title="times worse", kind="ratio"),)),
        *_value_columns(objectives),
        *((Column(title="chosen in", kind="share"),) if sampled else ()),
        Column(title=""),
    )
    return Table(
        columns=columns,
        rows=tuple(_cells(one, objectives, names, single=single, sampled=sampled) for one in shown),
    )


def _value_columns(objectives: Sequence[Objective]) -> Iterator[Column]:
    """Of the first objective the interval too."""
    for place, one in enumerate(objectives):
        yield Column(title=title_of(one), kind="figure")
        if place == 0:
            yield Column(title="interval", kind="interval")


def _objectives(shown: Sequence[Alternative]) -> list[Objective]:
    return list({one.objective.name: one.objective for each in shown for one in each.values}.values())


def _cells(
    one: Alternative, objectives: Sequence[Objective], names: Sequence[str], *, single: bool, sampled: bool
) -> tuple[Cell, ...]:
    it = one.configuration
    values: list[Cell] = []
    known = {each.objective.name: each for each in one.values}
    for place, objective in enumerate(objectives):
        value = known.get(objective.name)
        values.append("-" if value is None else value.value)
        if place == 0:
            values.append("-" if value is None else Interval(low=value.low, high=value.high))
    remarks = [*(["tied"] if one.rank > 1 and one.tied else []), *doubts(it)]
    return (
        one.rank,
        it.draft,
        it.quant,
        *setting_values(it.cell, names),
        it.k,
        *(() if single else (one.loss,)),
        *values,
        *((one.chosen_in or 0.0,) if sampled else ()),
        ", ".join(remarks),
    )


def _notes(decision: Decision, top: int) -> Iterator[str]:
    yield from _no_choice(decision) if decision.chosen is None else _of_choice(decision, decision.chosen, top)
    yield from (f"left out: {line}" for line in decision.left_out)


def _of_choice(decision: Decision, chosen: Alternative, top: int) -> Iterator[str]:
    told = cost_words((one.objective, one.times_worse) for one in chosen.values)
    name = name_of(chosen.configuration.id)
    yield f"picking {name} costs {', '.join(told)}" if told else f"{name} is the best by each objective"
    hidden = sum(one.tied for one in decision.alternatives[top:])
    if hidden:
        yield f"{hidden} more {'is' if hidden == 1 else 'are'} statistically tied with the first"
    if decision.limits:
        yield f"{len(decision.alternatives)} of {decision.candidates} configurations meet all limits"
        yield from (
            f"{limit_words(one.limit)} binds: without it {one.met_without} meet the rest"
            for one in decision.findings
            if one.met_without > len(decision.alternatives)
        )
    if chosen.chosen_in is None:
        modelled = any(one.configuration.provenance == "modelled" for one in decision.alternatives)
        why = "some figures are modelled" if modelled else "no figure was sampled"
        yield f"{why}, only intervals are known: nobody can say how probable the choice is"
    elif decision.limits and chosen.meets_in is not None:
        yield f"the first meets all limits in {chosen.meets_in:.0%} of the draws; nothing does in {_share(decision)}"
    for ranking in rankings_led(decision):
        yield from (f"by {ranking.objective.name}, {line}" for line in scheme_lines(ranking))
    shown = ((str(one.rank), one.configuration) for one in decision.alternatives[:top])
    yield from flag_notes(shown)


def _share(decision: Decision) -> str:
    return f"{decision.nothing_in or 0.0:.0%}"


def _no_choice(decision: Decision) -> Iterator[str]:
    """What binds, and by how much the nearest misses."""
    yield f"no choice: none of {decision.candidates} configurations meets all limits"
    if decision.nearest is not None:
        yield nearest_words(decision.nearest)
    yield from map(_finding, decision.findings)


def nearest_words(nearest: Nearest) -> str:
    """Which configuration is nearest to the limits that nothing meets, what it misses, and by how much."""
    missed = (
        f"{limit_words(one.limit)} by {one.times:.2f}x (it has {value_words(one.limit.objective, one.value)})"
        for one in nearest.missed
    )
    return f"the nearest is {configuration_words(nearest.configuration)}: it misses {', '.join(missed)}"


def _finding(one: LimitFinding) -> str:
    best = f"the best has {value_words(one.limit.objective, one.best_value)}, {configuration_words(one.best)}"
    met = "nothing meets it" if one.met_by == 0 else f"met by {one.met_by}"
    binds = f"it binds: without it {one.met_without} would be left" if one.met_without else "others bind too"
    return f"{limit_words(one.limit)}: {met}, {best}; {binds}"
