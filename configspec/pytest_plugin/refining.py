"""Times cells again until what cannot be told from the best can be, a step at a time, or the budget is spent.

Each step ranks what is known, takes from it what more passes alone would separate with the fewest of them, and has the
cells of that timed again: once at first, then as often as the time that is left allows. No cell is begun when the
budget is spent. What only more prompts would separate stays: the
prompt set is the person's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from configspec.errors import ConfigspecError
from configspec.selection.next_measurement import NextMeasurement
from configspec.selection.query import Query
from configspec.selection.ranking import Ranking, RankingRules
from configspec.theory.ids import Cell, ConfigurationId
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

Known: TypeAlias = tuple[Configuration, Serving]
AT_ONCE = 3  # passes over a cell between two rankings
MOST_PASSES = 90  # over a cell; a row holds a few more

APART = "all others are told from it, or so near that it is no difference"
PROMPTS = "only more prompts would tell the rest from the best"
SPENT = "the budget is spent"
FAILED = "what would tell the rest from the best could not be timed"
MANY = f"cells were timed {MOST_PASSES} times"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """What was timed again on one device.

    `passes` of each cell, by its name; `before` and `after`: how many configurations could not be told from the best,
    which is not counted; `problems`: why a cell could not be timed again.
    """

    device: str
    objective: str
    ended: str
    seconds: float = 0.0
    passes: Mapping[str, int] = field(default_factory=dict)
    before: int = 0
    after: int = 0
    problems: Mapping[str, str] = field(default_factory=dict)


class Refining:
    """The procedure of one device."""

    def __init__(
        self,
        device: str,
        objective: Objective,
        known: Iterable[Known],
        measure: Callable[[Cell, int], Iterable[Known]],
        *,
        budget_s: float,
        now_s: Callable[[], float],
        rules: RankingRules,
    ) -> None:
        """`measure` times a cell so many times more, and returns what is then known of its configurations."""
        self._device, self._objective, self._rules = device, objective, rules
        self._known: dict[ConfigurationId, Known] = {one[0].id: one for one in known}
        self._measure = measure
        self._budget_s, self._now_s, self._began_s = budget_s, now_s, now_s()
        self._passes: dict[str, int] = {}
        self._pass_s: dict[str, float] = {}  # what a pass over a cell took, the last time
        self._problems: dict[str, str] = {}

    def refine(self) -> Refinement:
        """Do it."""
        rankings = self._rankings()
        before = _tied(rankings)
        while (found := self._next(rankings)) is not None and not self._is_spent():
            for cell in found.cells:
                if not self._is_spent():
                    self._time(cell, min(found.passes_alone or 1, self._at_once(cell)))
            rankings = self._rankings()
        return Refinement(
            device=self._device,
            objective=self._objective.name,
            ended=self._why(rankings) if found is None else SPENT,
            seconds=self._now_s() - self._began_s,
            passes=self._passes,
            before=before,
            after=_tied(rankings),
            problems=self._problems,
        )

    def _rankings(self) -> tuple[Ranking, ...]:
        return Query(objectives=(self._objective,), rules=self._rules).answer(list(self._known.values()))

    def _is_spent(self) -> bool:
        return self._now_s() - self._began_s >= self._budget_s

    def _at_once(self, cell: Cell) -> int:
        """How many passes over a cell fit into the time that is left: one where nobody knows how long one takes."""
        pass_s = self._pass_s.get(str(cell))
        if pass_s is None:
            return 1
        left_s = self._budget_s - (self._now_s() - self._began_s)
        return AT_ONCE if pass_s * AT_ONCE <= left_s else max(int(left_s / pass_s), 1)

    def _next(self, rankings: Sequence[Ranking]) -> NextMeasurement | None:
        able = [one for one in _to_measure(rankings) if one.passes_alone is not None and self._may_time(one)]
        return min(able, key=lambda one: (one.passes_alone, one.seconds or 0.0), default=None)

    def _may_time(self, one: NextMeasurement) -> bool:
        return not any(str(cell) in self._problems or self._often(cell) for cell in one.cells)

    def _often(self, cell: Cell) -> bool:
        done = (len(one.pass_samples_s) for one, _ in self._known.values() if one.cell == cell)
        return max(done, default=0) > MOST_PASSES - AT_ONCE

    def _time(self, cell: Cell, passes: int) -> None:
        begun_s = self._now_s()
        try:
            found = list(self._measure(cell, passes))
        except ConfigspecError as problem:
            self._problems[str(cell)] = problem.lines[0]
            return
        self._pass_s[str(cell)] = (self._now_s() - begun_s) / passes
        self._passes[str(cell)] = self._passes.get(str(cell), 0) + passes
        self._known.update((one[0].id, one) for one in found)

    def _why(self, rankings: Sequence[Ranking]) -> str:
        """Why nothing more is timed, though there is time."""
        unavailable = [one.unavailable for one in rankings if one.unavailable is not None]
        if len(unavailable) == len(rankings):
            return f"nothing is ranked by {self._objective.name}: {'; '.join(dict.fromkeys(unavailable))}"
        left = _to_measure(rankings)
        alone = [one for one in left if one.passes_alone is not None]
        if alone:
            return FAILED if self._problems else MANY
        if any(one.why_not is None for one in left):
            return PROMPTS
        return "; ".join(dict.fromkeys(one.why_not for one in left if one.why_not is not None)) or APART


def _to_measure(rankings: Sequence[Ranking]) -> list[NextMeasurement]:
    return [one for ranking in rankings for one in ranking.to_measure]


def _tied(rankings: Sequence[Ranking]) -> int:
    return sum(choice.tied_with_best for ranking in rankings for choice in ranking.choices[1:])
