"""Measures more of a device until what cannot be told from the best can be, a step at a time, or the budget is spent.

Each step ranks what is known, and does what the ranking says would tell something from the best, the least work first:
cells are timed again (once at first, then as often as the time that is left allows), or more prompts are asked, of all
drafts of the family, so that all are counted over the same ones. No cell and no prompt is begun when the budget is
spent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, final

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
PROMPTS_AT_FIRST = 2  # where nobody knows how long one takes

APART = "all others are told from it, or so near that it is no difference"
SPENT = "the budget is spent"
FAILED = "what would tell the rest from the best could not be measured"
MANY = f"cells were timed {MOST_PASSES} times"


class Measuring(Protocol):
    """What measures more of a device, and returns what is then known of all configurations that it changes."""

    def time(self, cell: Cell, passes: int) -> Iterable[Known]:
        """Time a cell so many times more."""

    def ask(self, family: str, prompts: int, may_go_on: Callable[[], bool]) -> Iterable[Known]:
        """Ask so many more prompts of all drafts of a family; fewer where none are left, or `may_go_on` says no."""

    def no_prompts(self, family: str) -> str | None:
        """Why there are no more prompts to ask, and what to do for it; None where there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """What was measured more on one device.

    `passes` of each cell, by its name, and `prompts` of each family; `before` and `after`: how many configurations
    could not be told from the best, which is not counted; `problems`: why a cell could not be timed again, or a family
    not asked.
    """

    device: str
    objective: str
    ended: str
    seconds: float = 0.0
    passes: Mapping[str, int] = field(default_factory=dict)
    prompts: Mapping[str, int] = field(default_factory=dict)
    before: int = 0
    after: int = 0
    problems: Mapping[str, str] = field(default_factory=dict)


