"""The rankings: of each device and family what is assumed, a table for each objective, and what each winner costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from configspec.reporting.baseline_words import baseline_lines, losses
from configspec.reporting.choice_words import cost_words
from configspec.reporting.document import Block, Cell, Column, Interval, Notes, Paragraph, Section, Table
from configspec.reporting.doubt_words import doubt_lines
from configspec.reporting.flag_words import flag_words
from configspec.reporting.modelled_words import modelled_best_words
from configspec.reporting.ranking_baselines import Alone, baselines_of
from configspec.reporting.scheme_words import scheme_lines
from configspec.reporting.serving_words import request_words, serving_words
from configspec.selection.baselines import Baseline
from configspec.selection.ranking import Choice, Ranking
from configspec.selection.regret import conflicts
from configspec.theory.flags import Code
from configspec.theory.ids import setting_names, setting_values
from configspec.theory.serving.assumptions import Serving

COLUMNS = (
    Column(title="rank", kind="count"),
    Column(title="draft"),
    Column(title="quant"),
    Column(title="K", kind="count"),
    Column(title="value", kind="figure"),
    Column(title="interval", kind="interval"),
    Column(title=""),
)
BEST_IN = Column(title="best in", kind="share")  # of the draws, where figures were sampled
SETTINGS_AT = 3  # in which place of the columns


def ranking_sections(rankings: Sequence[Ranking], top: int, alone: Alone) -> tuple[Section, ...]:
    """A section for each device and family, with the first `top` configurations of each ranking.

    Where the best loses to doing without a draft, that is said first. `alone`: what is known of each target by itself.
    """
    groups: dict[tuple[str, str], list[Ranking]] = {}
    for ranking in rankings:
        groups.setdefault((ranking.device, ranking.family), []).append(ranking)
    return tuple(
        Section(
            heading=f"{device}, {family}",
            summary=assumptions(group),
            blocks=tuple(_of_group(group, top, alone)),
        )
        for (device, family), group in groups.items()
    )


def _of_group(group: Sequence[Ranking], top: int, alone: Alone) -> Iterator[Block]:
    held = [(ranking, baselines_of(ranking, alone)) for ranking in group]
    yield from (Paragraph(text=line) for ranking, against in held for line in losses(ranking, against))
    yield from (Paragraph(text=line) for line in map(modelled_best_words, group) if line is not None)
    yield from (_section(ranking, top, against) for ranking, against in held)
    yield from _conflicts(group)


def _section(ranking: Ranking, top: int, against: Sequence[Baseline]) -> Section:
    objective = ranking.objective
    kind = f": {ranking.power_kind}" if ranking.power_kind else ""
    heading = f"{objective.heading}, {objective.unit} ({objective.better} is better){kind}"
    return Section(heading=heading, blocks=tuple(_blocks(ranking, top, against)))


def _blocks(ranking: Ranking, top: int, against: Sequence[Baseline]) -> Iterator[Block]:
    if ranking.unavailable is not None:
        yield Notes(lines=(f"not available: {ranking.unavailable}",))
        return
    yield _table(ranking.choices[:top])
    yield Notes(lines=(*baseline_lines(ranking, against), *_notes(ranking, top)))


def _table(choices: Sequence[Choice]) -> Table:
    """With a column for each setting that varies among the choices."""
    names = setting_names(choice.configuration.cell for choice in choices)
    drawn = any(choice.best_in is not None for choice in choices)
    columns = (
        *COLUMNS[:SETTINGS_AT],
        *(Column(title=name) for name in names),
        *COLUMNS[SETTINGS_AT:-1],
        *((BEST_IN,) if drawn else ()),
        COLUMNS[-1],
    )
    return Table(columns=columns, rows=tuple(_cells(choice, names) for choice in choices))


def _cells(choice: Choice, names: Sequence[str]) -> tuple[Cell, ...]:
    it, interval = choice.configuration, Interval(low=choice.low, high=choice.high)
    settings = setting_values(it.cell, names)
    best_in = () if choice.best_in is None else (choice.best_in,)
    return choice.rank, it.draft, it.quant, *settings, it.k, choice.value, interval, *best_in, remarks(choice)


def remarks(choice: Choice) -> str:
    """A word or two: tied, not measured, to be used with care."""
    remarks = []
    if choice.rank > 1 and choice.tied_with_best:
        remarks.append("tied")
    if choice.configuration.provenance != "measured":
        remarks.append(choice.configuration.provenance)
    if choice.configuration.flags:
        remarks.append("see note")
    return ", ".join(remarks)


def _notes(ranking: Ranking, top: int) -> Iterator[str]:
    shown = ranking.choices[:top]
    hidden = sum(choice.tied_with_best for choice in ranking.choices[top:]) + ranking.cut_tied
    if hidden:
        are = "is" if hidden == 1 else "are"
        among = len(ranking.choices) + ranking.cut
        yield f"{hidden} more of {among} configurations {are} statistically tied with the best"
    flagged: dict[str, list[str]] = {}
    for choice in shown:
        for flag in choice.configuration.flags:
            flagged.setdefault(flag_words(flag), []).append(str(choice.rank))
    for words, ranks in flagged.items():
        yield f"note on {', '.join(ranks)}: {words}"
    yield from doubt_lines(ranking)
    yield from scheme_lines(ranking)
    for reason in ranking.left_out:
        yield f"left out: {reason}"


def assumptions(rankings: Sequence[Ranking]) -> str:
    """What holds for a device and family: verification, link, price, billing, what energy holds, decoding.

    Where one of the objectives looks at the prompt, what a request is taken to be, too.
    """
    ranking = rankings[0]
    asked = any("prompt_tokens_per_s" in one.objective.moves(one.serving) for one in rankings)
    request = f"; {request_words(ranking.serving.request)}" if asked else ""
    decoding = "" if ranking.decoding is None else f"; {ranking.decoding.words()}"
    return f"{serving_words(_measured(ranking))}{decoding}{request}"


def _measured(ranking: Ranking) -> Serving:
    """The assumptions without the times of verification that are modelled."""
    modelled = {one.configuration.k for one in ranking.choices if _has(one, "modelled_verification")}
    by_k = tuple(one for one in ranking.serving.verify_s_by_k if one[0] not in modelled)
    return replace(ranking.serving, verify_s_by_k=by_k)


def _has(one: Choice, code: Code) -> bool:
    return any(each.code == code for each in one.configuration.flags)


def _conflicts(rankings: Sequence[Ranking]) -> Iterator[Paragraph]:
    for conflict in conflicts(rankings):
        costs = cost_words(((one.objective, one.times) for one in conflict.regrets), conflict.chosen_for)
        if costs:
            winner = f"{conflict.chosen_for.name} winner {conflict.winner.cell.drafter_words} K={conflict.winner.k}"
            yield Paragraph(text=f"picking the {winner} costs {', '.join(costs)}")
