"""Keeps the side files of a session's cells: what rows are counted and timed from, and too large for a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from configspec.profiling.acceptance_trace import AcceptanceTrace
from configspec.profiling.drafting_speed import DraftingTimes
from configspec.profiling.power_figures import readings_of
from configspec.progress import Notice, Progress
from configspec.records.row import SampleRefs
from configspec.records.samples import write_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFiles:
    """Those in `folder`; None: none are kept. `private`: the token ids of the text stay out of them.

    None are kept either where they cannot be written, as on a full disk: what was measured is not lost by it.
    """

    folder: Path | None
    private: bool
    progress: Progress

    def of_cell(self, times: DraftingTimes, counted: AcceptanceTrace) -> SampleRefs:
        """The text, the acceptance by position, the times and the meter's readings of a cell."""
        return self._kept(partial(self._written, times, counted))

    def of_counts(self, counted: AcceptanceTrace) -> SampleRefs:
        """The text and the acceptance by position alone."""
        return self._kept(partial(self._counts_written, counted))

    def _kept(self, write: Callable[[Path], SampleRefs]) -> SampleRefs:
        if self.folder is None:
            return SampleRefs()
        try:
            return write(self.folder)
        except OSError as problem:
            why = f"{self.folder}: side files cannot be written: {problem.strerror}"
            self.progress(Notice(f"{why}. The figures are kept without."))
            return SampleRefs()

    def _written(self, times: DraftingTimes, counted: AcceptanceTrace, folder: Path) -> SampleRefs:
        readings = readings_of(times.visits)
        return replace(
            self._counts_written(counted, folder),
            times=write_samples(folder, times.token_times()),
            power=None if readings is None else write_samples(folder, readings),
        )

    def _counts_written(self, counted: AcceptanceTrace, folder: Path) -> SampleRefs:
        text = write_samples(folder, counted.text.samples(private=self.private))
        return SampleRefs(text=text, acceptance=write_samples(folder, counted.samples(text)))
