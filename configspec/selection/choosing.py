"""One choice for each device and family: by a criterion, under limits, with what it costs and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from configspec.selection.candidates import Group, badness
from configspec.selection.criterion import Criterion
from configspec.selection.likelihood import likelihood
from configspec.selection.limits import Limit, LimitFinding, Nearest, limit_findings, nearest_miss, times_missed
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """A configuration by one objective: its value with the interval, and how many times worse than the best it is.

    The best is that of all that the objective ranks, whether it meets the limits or not.
    """

    objective: Objective
    value: float
    low: float
    high: float
    times_worse: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A configuration that meets every limit, in its place.

    `values` are by each objective by which it has one, those of the criterion first. `chosen_in` is the share of draws
    in which it is chosen, `meets_in` that in which it meets every limit; None where nothing was sampled. `tied`: it is
    not shown to be worse than the first, or is so little worse that it is of no interest.
    """

    rank: int
    configuration: Configuration
    loss: float
    values: tuple[Valued, ...]
    chosen_in: float | None
    meets_in: float | None
    tied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is chosen for one device and family, the best first; none where nothing meets the limits.

    `unavailable` says why nothing could be weighed at all. `nearest` is there where nothing meets the limits.
    `nothing_in` is the share of draws in which nothing would.
    """

    group: Group
    criterion: Criterion
    limits: tuple[Limit, ...]
    unavailable: str | None = None
    alternatives: tuple[Alternative, ...] = ()
    candidates: int = 0
    findings: tuple[LimitFinding, ...] = ()
    nearest: Nearest | None = None
    nothing_in: float | None = None
    left_out: tuple[str, ...] = ()

    @property
    def chosen(self) -> Alternative | None:
        """The first, if there is one."""
        return self.alternatives[0] if self.alternatives else None


def decide(group: Group, criterion: Criterion, limits: Sequence[Limit]) -> Decision:
    """Choose for one device and family. Equal losses keep the order of the criterion's first objective."""
    needed = (*criterion.objectives, *(one.objective for one in limits))
    given = Decision(group=group, criterion=criterion, limits=tuple(limits), unavailable=group.missing(needed))
    if given.unavailable is not None:
        return given
    candidates = group.together(needed)
    count = len(candidates.configurations)
    given = replace(given, candidates=count, left_out=candidates.left_out)
    if not count:
        names = ", ".join(one.name for one in candidates.objectives)
        return replace(given, unavailable=f"nothing has a value by each of {names}")
    given = replace(given, findings=limit_findings(candidates, limits))
    loss = criterion.loss(candidates.times_worse[: len({one.name for one in criterion.objectives})])
    meets = np.all(times_missed(candidates, limits) <= 1, axis=0).tolist()
    order = [place for place in np.argsort(loss, kind="stable").tolist() if meets[place]]
    if not order:
        return replace(given, nearest=nearest_miss(candidates, limits))
    sure = likelihood(group, candidates, criterion, limits, order[0])
    alternatives = tuple(
        Alternative(
            rank=rank,
            configuration=candidates.configurations[place],
            loss=float(loss[place]),
            values=values_of(group, candidates.configurations[place], needed),
            chosen_in=sure.chosen[place],
            meets_in=sure.meets[place],
            tied=sure.tied[place],
        )
        for rank, place in enumerate(order, 1)
    )
    return replace(given, alternatives=alternatives, nothing_in=sure.none_meets)


def values_of(group: Group, one: Configuration, first: Sequence[Objective] = ()) -> tuple[Valued, ...]:
    """A configuration by each objective by which it has a value, those of `first` in front."""
    found = []
    for objective in {each.name: each for each in (*first, *group.rankable)}.values():
        choice = group.choice(objective, one.id)
        if choice is not None:
            best = group.by_objective[objective.name].choices[0].value
            pair = badness(objective, np.array([choice.value, best]))
            found.append(
                Valued(
                    objective=objective,
                    value=choice.value,
                    low=choice.low,
                    high=choice.high,
                    times_worse=float(pair[0] / pair[1]),
                )
            )
    return tuple(found)
