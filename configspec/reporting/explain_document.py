"""One configuration explained: what a token of it takes, what would improve it most, and from where on it pays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from configspec.reporting.choice_words import name_of, value_words
from configspec.reporting.document import Block, Cell, Column, Interval, Notes, Paragraph, Section, Table
from configspec.reporting.figure_words import figure
from configspec.reporting.flag_words import flag_words
from configspec.reporting.modelled_words import modelled_line
from configspec.reporting.rankings_section import assumptions
from configspec.reporting.target_alone import TargetAlone, round_of
from configspec.selection.break_even import BreakEven, Rival
from configspec.selection.breakdown import TokenParts
from configspec.selection.candidates import Group
from configspec.selection.choosing import Valued
from configspec.selection.improvements import CHANGES, Improvement
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration

NOTHING = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All that is said of one configuration; `not_ranked` are the objectives by which it has no value, and why.

    `alone` is the target without a draft, where its passes were timed and are those of these rounds.
    """

    group: Group
    configuration: Configuration
    parts: TokenParts
    values: tuple[Valued, ...]
    not_ranked: tuple[tuple[Objective, str], ...]
    improvements: tuple[tuple[Objective, tuple[Improvement, ...]], ...]
    break_even: BreakEven
    rivals: tuple[Rival, ...]
    alone: TargetAlone | None = None


def explain_section(it: Explained) -> Section:
    """One section: a token, its values, what would improve it, from where on it pays."""
    one = it.configuration
    blocks = (
        *(Paragraph(text=line) for line in modelled_line("this configuration,", [one])),
        *_slower(it),
        Section(heading="what a token takes", blocks=tuple(_token(it))),
        Section(heading="its values", blocks=tuple(_values(it))),
        *_improved(it),
        Section(heading="where it pays", blocks=(Notes(lines=(*_pays(it), *_modelled_rivals(it))),)),
        *((Notes(lines=tuple(f"note: {flag_words(flag)}" for flag in one.flags)),) if one.flags else ()),
    )
    return Section(
        heading=f"{one.device}, {one.family}, {name_of(one.id)}",
        summary=assumptions(it.group.rankings),
        blocks=blocks,
    )


def _token(it: Explained) -> Iterator[Block]:
    parts = it.parts
    columns = (
        Column(title=""),
        Column(title="ms", kind="figure"),
        Column(title="share", kind="share"),
        Column(title="J", kind="figure"),
        Column(title="USD per million", kind="figure"),
    )
    joules = [one for one in (parts.drafting_j, parts.waiting_j) if one is not None]
    rows: list[tuple[Cell, ...]] = [_time("drafting", parts.drafting_s, parts.total_s, parts.drafting_j)]
    if parts.going_back_s > 0:
        rows.append(_time("going back after a rejection", parts.going_back_s, parts.total_s, None))
    verifying = _time("verification and link, waited for", parts.verifying_s, parts.total_s, parts.waiting_j)
    rows.append((*verifying[:4], _usd(parts.usd) if len(parts.charges) == 1 else NOTHING))
    total = _time("all", parts.total_s, parts.total_s, sum(joules) if len(joules) == 2 else None)
    rows.append((*total[:4], _usd(parts.usd)))
    yield Table(columns=columns, rows=tuple(rows))
    yield Notes(lines=tuple(_token_notes(it)))


def _time(words: str, part_s: float, total_s: float, joules: float | None) -> tuple[Cell, ...]:
    share = part_s / total_s if total_s > 0 else 0.0
    return words, 1000 * part_s, share, NOTHING if joules is None else joules, NOTHING


def _usd(usd: float | None) -> Cell:
    return NOTHING if usd is None else 1_000_000 * usd


def _token_notes(it: Explained) -> Iterator[str]:
    one, parts = it.configuration, it.parts
    yield (
        f"a round drafts {one.k} tokens, of which {one.acceptance.rate.value:.0%} are accepted, and yields "
        f"{parts.tokens_per_round:.2f} in {figure(1000 * parts.total_s * parts.tokens_per_round)} ms"
    )
    if parts.drafting_j is None:
        yield f"no joules of drafting: {one.power_reason or 'its power was not measured'}"
    elif parts.going_back_s > 0:
        yield "the joules of drafting are of going back too"
    if len(parts.charges) > 1:
        each = (f"{name} {'-' if usd is None else figure(1_000_000 * usd)}" for name, usd in parts.charges)
        yield f"USD per million tokens: {', '.join(each)}"
    if parts.waiting_j is None:
        yield "no joules of waiting: the power of a device that waits was not measured"
    elif it.group.serving.energy_boundary == "drafting":
        yield "the joules of waiting are not in its value below: --energy drafting+waiting counts them"