@final
class Refining:
    """The procedure of one device."""

    def __init__(
        self,
        device: str,
        objective: Objective,
        known: Iterable[Known],
        measuring: Measuring,
        *,
        budget_s: float,
        now_s: Callable[[], float],
        rules: RankingRules,
    ) -> None:
        """`known` is what there is, and `measuring` makes more of it."""
        self._device, self._objective, self._rules = device, objective, rules
        self._known: dict[ConfigurationId, Known] = {one[0].id: one for one in known}
        self._measuring = measuring
        self._budget_s, self._now_s, self._began_s = budget_s, now_s, now_s()
        self._passes: dict[str, int] = {}
        self._prompts: dict[str, int] = {}
        self._took_s: dict[str, float] = {}  # a pass over a cell, or a prompt of a family, the last time
        self._problems: dict[str, str] = {}

    def refine(self) -> Refinement:
        """Do it."""
        rankings = self._rankings()
        before = _tied(rankings)
        while (found := self._next(rankings)) is not None and not self._is_spent():
            if self._asks(found):
                self._ask(found)
            else:
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
            prompts=self._prompts,
            before=before,
            after=_tied(rankings),
            problems=self._problems,
        )

    def _rankings(self) -> tuple[Ranking, ...]:
        return Query(objectives=(self._objective,), rules=self._rules).answer(list(self._known.values()))

    def _left_s(self) -> float:
        return self._budget_s - (self._now_s() - self._began_s)

    def _is_spent(self) -> bool:
        return self._left_s() <= 0

    def _at_once(self, cell: Cell) -> int:
        """How many passes over a cell fit into the time that is left: one where nobody knows how long one takes."""
        return self._fitting(str(cell), AT_ONCE, 1)

    def _fitting(self, what: str, most: int, at_first: int) -> int:
        took_s = self._took_s.get(what)
        if took_s is None:
            return min(at_first, most)
        left_s = self._left_s()
        return most if took_s * most <= left_s else max(int(left_s / took_s), 1)

    def _next(self, rankings: Sequence[Ranking]) -> NextMeasurement | None:
        """What to do: cells to time first, with the fewest passes, then families to ask, the fewest prompts."""
        able = [one for one in _to_measure(rankings) if self._asks(one) or self._may_time(one)]
        return min(able, key=self._work, default=None)

    def _work(self, one: NextMeasurement) -> tuple[int, int, float]:
        if self._asks(one):
            return 1, one.prompts, 0.0
        return 0, one.passes_alone or 0, one.seconds or 0.0

    def _asks(self, one: NextMeasurement) -> bool:
        """Whether prompts are what it takes, and some are left; else passes may do, of which it takes more."""
        family = one.cells[0].family
        return one.prompts > 0 and family not in self._problems and self._measuring.no_prompts(family) is None

    def _may_time(self, one: NextMeasurement) -> bool:
        barred = any(str(cell) in self._problems or self._often(cell) for cell in one.cells)
        return one.passes_alone is not None and not barred

    def _often(self, cell: Cell) -> bool:
        done = (len(one.pass_samples_s) for one, _ in self._known.values() if one.cell == cell)
        return max(done, default=0) > MOST_PASSES - AT_ONCE

    def _time(self, cell: Cell, passes: int) -> None:
        if self._done(str(cell), passes, lambda: self._measuring.time(cell, passes)):
            self._passes[str(cell)] = self._passes.get(str(cell), 0) + passes

    def _ask(self, found: NextMeasurement) -> None:
        """At most as many as were asked already: the difference may shrink, and it takes more or fewer then."""
        family = found.cells[0].family
        asked = self._asked(family)
        count = self._fitting(family, min(found.prompts, max(asked, 1)), PROMPTS_AT_FIRST)
        self._done(family, count, lambda: self._measuring.ask(family, count, lambda: not self._is_spent()))
        if (more := self._asked(family) - asked) > 0:
            self._prompts[family] = self._prompts.get(family, 0) + more
        elif self._measuring.no_prompts(family) is None and not self._is_spent():
            self._problems.setdefault(family, "more prompts were asked, and none came")

    def _asked(self, family: str) -> int:
        """Over how many prompts the configurations of a family are counted, where over the most."""
        return max(len(one.acceptance.by_prompt) for one, _ in self._known.values() if one.family == family)

    def _done(self, what: str, count: int, measure: Callable[[], Iterable[Known]]) -> bool:
        """Measure, and keep how long one of so many took; whether it could be."""
        begun_s = self._now_s()
        try:
            found = list(measure())
        except ConfigspecError as problem:
            self._problems[what] = problem.lines[0]
            return False
        self._took_s[what] = (self._now_s() - begun_s) / count
        self._known.update((one[0].id, one) for one in found)
        return True

    def _why(self, rankings: Sequence[Ranking]) -> str:
        """Why nothing more is measured, though there is time."""
        unavailable = [one.unavailable for one in rankings if one.unavailable is not None]
        if len(unavailable) == len(rankings):
            return f"nothing is ranked by {self._objective.name}: {'; '.join(dict.fromkeys(unavailable))}"
        left = _to_measure(rankings)
        if any(one.passes_alone is not None for one in left):
            return FAILED if self._problems else MANY
        families = dict.fromkeys(one.cells[0].family for one in left if one.why_not is None)
        if families:
            why = [reason for one in families if (reason := self._measuring.no_prompts(one)) is not None]
            return only_prompts(why) if why else FAILED
        return "; ".join(dict.fromkeys(one.why_not for one in left if one.why_not is not None)) or APART


def only_prompts(why: Sequence[str]) -> str:
    """What ends it where there are no more of them."""
    return f"only more prompts, no passes, would tell the rest from the best, and {'; '.join(dict.fromkeys(why))}"


def _to_measure(rankings: Sequence[Ranking]) -> list[NextMeasurement]:
    return [one for ranking in rankings for one in ranking.to_measure]


def _tied(rankings: Sequence[Ranking]) -> int:
    return sum(choice.tied_with_best for ranking in rankings for choice in ranking.choices[1:])
