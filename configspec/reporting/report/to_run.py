"""What to run: a line for each device, family and objective, with its doubt and what it costs by the others.

A line is one row of a terminal, or two of 80 columns. Notes on what is recommended stand below the lines, in words.
What else does not fit (advice on what to measure next, schemes, how often it is the best) is counted, and said by
`configspec rank` below each ranking. The summary of a run and the page have the same lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from configspec.printable import printable
from configspec.reporting.baseline_words import losses_in_short
from configspec.reporting.choice_words import configuration_words, cost_words, value_words
from configspec.reporting.document import Notes, Section
from configspec.reporting.doubt_words import doubt_lines
from configspec.reporting.figure_words import figure
from configspec.reporting.flag_words import flag_words
from configspec.reporting.ranking_baselines import Alone, baselines_of
from configspec.reporting.rankings_section import assumptions
from configspec.reporting.scheme_words import scheme_lines
from configspec.selection.candidates import Group
from configspec.selection.ranking import Choice, Ranking
from configspec.selection.regret import Conflict, Regret, conflicts
from configspec.theory.flags import Code, Flag

COSTS = 2  # objectives by which a choice loses most, that are named
GRAVE: tuple[Code, ...] = ("failed", "throttled", "clock_changed", "device_disagrees", "host_keys_off", "own_lock")
REASON = 100  # letters of why there is no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ToRun:
    """What to run on one device, of one family."""

    device: str
    family: str
    assumed: str
    losses: tuple[str, ...]  # where speculation is worse than none, which is said first
    first: str  # of these and of `lines`, what is said of the first objective that has an answer
    lines: tuple[str, ...]  # one for each objective
    notes: tuple[str, ...]  # on what is recommended, the gravest first
    worth: tuple[str, float]  # the first objective that has an answer, and how good it is: more is better
    not_measured: Counter[str]  # of what is recommended, by provenance
    advice: int  # lines on what to measure next, and other words, that stand below the rankings

    @property
    def name(self) -> str:
        """Of what it is."""
        return f"{self.device}, {self.family}"

    @property
    def section(self) -> Section:
        """All of it under its name, with what is assumed."""
        notes = (f"note: {one}" for one in self.notes)
        return Section(
            heading=self.name, summary=self.assumed, blocks=(Notes(lines=(*self.losses, *self.lines, *notes)),)
        )


def to_run(group: Group, alone: Alone) -> ToRun:
    """Of one device and family; `alone`: what is known of each target by itself."""
    ranked = [one for one in group.rankings if one.choices]
    found = dict(zip(map(id, ranked), conflicts(group.rankings), strict=True))
    losses = [tuple(losses_in_short(one, baselines_of(one, alone, points=False))) for one in group.rankings]
    lines = tuple(_line(one, found.get(id(one))) for one in group.rankings)
    first = next((place for place, one in enumerate(group.rankings) if one.choices), 0)
    return ToRun(
        device=group.device,
        family=group.family,
        assumed=assumptions(group.rankings),
        losses=tuple(line for of_one in losses for line in of_one),
        first=(*losses[first], lines[first])[0],
        lines=lines,
        notes=tuple(_notes_on(one.choices[0] for one in ranked)),
        worth=next(map(_worth, ranked), ("", 0.0)),
        not_measured=Counter(_provenance(one) for one in ranked if _provenance(one) != "measured"),
        advice=sum(len(list(doubt_lines(one))) + len(list(scheme_lines(one))) for one in ranked),
    )


def to_run_section(found: Sequence[ToRun]) -> Section:
    """All devices and families, and below them what holds for all."""
    notes = below(found)
    blocks = (*(one.section for one in found), *((Notes(lines=notes),) if notes else ()))
    return Section(heading="what to run", blocks=blocks)


def below(found: Sequence[ToRun]) -> tuple[str, ...]:
    """What is said once for all of them: where figures are from, and how much more there is to know."""
    origins, advice = sum((one.not_measured for one in found), Counter[str]()), sum(one.advice for one in found)
    said = []
    if origins:
        told = ", ".join(f"{count} {origin}" for origin, count in origins.most_common())
        said.append(f"not measured here, of what is recommended: {told}")
    if advice:
        remarks = "1 remark" if advice == 1 else f"{advice:,} remarks"
        said.append(f"with the rankings: {remarks}, as on what to measure next")
    return ("; ".join(said),) if said else ()


def _line(ranking: Ranking, conflict: Conflict | None) -> str:
    kind = f" ({ranking.power_kind})" if ranking.power_kind else ""
    name = f"{ranking.objective.name}{kind}"
    if ranking.unavailable is not None or conflict is None:
        return f"{name}: no answer: {printable(ranking.unavailable or 'nothing was ranked', at_most=REASON)}"
    best = ranking.choices[0]
    value = f"{value_words(ranking.objective, best.value)} ({figure(best.low)} to {figure(best.high)})"
    if best.configuration.provenance != "measured":
        value += f" {best.configuration.provenance}"
    said = (f"run {configuration_words(best.configuration)}, {value}", _doubt(ranking, best), *_costs(conflict))
    return f"{name}: {'; '.join((*said, *_notes(best)))}"


def _doubt(ranking: Ranking, best: Choice) -> str:
    tied = sum(one.tied_with_best and one is not best for one in ranking.choices) + ranking.cut_tied
    others = len(ranking.choices) + ranking.cut - 1
    if not others:
        return "the only one"
    if not tied:
        return f"better than {'the other' if others == 1 else f'all {others} others'}"
    return f"{tied} of {others} others cannot be told from it"


def _costs(conflict: Conflict) -> Iterator[str]:
    """The most that it costs by other objectives; nothing where no other is known."""
    if not conflict.regrets:
        return
    worst = sorted(conflict.regrets, key=_times, reverse=True)
    costs = cost_words(((one.objective, one.times) for one in worst), conflict.chosen_for)
    more = f" and by {len(costs) - COSTS} more" if len(costs) > COSTS else ""
    yield f"costs {', '.join(costs[:COSTS])}{more}" if costs else "the best by all"


def _notes(best: Choice) -> Iterator[str]:
    notes = len({flag_words(flag) for flag in best.configuration.flags})
    if notes:
        yield f"{notes} note{'s' if notes > 1 else ''}"


def _notes_on(best: Iterable[Choice]) -> Iterator[str]:
    """Each note once, in words."""
    flags = sorted((flag for one in best for flag in one.configuration.flags), key=_gravity)
    yield from dict.fromkeys(map(flag_words, flags))


def _gravity(flag: Flag) -> int:
    return GRAVE.index(flag.code) if flag.code in GRAVE else len(GRAVE)


def _times(one: Regret) -> float:
    return one.times


def _worth(ranking: Ranking) -> tuple[str, float]:
    value = ranking.choices[0].value
    return ranking.objective.name, value if ranking.objective.better == "higher" else -value


def _provenance(ranking: Ranking) -> str:
    return ranking.choices[0].configuration.provenance
