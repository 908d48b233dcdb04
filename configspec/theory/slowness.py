"""What makes all rounds slow alike, so that their spread does not show it.

    taken       processors that others had, on average while the rounds were timed: other programs, or a hypervisor
    lack        threads + taken - processors: so many threads had to wait for a processor
    throttled   a control group's quota stopped the agent
    far below   each token reads all weights once, so weights * tokens/s is near what memory gives. llama.cpp reaches
                half of that and more; a processor that is slow at a quantisation a fifth. A tenth is another cause.
                Of small models each token costs more than its weights: OVERHEAD_S of each is never held against it

The kernel counts processor time in ticks, so of a short window little can be said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from configspec.theory.flags import Flag, flag

TICK_S = 0.01  # USER_HZ of every Linux
LACK = 0.1  # of the threads
WAITING = 0.1  # of the window
WAITING_WINDOW_S = 4.0  # the kernel sums up waiting every two seconds
FAR_BELOW = 0.1
OVERHEAD_S = 0.005  # of a token: far more than the graph of a small model takes, on any board


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorLoad:
    """Who had the processors that a draft may use, in the `window_s` in which its rounds were timed.

    Processor seconds, of all `processors` together: `own_s` of the agent, `others_s` of other programs, `stolen_s` of a
    hypervisor's other guests. `waiting_s`: in which some task of the board waited for a processor. `throttled_s`: for
    which a quota stopped the agent, `throttled_periods` times. None: the kernel does not show it.
    """

    window_s: float
    processors: int
    own_s: float
    others_s: float | None = None
    stolen_s: float | None = None
    waiting_s: float | None = None
    throttled_s: float | None = None
    throttled_periods: int | None = None

    @property
    def taken(self) -> float | None:
        """Processors that others had; None where nobody knows."""
        if self.others_s is None and self.stolen_s is None:
            return None
        return ((self.others_s or 0.0) + (self.stolen_s or 0.0)) / self.window_s if self.window_s else 0.0


def processors_taken(loads: Iterable[ProcessorLoad], threads: int) -> Flag | None:
    """Whether others had processors that `threads` threads needed, in any of the windows; of the worst of them."""
    found = [(one.taken, one) for one in loads if one.taken is not None and _lacks(one, one.taken, threads)]
    if not found:
        return None
    taken, worst = max(found, key=lambda each: each[0])
    return flag("processors_taken", taken=taken, processors=worst.processors, threads=threads, window=worst.window_s)


def processors_waited_for(loads: Iterable[ProcessorLoad]) -> Flag | None:
    """Where the kernel does not say who had the processors: whether tasks waited for one, in the worst window."""
    shares = [
        (one.waiting_s / one.window_s, one.window_s)
        for one in loads
        if one.taken is None and one.waiting_s is not None and one.window_s >= WAITING_WINDOW_S
    ]
    share, window_s = max(shares, default=(0.0, 0.0))
    return flag("processors_waited_for", share=share, window=window_s) if share > WAITING else None


def quota_reached(loads: Iterable[ProcessorLoad]) -> Flag | None:
    """Whether a quota stopped the agent, in the worst of the windows."""
    stops = [(one.throttled_s or 0.0, one.throttled_periods or 0, one.window_s) for one in loads]
    stopped_s, periods, window_s = max(stops, default=(0.0, 0, 0.0))
    return flag("quota_reached", periods=periods, seconds=stopped_s, window=window_s) if periods else None


def far_below_memory(*, token_s: float, weights_bytes: int, memory_bytes_per_s: float | None) -> Flag | None:
    """Whether a token takes far longer than to read the model once, at the speed that the board's memory was read."""
    if memory_bytes_per_s is None or token_s <= OVERHEAD_S + weights_bytes / (FAR_BELOW * memory_bytes_per_s):
        return None
    return flag(
        "far_below_memory",
        reached=weights_bytes / token_s,
        memory=memory_bytes_per_s,
        token=token_s,
        expected=weights_bytes / memory_bytes_per_s,
    )


def _lacks(load: ProcessorLoad, taken: float, threads: int) -> bool:
    unsure = 2 * TICK_S * load.processors / load.window_s if load.window_s else float("inf")
    return min(taken, threads + taken - load.processors) > LACK * threads + unsure
