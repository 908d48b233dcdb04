"""Reports each part of a session's work when it is over, with the seconds that were its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from configspec.profiling.workbench import PreparedDraft, Workbench
from configspec.progress import Finished, Work
from configspec.theory.ids import Cell


class Parts:
    """Times the parts of one session, by `clock_s`, and tells `finished` of each.

    `aside_s`: seconds so far that are no part's, such as those of waiting for a board.
    """

    def __init__(
        self,
        clock_s: Callable[[], float],
        finished: Callable[[Finished], None],
        aside_s: Callable[[], float] = float,
    ) -> None:
        self._clock_s = clock_s
        self._finished = finished
        self._aside_s = aside_s
        self._host_s = 0.0  # of the work that is no device's, so far

    @contextmanager
    def timed(self, work: Work, name: str, device: str | None, share: float = 1.0) -> Iterator[None]:
        """A part, `share` of a whole one; its seconds are without those of the host's own parts within it.

        `device` None: it is one of those. What raises has failed: its seconds say nothing.
        """
        begin_s, aside_s, host_s = self._clock_s(), self._aside_s(), self._host_s
        seconds: float | None = None
        try:
            yield
            seconds = self._clock_s() - begin_s - (self._aside_s() - aside_s) - (self._host_s - host_s)
            if device is None:
                self._host_s += seconds
        finally:
            self._finished(Finished(work=work, name=name, device=device, seconds=seconds, share=share))


def prepared_draft(bench: Workbench, cell: Cell, parts: Parts) -> PreparedDraft:
    """Everything of the host that measuring the cell needs, in parts: the target's text, and the draft."""
    if bench.has_prepared(cell.family, cell.drafter):
        return bench.prepare(cell.family, cell.drafter)
    with parts.timed("draft", cell.drafter_of_family, None):
        family = bench.family(cell.family)
        bench.draft_file(family, cell.drafter)  # looked at before the target writes for an hour
        with parts.timed("text", cell.family, None):
            bench.target_text(family)
        return bench.prepare(cell.family, cell.drafter)
