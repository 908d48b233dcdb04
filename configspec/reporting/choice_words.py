"""How what is chosen, and by what, is said: for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from configspec.reporting.figure_words import figure
from configspec.reporting.flag_words import flag_words
from configspec.selection.criterion import Criterion
from configspec.selection.limits import Limit
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration

WORTH_TELLING = 1.005  # times worse: what rounds to 1.00 is left out


def name_of(one: ConfigurationId) -> str:
    """Within its device and family: `1b-inst Q4_K_M K=6`."""
    return f"{one.cell.drafter_words} K={one.k}"


def configuration_words(one: Configuration) -> str:
    """The same, with a word where nobody measured it: `1b-inst Q4_K_M K=7 (modelled)`."""
    return name_of(one.id) + (" (modelled)" if one.provenance == "modelled" else "")


def name_json(one: ConfigurationId) -> dict[str, object]:
    """The same for a program."""
    return {"draft": one.draft, "quant": one.quant, "settings": dict(one.cell.settings), "k": one.k}


def configuration_json(one: Configuration) -> dict[str, object]:
    """The same with where its figures come from."""
    return {**name_json(one.id), "provenance": one.provenance}


def title_of(objective: Objective) -> str:
    """What heads a column of its values."""
    return f"{objective.name}, {objective.unit}"


def value_words(objective: Objective, value: float) -> str:
    """A value with its unit."""
    return f"{figure(value)} {objective.unit}"


def cost_words(costs: Iterable[tuple[Objective, float]], *others: Objective) -> list[str]:
    """What is lost by each objective, as times worse: `1.20x in tokens/s`. What rounds to 1.00 is left out.

    Where several have one unit, `others` among them, the name is told as well.
    """
    found = list(costs)
    units = Counter(one.unit for one in (*(one for one, _ in found), *others))
    return [
        f"{times:.2f}x in {one.unit}{f' ({one.name})' if units[one.unit] > 1 else ''}"
        for one, times in found
        if times > WORTH_TELLING
    ]


def limit_words(limit: Limit) -> str:
    """A limit as it is read: `goodput of at least 3.00 tokens/s`."""
    least = "most" if limit.objective.better == "lower" else "least"
    return f"{limit.objective.name} of at {least} {value_words(limit.objective, limit.value)}"


def limits_words(limits: Sequence[Limit]) -> str:
    """All of them."""
    return " and ".join(map(limit_words, limits))


def limit_json(limit: Limit) -> dict[str, object]:
    """A limit for a program."""
    at = "at_most" if limit.objective.better == "lower" else "at_least"
    return {"objective": limit.objective.name, "unit": limit.objective.unit, at: limit.value}


def criterion_words(criterion: Criterion) -> str:
    """What is chosen by."""
    names = [one.name for one in criterion.objectives]
    if criterion.way == "objective":
        (one,) = criterion.objectives
        return f"the best by {one.name}, {one.unit} ({one.better} is better)"
    if criterion.way == "minimax-regret":
        return f"the least regret: how many times worse than the best in the worst of {', '.join(names)}"
    weighed = (f"{name} ({weight:g})" for name, weight in zip(names, criterion.weights, strict=True))
    return f"the weighted geometric mean of {', '.join(weighed)}, each as times worse than its best"


def criterion_json(criterion: Criterion) -> dict[str, object]:
    """The same for a program; no weights where nothing is weighted."""
    return {
        "way": criterion.way,
        "objectives": [one.name for one in criterion.objectives],
        "weights": list(criterion.weights) or None,
    }


def flag_notes(shown: Iterable[tuple[str, Configuration]]) -> Iterable[str]:
    """A note for each thing to know before using what is shown, with the ranks that it is about."""
    flagged: dict[str, list[str]] = {}
    for rank, one in shown:
        for flag in one.flags:
            flagged.setdefault(flag_words(flag), []).append(rank)
    return [f"note on {', '.join(ranks)}: {words}" for words, ranks in flagged.items()]


def doubts(one: Configuration) -> list[str]:
    """Remarks of a line: where its figures are from, if nobody measured them here, and whether there is a note."""
    where = [] if one.provenance == "measured" else [one.provenance]
    return [*where, *(["see note"] if one.flags else [])]
