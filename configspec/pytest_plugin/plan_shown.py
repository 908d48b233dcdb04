"""`--plan`: says what a run would do, after collection, so that `-k` and all else that deselects tests counts.

The run only collects: no device is touched, no journal and no results file is written, and no worker is started.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING

import pytest

from configspec.errors import ConfigspecError
from configspec.pytest_plugin.journal_folder import newest_first
from configspec.pytest_plugin.run import MeasuringRun
from configspec.pytest_plugin.shown import Terminal, terminal_of, usage_error
from configspec.pytest_plugin.time_shown import asked_of
from configspec.theory.ids import device_in

if TYPE_CHECKING:
    from configspec.profiling.preview import DraftPreview, Preview
    from configspec.reporting.plan_document import PlannedCell, PlannedRefinement, RunPlan
    from configspec.testbed.inventory import Inventory
    from configspec.theory.ids import Cell, ConfigurationId

NO_REFINE_TEST = "the test that refines is not selected: -k, -m or another option leaves it out"
JOURNALS = 5  # that are looked at for the times of earlier runs


class PlanShown:
    """The plugin of such a run."""

    def __init__(self, run: MeasuringRun, config: pytest.Config) -> None:
        self._run = run
        self._config = config

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Say it in place of the tests' names, which pytest lists where it only collects.

        Raises:
            pytest.UsageError: What a run would find wrong before its first test.
        """
        self._config.option.collectonly = False
        try:
            yield
        finally:
            self._config.option.collectonly = True
        terminal = terminal_of(self._config)
        asked = asked_of(session.items)
        if terminal is None or not asked:
            return
        try:
            plan = run_plan(self._run, asked, _beside(self._config), _refine_tests(self._run, session.items))
        except ConfigspecError as problem:
            raise usage_error(problem, self._config) from problem
        _write(terminal, plan)


def run_plan(
    run: MeasuringRun, asked: Iterable[tuple[ConfigurationId, bool]], beside: int, refine_tests: Sequence[str] = ()
) -> RunPlan:
    """What is known of a run of these tests; of the devices `refine_tests` those of `--refine` are among them.

    Raises:
        UsageError: A file that the run needs is not as it must be.
    """
    from configspec.cache import Store, default_root
    from configspec.profiling.earlier_times import earlier_times
    from configspec.profiling.preview import Preview
    from configspec.reporting.plan_document import RunPlan

    inventory = run.plan.inventory
    preview = Preview(inventory, Store(default_root()))
    cells = tuple(_planned(run, preview, list(asked)))
    families = dict.fromkeys(one.cell.family for one in cells if one.draft is not None)
    return RunPlan(
        cells=cells,
        texts=tuple(preview.text(name) for name in families),
        earlier=earlier_times(itertools.islice(newest_first(run.asked.journals), JOURNALS)),
        bounds_s={name: _bound_s(inventory, name) for name in dict.fromkeys(one.cell.device for one in cells)},
        beside=beside,
        resumable=0 if run.earlier is None else len(run.earlier.rows),
        refinement=_refinement(run, refine_tests, dict.fromkeys(one.cell.device for one in cells)),
    )


def _refine_tests(run: MeasuringRun, items: Iterable[pytest.Item]) -> list[str]:
    """The devices of the tests of `--refine` that were collected."""
    from configspec.pytest_plugin.refine_items import RefineTest

    names = [device_in(one.name, run.devices) for one in items if isinstance(one, RefineTest)]
    return [one for one in names if one is not None]


def _refinement(run: MeasuringRun, tests: Sequence[str], devices: Iterable[str]) -> PlannedRefinement | None:
    from configspec.pytest_plugin.refine_items import not_refined
    from configspec.pytest_plugin.refining import MOST_PASSES
    from configspec.reporting.plan_document import PlannedRefinement
    from configspec.testbed.prompt_choice import prompts_left

    asked = run.asked.refine
    if asked is None:
        return None
    return PlannedRefinement(
        objective=asked.objective,
        devices=tuple(one for one in tests if run.plan.inventory.devices[one].replay is None),
        without=tuple(not_refined(run, devices, tests, NO_REFINE_TEST)),
        budget_s=asked.budget_s,
        passes=MOST_PASSES,
        prompts=len(prompts_left(run.plan.inventory.sweep.prompts).prompts),
    )


def _bound_s(inventory: Inventory, device: str) -> float:
    """How long a cell may take: in each pass its warm-up, its rounds, its prompt, and its meter where one is read."""
    from configspec.devices.metering import DECLARED
    from configspec.profiling.visit import BUDGETS, PREFILL_SHARE

    power = inventory.devices[device].power
    is_read = power is not None and power.meter != DECLARED
    return (2 + PREFILL_SHARE + (BUDGETS if is_read else 0)) * inventory.sweep.passes * inventory.sweep.seconds_per_cell


def _planned(run: MeasuringRun, preview: Preview, asked: list[tuple[ConfigurationId, bool]]) -> Iterable[PlannedCell]:
    from configspec.reporting.plan_document import PlannedCell

    found: dict[Cell, tuple[set[int], set[int]]] = {}
    for one, decodes in asked:
        found.setdefault(one.cell, (set(), set()))[decodes].add(one.k)
    known: dict[tuple[str, object], DraftPreview] = {}
    for cell, (ks, decoded) in found.items():
        is_real = run.plan.inventory.devices[cell.device].replay is None
        key = cell.family, cell.drafter
        if is_real and key not in known:
            known[key] = preview.draft(*key)
        yield PlannedCell(
            cell=cell,
            ks=tuple(sorted(ks | decoded)),
            decoded=tuple(sorted(decoded)),
            draft=known[key] if is_real else None,
        )


def _beside(config: pytest.Config) -> int:
    """How many workers the run would have; xdist itself starts none where tests are only collected."""
    return max(1, int(config.getoption("numprocesses", None) or 1))


def _write(terminal: Terminal, plan: RunPlan) -> None:
    from configspec.reporting.plan_document import plan_document

    for section in plan_document(plan).sections:
        terminal.section(f"configspec: {section.heading}")
        terminal.write_line(section.summary)
        terminal.write_section(section)
