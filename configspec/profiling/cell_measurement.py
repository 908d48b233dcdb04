"""Measures one cell on its device: one visit of it, or all that its rows are made of."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass

from configspec import __version__
from configspec.devices.metering import DECLARED
from configspec.profiling.acceptance_check import check_acceptance
from configspec.profiling.drafting_speed import over_visits
from configspec.profiling.measured_cell import MeasuredCell
from configspec.profiling.meters import Meters, declared_power
from configspec.profiling.more_prompts import MorePrompts
from configspec.profiling.opened_cell import CellOpener, OpenedCell
from configspec.profiling.passes import complete
from configspec.profiling.power_figures import power_of
from configspec.profiling.side_files import SideFiles
from configspec.profiling.verification import measured_serving
from configspec.profiling.visit import Visit, time_visit
from configspec.profiling.visit_log import VisitLog
from configspec.profiling.workbench import Workbench
from configspec.progress import Notice
from configspec.records.passes import MOST_PASSES
from configspec.records.power import NO_METER, Power
from configspec.records.row import Environment, HostFacts, Row
from configspec.testbed.power_spec import asked_words
from configspec.theory.ids import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMeasurement:
    """How the cells of one session are measured; which of them were, and which visits count, others remember.

    `prompts_checked`: how many prompts of each cell the device decodes itself.
    """

    bench: Workbench
    opener: CellOpener
    meters: Meters
    more_prompts: MorePrompts
    side_files: SideFiles
    prompts_checked: int

    def visit(self, cell: Cell, ks: Sequence[int], told: str, log: VisitLog) -> None:
        """Time it once more, into the log; its draft stays open. `told`: which pass it is.

        Raises:
            UsageError, TestbedError: The draft, its text, or the device.
        """
        opened = self.opener.open(cell, ks, told)
        self._visit(opened, log)
        self.opener.leave_open(opened)

    def rows(self, cell: Cell, ks: Sequence[int], log: VisitLog, *, more: int = 0, prompts: int = 0) -> dict[int, Row]:
        """Its rows by K, of as many passes as the sweep makes; or of all that are kept, and `more`.

        They are counted over so many `prompts` behind the sweep's, of those that were asked.

        Raises:
            UsageError, TestbedError: The draft, its text, or the device.
        """
        passes, inventory = self.bench.inventory.sweep.passes, self.bench.inventory
        opened = self.opener.open(cell, ks, f"{more} more passes" if more else f"pass {passes} of {passes}")
        device, prepared = opened.device, opened.prepared
        counted = self.more_prompts.trace(prepared, prompts)
        before = log.keep_only(cell, ks, opened.setup_sha256)
        if more:
            before = before[: MOST_PASSES - more - 1]  # one more is made where they disagree
            passes = max(len(before), passes) + more
        visits = complete(before, passes, lambda: self._visit(opened, log), where=opened.where)
        times = over_visits(opened.model, visits, opened.timing, where=opened.where)
        serving, verification = inventory.serving_for(cell.family), opened.verification
        if verification is not None:
            serving = measured_serving(serving, verification, device, opened.timing.context, ks)
        measured = MeasuredCell(
            cell=cell,
            spec=opened.spec,
            family=prepared.family,
            times=times,
            trace=prepared.trace,
            counted=counted,
            check=check_acceptance(device, opened.staged, prepared.trace, self.prompts_checked),
            serving=serving,
            verification=verification,
            environment=self._environment(opened),
            lock_fallback_reason=device.lock_fallback_reason,
            samples=self.side_files.of_cell(times, counted),
            tensor_types=prepared.tensor_types,
            power=self._power(opened, visits),
        )
        return {k: measured.row(k) for k in ks}

    def _visit(self, opened: OpenedCell, log: VisitLog) -> Visit:
        metered = self.meters.of(opened.device)
        visit = time_visit(opened.device, opened.model, opened.timing, opened.setup_sha256, metered)
        try:
            log.add(opened.cell, opened.timing.ks, visit)
        except OSError as problem:
            where = f"{log.folder}: what was timed cannot be written: {problem.strerror}"
            self.bench.progress(Notice(f"{where}. It is kept until this run ends."))
        return visit

    def _power(self, opened: OpenedCell, visits: Sequence[Visit]) -> Power:
        spec = opened.spec.power
        if spec is None:
            return Power(watts=None, reason=NO_METER)
        if spec.meter == DECLARED:
            return declared_power(spec)
        metered = self.meters.of(opened.device)
        return power_of(visits, asked_words(spec), metered.looked_for, metered.reason or NO_METER)

    def _environment(self, opened: OpenedCell) -> Environment:
        return Environment(
            device=opened.board,
            health=opened.device.health,
            host=HostFacts(python=platform.python_version(), configspec=__version__),
            inventory_sha256=self.bench.inventory.sha256,
            env_names=tuple(sorted(opened.spec.env)),
        )
