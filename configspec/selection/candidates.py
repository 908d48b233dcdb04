"""Configurations of one device and family, weighed by several objectives at once.

    v[o, n]   value of configuration n by objective o
    b[o, n]   its badness: v where lower is better, 1 / v where higher is
    t[o, n]   times worse: b[o, n] over the least b[o] of all; 1 for the best

Everything that weighs objectives against each other uses t: it has no unit, and a ratio is a ratio in either direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from configspec.selection.ranking import Choice, Ranking, RankingRules
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


def badness(objective: Objective, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values turned so that less is better; they keep their ratios."""
    return values if objective.better == "lower" else 1.0 / values


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Those that have a value by every one of `objectives`, in the order of the first one's ranking.

    `choices[o][n]` is configuration n as objective o ranks it. `left_out` names what lacks a figure, with the reason.
    """

    objectives: tuple[Objective, ...]
    configurations: tuple[Configuration, ...]
    choices: tuple[tuple[Choice, ...], ...]
    left_out: tuple[str, ...]

    @property
    def values(self) -> NDArray[np.float64]:
        """v, (objectives, configurations)."""
        return np.array([[choice.value for choice in ranked] for ranked in self.choices], dtype=np.float64)

    @property
    def times_worse(self) -> NDArray[np.float64]:
        """t, (objectives, configurations)."""
        bad = np.stack([badness(one, row) for one, row in zip(self.objectives, self.values, strict=True)])
        times: NDArray[np.float64] = bad / bad.min(axis=1, keepdims=True)
        return times


@dataclass(frozen=True, kw_only=True)
class Group:
    """The rankings of one device and family, none of them cut short."""

    device: str
    family: str
    rankings: tuple[Ranking, ...]

    @property
    def serving(self) -> Serving:
        """What is assumed of the verifier."""
        return self.rankings[0].serving

    @property
    def rules(self) -> RankingRules:
        """How they were ranked."""
        return self.rankings[0].rules

    @property
    def rankable(self) -> tuple[Objective, ...]:
        """The objectives by which something has a value."""
        return tuple(one.objective for one in self.by_objective.values() if one.choices)

    @cached_property
    def by_objective(self) -> Mapping[str, Ranking]:
        """The ranking of each objective, by its name; where kinds of power differ, that of the most configurations."""
        found: dict[str, Ranking] = {}
        for one in self.rankings:
            found.setdefault(one.objective.name, one)
        return found

    @cached_property
    def _places(self) -> Mapping[str, Mapping[ConfigurationId, Choice]]:
        rankings = self.by_objective.items()
        return {name: {choice.configuration.id: choice for choice in one.choices} for name, one in rankings}

    def missing(self, objectives: Iterable[Objective]) -> str | None:
        """Why one of the objectives ranks nothing here; None where each ranks something."""
        for one in objectives:
            why = self.by_objective[one.name].unavailable
            if why is not None:
                return f"{one.name}: {why}"
        return None

    def choice(self, objective: Objective, wanted: ConfigurationId) -> Choice | None:
        """A configuration as an objective ranks it; None where it has no value."""
        return self._places[objective.name].get(wanted)

    def together(self, objectives: Sequence[Objective]) -> Candidates:
        """What has a value by every one of the objectives, at least one; each once."""
        unique = tuple({one.name: one for one in objectives}.values())
        ranked = self.by_objective[unique[0].name].choices
        rows = [tuple(self.choice(one, choice.configuration.id) for one in unique) for choice in ranked]
        whole = [tuple(choice for choice in row if choice is not None) for row in rows]
        whole = [row for row in whole if len(row) == len(unique)]
        return Candidates(
            objectives=unique,
            configurations=tuple(row[0].configuration for row in whole),
            choices=tuple(tuple(row[place] for row in whole) for place in range(len(unique))),
            left_out=tuple(dict.fromkeys(line for one in unique for line in self._left_out(one))),
        )

    def _left_out(self, objective: Objective) -> Iterable[str]:
        ranking = self.by_objective[objective.name]
        yield from ranking.left_out
        for other in self.rankings:
            if other.objective.name == objective.name and other is not ranking:
                cells = dict.fromkeys(choice.configuration.cell.drafter_words for choice in other.choices)
                yield from (f"{cell}: its power is of another kind: {other.power_kind or 'not said'}" for cell in cells)


def groups_of(rankings: Iterable[Ranking]) -> tuple[Group, ...]:
    """The rankings of each device and family, in the order of first appearance."""
    found: dict[tuple[str, str], list[Ranking]] = {}
    for one in rankings:
        found.setdefault((one.device, one.family), []).append(one)
    return tuple(Group(device=device, family=family, rankings=tuple(ones)) for (device, family), ones in found.items())
