"""What to run: a sentence for each device, family and objective, with its doubt and what it costs by the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from configspec.reporting.baseline_words import losses
from configspec.reporting.choice_words import cost_words, name_of, value_words
from configspec.reporting.document import Notes, Section
from configspec.reporting.doubt_words import doubt_lines
from configspec.reporting.figure_words import figure
from configspec.reporting.flag_words import flag_words
from configspec.reporting.ranking_baselines import Alone, baselines_of
from configspec.reporting.rankings_section import assumptions
from configspec.selection.candidates import Group
from configspec.selection.ranking import Choice, Ranking
from configspec.selection.regret import Conflict, conflicts

NAMED = 3  # of those that are tied with the best
FLAGS = 2  # of the best


def to_run_sections(groups: Sequence[Group], alone: Alone) -> tuple[Section, ...]:
    """A section for each device and family; `alone`: what is known of each target by itself."""
    return tuple(
        Section(
            heading=f"{group.device}, {group.family}",
            summary=assumptions(group.rankings),
            blocks=(Notes(lines=tuple(_sentences(group, alone))),),
        )
        for group in groups
    )


def _sentences(group: Group, alone: Alone) -> Iterator[str]:
    """Where speculation loses, that first."""
    for ranking in group.rankings:
        yield from (f"{_capital(line)}." for line in losses(ranking, baselines_of(ranking, alone, points=False)))
    ranked = [one for one in group.rankings if one.choices]
    found = {id(ranking): conflict for ranking, conflict in zip(ranked, conflicts(group.rankings), strict=True)}
    for ranking in group.rankings:
        kind = f" ({ranking.power_kind})" if ranking.power_kind else ""
        if ranking.unavailable is not None:
            yield f"For {ranking.objective.heading}{kind}: no answer, since {ranking.unavailable}."
            continue
        best = ranking.choices[0]
        said = (_choice(ranking, best), *_doubt(ranking, best), *_costs(found[id(ranking)]), *_notes(ranking, best))
        yield f"For {ranking.objective.heading}{kind}: {' '.join(said)}"


def _choice(ranking: Ranking, best: Choice) -> str:
    value = value_words(ranking.objective, best.value)
    return f"run {name_of(best.configuration.id)}, {value} ({figure(best.low)} to {figure(best.high)})."


def _doubt(ranking: Ranking, best: Choice) -> Iterator[str]:
    tied = [one for one in ranking.choices if one.tied_with_best and one is not best]
    count, among = len(tied) + ranking.cut_tied, len(ranking.choices) + ranking.cut
    if best.configuration.provenance != "measured":
        yield f"Its figures are {best.configuration.provenance}, not measured here."
    if among == 1:
        yield "It is the only one that was ranked."
    elif not count:
        yield f"All {among - 1} others are shown worse, or worse by more than {ranking.rules.indifference:.0%}."
    else:
        names = ", ".join(name_of(one.configuration.id) for one in tied[:NAMED])
        more = f" and {count - len(tied[:NAMED])} more" if count > len(tied[:NAMED]) else ""
        yield f"{count} of {among - 1} others cannot be told from it: {names}{more}."
    if best.best_in is not None:
        yield f"It is the best in {best.best_in:.0%} of the draws."


def _costs(conflict: Conflict) -> Iterator[str]:
    if not conflict.regrets:
        return
    costs = cost_words(((one.objective, one.times) for one in conflict.regrets), conflict.chosen_for)
    yield f"It costs {', '.join(costs)}." if costs else "It is the best by the other objectives too."


def _capital(line: str) -> str:
    return line[:1].upper() + line[1:]


def _notes(ranking: Ranking, best: Choice) -> Iterator[str]:
    yield from (f"{_capital(line)}." for line in doubt_lines(ranking))
    words = list(dict.fromkeys(flag_words(flag) for flag in best.configuration.flags))
    if words:
        more = f"; and {len(words) - FLAGS} more" if len(words) > FLAGS else ""
        yield f"Note: {'; '.join(words[:FLAGS])}{more}."
