"""How a run measures more of a device for `--refine`: cells by its session, prompts by their target; as rows.

A row that is made anew keeps what the first one says of the sweep and of its test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, final

from configspec.pytest_plugin.refining import Known
from configspec.pytest_plugin.sessions import more_rows_of, session_of
from configspec.records.row import Refined, Row
from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.testbed.prompt_choice import sweep_prompts
from configspec.theory.ids import Cell, ConfigurationId

if TYPE_CHECKING:
    import pytest

    from configspec.pytest_plugin.run import MeasuringRun
    from configspec.testbed.prompts_spec import PromptsSpec


@final
class MeasuringRows:
    """`Measuring` of one device. `rows` are all that there are now, `made` those that are new among them."""

    def __init__(
        self, run: MeasuringRun, config: pytest.Config, rows: Mapping[ConfigurationId, Row], objective: str
    ) -> None:
        self._run, self._config, self._objective = run, config, objective
        self._sweep = run.plan.inventory.sweep
        self.rows = dict(rows)
        self.made: dict[ConfigurationId, Row] = {}
        self._asked: dict[str, int] = {}  # prompts of each family that the rows are counted over, behind the sweep's

    def go_on(self, may_go_on: Callable[[], bool]) -> None:
        """Where rows of an earlier run were counted over more prompts, count all of their family over these."""
        for family in dict.fromkeys(one.family for one in self.rows):
            if (most := max(map(_more_prompts, self._of(family)))) > 0:
                self._count_over(family, most, may_go_on)

    def time(self, cell: Cell, passes: int) -> Iterable[Known]:
        """Time a cell so many times more."""
        prompts = self._asked.get(cell.family, 0)
        made = more_rows_of(self._run, self._config, cell, passes=passes, prompts=prompts)
        return self._take(map(self._timed, made.values()))

    def ask(self, family: str, prompts: int, may_go_on: Callable[[], bool]) -> Iterable[Known]:
        """Ask so many more prompts of all drafts of a family, and count all of its rows anew."""
        return self._count_over(family, self._asked.get(family, 0) + prompts, may_go_on)

    def no_prompts(self, family: str) -> str | None:
        """Why there are no more prompts to ask, and what to do for it; None where there are."""
        session = session_of(self._run, self._config)
        asked = session.more_prompts.asked(family)
        if asked > self._asked.get(family, 0) or session.more_prompts.are_left(family):
            return None
        used = len(session.more_prompts.text(session.workbench.family(family), asked).prompts)
        return all_in_use(self._sweep.prompts, used)

    def _count_over(self, family: str, prompts: int, may_go_on: Callable[[], bool]) -> Iterable[Known]:
        """All rows of a family, counted over so many prompts behind the sweep's, or as many as there are."""
        session = session_of(self._run, self._config)
        asked = min(session.more_prompts.ask(family, prompts, may_go_on=may_go_on), prompts)
        text = session.more_prompts.text(session.workbench.family(family), asked)
        by_cell: dict[Cell, list[Row]] = {}
        for row in self._of(family):
            # What an earlier run counted over more prompts than there are now stays.
            if row.acceptance.prompts_sha256 != text.prompts_sha256 and _more_prompts(row) <= asked:
                by_cell.setdefault(row.cell, []).append(row)
        made = [row for cell, some in by_cell.items() for row in session.recounted(cell, some, prompts=asked)]
        self._asked[family] = asked
        return self._take(self._instead(row, passes=_passes(row)) for row in made)

    def _of(self, family: str) -> list[Row]:
        return [row for row in self.rows.values() if row.family == family]

    def _take(self, rows: Iterable[Row]) -> Iterable[Known]:
        made = {row.id: row for row in rows}
        self.rows |= made
        self.made |= made
        return rows_to_rank(list(made.values()))

    def _timed(self, row: Row) -> Row:
        return self._instead(row, passes=max(len(row.drafting.passes or ()) - self._sweep.passes, 1))

    def _instead(self, now: Row, *, passes: int) -> Row:
        """A new row, with what the one that it takes the place of says of the sweep and of its test."""
        before = self.rows.get(now.id)
        if before is None:
            return now
        if len(before.acceptance.by_prompt) > len(now.acceptance.by_prompt):
            counted = {"text": before.samples.text, "acceptance": before.samples.acceptance}
            flags = tuple(one for one in now.flags if one.code != "few_prompts" or one in before.flags)
            samples = replace(now.samples, **counted)
            now = replace(now, acceptance=before.acceptance, flags=flags, samples=samples)
        prompts = len(now.acceptance.by_prompt) - (len(before.acceptance.by_prompt) - _more_prompts(before))
        sweep_round_s = before.drafting.round_s if before.refined is None else before.refined.sweep_round_s
        refined = Refined(
            objective=self._objective,
            passes=passes,
            sweep_round_s=sweep_round_s,
            prompts=prompts,
            sweep_prompts_sha256=before.sweep_prompts_sha256 if prompts else None,
        )
        return replace(now, outcome=before.outcome, refined=refined)


def all_in_use(spec: PromptsSpec, used: int) -> str:
    """Why no prompt of a set is left, `used` of which are asked, and where more are added."""
    prompts = sweep_prompts(replace(spec, limit=None))
    count = len(prompts.prompts)
    counted = f"all {count} prompts" if used == count else f"all {used} of {count} prompts that fit"
    counted, are = ("the only prompt", "is") if used == count == 1 else (counted, "are")
    if spec.path is None:
        return f"{counted}, of the set that configspec carries, {are} in use: name one that has more (sweep.prompts)"
    of, wider = ("", "") if spec.categories is None else (" in its categories", ", or take more categories")
    return f"{counted} of {prompts.path.name}{of} {are} in use: add prompts to it{wider} (sweep.prompts)"


def _more_prompts(row: Row) -> int:
    return 0 if row.refined is None else row.refined.prompts


def _passes(row: Row) -> int:
    return 0 if row.refined is None else row.refined.passes
