"""The rankings of each category of prompts, side by side, with their acceptance; and where they differ in the best."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from configspec.reporting.document import Block, Cell, Column, Interval, Notes, Section, Table
from configspec.reporting.flag_words import flag_words
from configspec.reporting.rankings_section import assumptions, remarks
from configspec.selection.by_category import CategoryDifference, CategoryRanking, category_differences
from configspec.selection.ranking import Choice
from configspec.theory.ids import ConfigurationId, setting_names, setting_values

COLUMNS = (
    Column(title="category"),
    Column(title="prompts", kind="count"),
    Column(title="rank", kind="count"),
    Column(title="draft"),
    Column(title="quant"),
    Column(title="K", kind="count"),
    Column(title="value", kind="figure"),
    Column(title="interval", kind="interval"),
    Column(title="accepted", kind="figure"),
    Column(title="interval", kind="interval"),
    Column(title=""),
)

SETTINGS_AT = 5  # in which place of the columns


def category_sections(rankings: Sequence[CategoryRanking], top: int, silent: int) -> tuple[Section, ...]:
    """A section for each device and family, a table for each objective; `silent` configurations name no category."""
    groups: dict[tuple[str, str], dict[str, list[CategoryRanking]]] = {}
    for one in rankings:
        of_group = groups.setdefault((one.ranking.device, one.ranking.family), {})
        of_group.setdefault(one.ranking.objective.name, []).append(one)
    sections = tuple(
        Section(
            heading=f"{device}, {family}, by category",
            summary=assumptions([some[0].ranking for some in by_objective.values()]),
            blocks=tuple(_section(group, top) for group in by_objective.values()),
        )
        for (device, family), by_objective in groups.items()
    )
    return (*sections, *_left_out(silent))


def _left_out(silent: int) -> Iterator[Section]:
    if silent:
        do = "configuration does" if silent == 1 else "configurations do"
        line = f"left out: {silent:,} {do} not say which categories the prompts are of"
        yield Section(heading="without categories", blocks=(Notes(lines=(line,)),))


def category_warning(difference: CategoryDifference) -> str:
    """Which configuration is the best of each category, and whether one is as good in all."""
    by_winner: dict[ConfigurationId, list[str]] = {}
    for category, winner in difference.best:
        by_winner.setdefault(winner, []).append(category)
    best = "; ".join(f"{_name(winner)} for {', '.join(names)}" for winner, names in by_winner.items())
    if difference.good_in_all:
        end = f"{_name(difference.good_in_all[0])} is the best or tied with it in all of them"
    else:
        end = "none is the best, or tied with it, in all of them"
    return f"the best by {difference.objective.name} differs between categories: {best}; {end}"


def differences_section(rankings: Sequence[CategoryRanking]) -> Section | None:
    """For the end of a run: a warning where no configuration is good in all categories; None where one is."""
    lines = [
        f"{one.device}, {one.family}: {category_warning(one)}"
        for one in category_differences(rankings)
        if not one.good_in_all
    ]
    if not lines:
        return None
    hint = "configspec rank FILE --by category shows the rankings of each"
    return Section(heading="categories", blocks=(Notes(lines=(*lines, hint)),))


def _section(group: Sequence[CategoryRanking], top: int) -> Section:
    objective = group[0].ranking.objective
    heading = f"{objective.heading}, {objective.unit} ({objective.better} is better)"
    return Section(heading=heading, blocks=tuple(_blocks(group, top)))


def _blocks(group: Sequence[CategoryRanking], top: int) -> Iterator[Block]:
    ranked = [one for one in group if one.ranking.unavailable is None]
    if ranked:
        shown = [(one, choice) for one in ranked for choice in one.ranking.choices[:top]]
        names = setting_names(choice.configuration.cell for _, choice in shown)
        columns = (*COLUMNS[:SETTINGS_AT], *(Column(title=name) for name in names), *COLUMNS[SETTINGS_AT:])
        yield Table(columns=columns, rows=tuple(_cells(one, choice, names) for one, choice in shown))
    lines = tuple(_notes(group, top))
    if lines:
        yield Notes(lines=lines)


def _cells(of_one: CategoryRanking, choice: Choice, names: Sequence[str]) -> tuple[Cell, ...]:
    it, rate = choice.configuration, choice.configuration.acceptance.rate
    return (
        of_one.category,
        of_one.prompts,
        choice.rank,
        it.draft,
        it.quant,
        *setting_values(it.cell, names),
        it.k,
        choice.value,
        Interval(low=choice.low, high=choice.high),
        rate.value,
        Interval(low=rate.low, high=rate.high),
        remarks(choice),
    )


def _notes(group: Sequence[CategoryRanking], top: int) -> Iterator[str]:
    yield from (category_warning(one) for one in category_differences(group))
    yield from _by_words("note on", _flagged(group, top))
    left_out = ((reason, one.category) for one in group for reason in one.ranking.left_out)
    yield from _by_words("left out", left_out, of_all=len(group))
    unavailable = ((str(one.ranking.unavailable), one.category) for one in group if one.ranking.unavailable)
    yield from _by_words("not available", unavailable, of_all=len(group))


def _flagged(group: Sequence[CategoryRanking], top: int) -> Iterator[tuple[str, str]]:
    for one in group:
        ranks: dict[str, list[str]] = {}
        for choice in one.ranking.choices[:top]:
            for flag in choice.configuration.flags:
                ranks.setdefault(flag_words(flag), []).append(str(choice.rank))
        yield from ((words, f"{one.category} {', '.join(which)}") for words, which in ranks.items())


def _by_words(begin: str, found: Iterable[tuple[str, str]], of_all: int | None = None) -> Iterator[str]:
    """A line for each thing that is said, with the categories of which it is said, if that is not all of them."""
    places: dict[str, list[str]] = {}
    for words, place in found:
        places.setdefault(words, []).append(place)
    for words, of_one in places.items():
        which = "" if len(of_one) == of_all else f" {'; '.join(of_one)}"
        yield f"{begin}{which}: {words}"


def _name(one: ConfigurationId) -> str:
    return f"{one.cell.drafter_words} K={one.k}"