def _values(it: Explained) -> Iterator[Block]:
    columns = (
        Column(title="objective"),
        Column(title="value", kind="figure"),
        Column(title="interval", kind="interval"),
        Column(title="unit"),
        Column(title="times worse than the best", kind="ratio"),
    )
    rows: list[tuple[Cell, ...]] = [
        (one.objective.name, one.value, Interval(low=one.low, high=one.high), one.objective.unit, one.times_worse)
        for one in it.values
    ]
    if rows:
        yield Table(columns=columns, rows=tuple(rows))
    if it.not_ranked:
        yield Notes(lines=tuple(f"no {one.name}: {why}" for one, why in it.not_ranked))


def _improved(it: Explained) -> Iterator[Section]:
    """A line for each change, a column for each objective; the largest gain of the first one on top."""
    if not it.improvements:
        return
    by_change = {one.name: {each.change.words: each for each in improved} for one, improved in it.improvements}
    objectives = [one for one, _ in it.improvements]
    first = by_change[objectives[0].name]
    ordered = sorted(CHANGES, key=lambda one: -first[one.words].times_better if one.words in first else 0.0)
    rows = [
        (change.words, *(_gain(by_change[one.name].get(change.words)) for one in objectives))
        for change in ordered
        if any(change.words in changes for changes in by_change.values())
    ]
    columns = (Column(title="change"), *(Column(title=one.name, kind="error") for one in objectives))
    most = tuple(_most(one, improved) for one, improved in it.improvements if improved)
    heading = "what would improve it: how much better each value is"
    yield Section(heading=heading, blocks=(Table(columns=columns, rows=tuple(rows)), Notes(lines=most)))


def _gain(one: Improvement | None) -> Cell:
    return NOTHING if one is None else one.times_better - 1


def _most(objective: Objective, improved: Sequence[Improvement]) -> str:
    one = improved[0]
    return f"{objective.name} gains the most from {one.change.words}: {value_words(objective, one.value)}"


def _pays(it: Explained) -> Iterator[str]:
    one, found = it.configuration, it.break_even
    yield from _against_alone(it)
    yield (
        f"fetching as many tokens one by one would take {figure(1000 * found.one_by_one_s)} ms, a round trip of the "
        "same length each"
    )
    ways = [
        _acceptance(found.least_acceptance, one),
        _speed(found.least_drafting_tokens_per_s, one),
        _seconds(found.least_verify_s),
    ]
    yield f"to be no slower than that takes {_any(ways)}"
    if found.pays_in_money is not None:
        dear = "no dearer" if found.pays_in_money else "dearer"
        needs = _any([_acceptance(found.least_acceptance_for_money, one)])
        yield f"{dear} than the target alone at the same price for a token: to be no dearer takes {needs}"
    yield from (_rival(one, each) for each in it.rivals)


def _slower(it: Explained) -> Iterator[Paragraph]:
    """Said first, where it is so."""
    found, parts = it.break_even, it.parts
    if not found.pays_in_time:
        round_ms = figure(1000 * parts.total_s * parts.tokens_per_round)
        alone = f"fetching them one by one would take {figure(1000 * found.one_by_one_s)} ms"
        tokens = f"{parts.tokens_per_round:.2f} tokens"
        yield Paragraph(text=f"speculation is slower here: a round yields {tokens} in {round_ms} ms, and {alone}")


def _against_alone(it: Explained) -> Iterator[str]:
    if it.alone is not None:
        times = round_of(it.configuration, it.group.serving).times_as_fast(it.alone)
        interval = f"{times.low:.2f} to {times.high:.2f}"
        yield f"{times.value:.2f} times as fast as the target alone ({interval}) or less; {it.alone.assumes}"


def _modelled_rivals(it: Explained) -> tuple[str, ...]:
    return modelled_line("of these others,", (one.configuration for one in it.rivals))


def _any(ways: Sequence[str | None]) -> str:
    known = [one for one in ways if one is not None]
    return ", or ".join(known) if known else "more than any acceptance gives"


def _acceptance(value: float | None, one: Configuration) -> str | None:
    rate = one.acceptance.rate.value
    return None if value is None else f"an acceptance of {value:.1%} or more (it has {rate:.1%})"


def _speed(value: float | None, one: Configuration) -> str | None:
    speed = figure(one.drafting_tokens_per_s)
    return None if value is None else f"{figure(value)} drafted tokens/s or more (it has {speed})"


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"a verification of {figure(value)} s or more"


def _rival(one: Configuration, rival: Rival) -> str:
    """How far it is from the next, or the best."""
    other = f"{name_of(rival.configuration.id)} ({value_words(rival.objective, rival.value)})"
    ways = []
    if rival.acceptance is not None:
        ways.append(f"an acceptance of {rival.acceptance:.1%}")
    if rival.round_s is not None:
        ways.append(f"a round drafted in {figure(1000 * rival.round_s)} ms")
    how = f"equal with {' or '.join(ways)}" if ways else "nothing of its acceptance or drafting makes them equal"
    ahead = "ahead of the next" if rival.ahead else "behind the best"
    return f"by {rival.objective.name} {ahead}, {other}: {how}"
