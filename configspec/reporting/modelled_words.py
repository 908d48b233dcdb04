"""A warning wherever what is the best, or is chosen, was measured by nobody: for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable

from configspec.reporting.choice_words import name_json, name_of, value_words
from configspec.reporting.figure_words import figure
from configspec.selection.ranking import Choice, Ranking
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration


def modelled_best_words(ranking: Ranking) -> str | None:
    """What to know before serving a best that is modelled; None where it is not."""
    best, objective = ranking.modelled_best, ranking.objective
    if best is None:
        return None
    known = ranking.best_known
    else_ = "nothing here was measured" if known is None else f"the best that is not is {_named(objective, known)}"
    return (
        f"nobody measured the best by {objective.name}, {_named(objective, best)}: it is modelled"
        f"{_not_in_interval(ranking, best)}, so measure it before you serve it; {else_}"
    )


def modelled_best_json(ranking: Ranking) -> dict[str, object] | None:
    """The same for a program."""
    words, known = modelled_best_words(ranking), ranking.best_known
    if words is None:
        return None
    return {
        "words": words,
        "best_known": None
        if known is None
        else {
            "rank": known.rank,
            **name_json(known.configuration.id),
            "value": known.value,
            "low": known.low,
            "high": known.high,
            "provenance": known.configuration.provenance,
        },
    }


def modelled_line(what: str, some: Iterable[Configuration]) -> tuple[str, ...]:
    """A line that names those of some configurations that nobody measured; none where there is none."""
    found = dict.fromkeys(name_of(one.id) for one in some if one.provenance == "modelled")
    return (f"modelled, so measure it before you serve it: {what} {', '.join(found)}",) if found else ()


def _not_in_interval(ranking: Ranking, one: Choice) -> str:
    """The error that its interval does not hold, where the objective waits for the verifier."""
    if "round_s" not in ranking.objective.moves(ranking.serving):
        return ""
    flags = (each for each in one.configuration.flags if each.code == "modelled_verification")
    return "".join(
        f", its verification too (off by up to {float(each['seconds']):.1%}, not in that interval)" for each in flags
    )


def _named(objective: Objective, one: Choice) -> str:
    interval = f"{figure(one.low)} to {figure(one.high)}"
    return f"{name_of(one.configuration.id)} with {value_words(objective, one.value)} ({interval})"
