"""Whether heat, or what guards a board against it, slowed down what was measured.

    throttled       a Raspberry Pi's bit of now was seen set, or one of those that last was set meanwhile; a cooling
                    device slowed a processor; the kernel counted an event of x86, or OC1 or OC2 of a Jetson
    OC3             counts up on a healthy Orin Nano, even idle, by 1 to 30 events/s of about 1 ms each. So it is held
                    against a board above OC3_PER_S only, or where the clock or the speed fell, too
    fixed loop      takes longer on a throttled board, and on one that others use: alone it says nothing, unless it
                    takes far longer on a hot board
    clock_changed   the mode, the governor or a limit of a clock is another afterwards
    swapped         memory went to or came from the disk

Bits that were set before, counters that only have old events, and counters that went back say nothing.

https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
https://docs.nvidia.com/jetson/archives/r36.4/DeveloperGuide/SD/PlatformPowerAndPerformance.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from configspec.theory.flags import Code, Flag, Part, flag
from configspec.theory.statistics import median_estimate

BARS_FROM_RANKING: frozenset[Code] = frozenset({"throttled", "clock_changed"})

OC3_PER_S = 20.0
OC3_BATCH_S = 2.0  # the counter moves that seldom, so that a window may count events of so long before it
SLOWER = 0.03  # of the fixed loop, and of a speed
MUCH_SLOWER = 0.10
HOT_C = 80.0
CLOCK_FELL = 0.10
PI_BITS = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}
PI_LASTING = 16  # by so many bits higher: the same since the board began
COUNTED = {
    "core_throttle_count": "thermal throttling of a core",
    "package_throttle_count": "thermal throttling of the package",
    "oc1": "throttling event OC1",
    "oc2": "throttling event OC2",
}
TEXT_LETTERS = 200
FEWEST_ROUNDS = 4  # in each part: by luck alone, 4 and 4 lie apart once in 35 times


class _Clock(Protocol):
    """A clock's limits, and what it is."""

    @property
    def min_hz(self) -> int: ...
    @property
    def max_hz(self) -> int: ...
    @property
    def now_hz(self) -> int | None: ...


class _State(Protocol):
    """What is judged of a board at one moment: `HeatState` of `records/heat.py` says what each is."""

    @property
    def t_s(self) -> float: ...
    @property
    def events(self) -> Mapping[str, int]: ...
    @property
    def pi_bits(self) -> int | None: ...
    @property
    def cooling(self) -> Mapping[str, int]: ...
    @property
    def power_mode(self) -> str | None: ...
    @property
    def governor(self) -> str | None: ...
    @property
    def cpu_clocks(self) -> Mapping[str, _Clock]: ...
    @property
    def gpu_clocks(self) -> Mapping[str, _Clock]: ...
    @property
    def swap_in_pages(self) -> int | None: ...
    @property
    def swap_out_pages(self) -> int | None: ...
    @property
    def loop_s(self) -> float: ...


class _Heat(Protocol):
    """Two states and what was seen between them, as `Heat` of `records/heat.py` has them."""

    @property
    def start(self) -> _State: ...
    @property
    def end(self) -> _State: ...
    @property
    def max_c(self) -> float | None: ...
    @property
    def pi_bits_seen(self) -> int | None: ...


def judge(heat: _Heat, *, slower: bool = False, part: Part = "profile") -> tuple[Flag, ...]:
    """What to know of the heat of what was measured; `slower`: its speed fell meanwhile, as `cold_and_sustained` says.

    One flag for each sign. `events` of one that nobody counts is 0.
    """
    start, end = heat.start, heat.end
    throttled = [flag("throttled", part, what=what, events=events) for what, events in _signs(heat, slower)]
    changed = [
        flag("clock_changed", part, what=what, before=before[:TEXT_LETTERS], after=after[:TEXT_LETTERS])
        for what, before, after in _changes(start, end)
    ]
    pages = swapped_pages(start, end)
    return (*throttled, *changed, *([flag("swapped", part, pages=pages)] if pages else []))


def events_between(start: _State, end: _State) -> Mapping[str, int]:
    """Events of each counter that both have. One that went back began anew, and what it missed nobody knows."""
    both = start.events.keys() & end.events.keys()
    return {
        name: end.events[name] - start.events[name] for name in sorted(both) if end.events[name] >= start.events[name]
    }


def swapped_pages(start: _State, end: _State) -> int | None:
    """Pages that went to and from the disk; None where neither is counted. A counter that went back adds none."""
    counted = ((start.swap_in_pages, end.swap_in_pages), (start.swap_out_pages, end.swap_out_pages))
    more = [max(0, after - before) for before, after in counted if before is not None and after is not None]
    return sum(more) if more else None


def _signs(heat: _Heat, slower: bool) -> Iterator[tuple[str, int]]:
    """Each sign of throttling, with the events that were counted of it."""
    bits = _pi_bits(heat)
    yield from ((what, 0) for bit, what in PI_BITS.items() if bits >> bit & 1)
    for kind in sorted({*heat.start.cooling, *heat.end.cooling}):
        if max(heat.start.cooling.get(kind, 0), heat.end.cooling.get(kind, 0)) > 0:
            yield f"cooled by {kind}", 0
    events = events_between(heat.start, heat.end)
    yield from ((what, events[name]) for name, what in COUNTED.items() if events.get(name))
    yield from _weak_signs(heat, events.get("oc3", 0), slower)


def _pi_bits(heat: _Heat) -> int:
    """The bits, 0 to 3, that were seen set, and those whose lasting ones were set meanwhile."""
    before, after = heat.start.pi_bits, heat.end.pi_bits
    newly = 0 if before is None or after is None else (after & ~before) >> PI_LASTING
    return (before or 0) | (after or 0) | (heat.pi_bits_seen or 0) | newly


def _weak_signs(heat: _Heat, oc3: int, slower: bool) -> Iterator[tuple[str, int]]:
    """Those that say little alone, where two of them agree, or one is strong."""
    start, end = heat.start, heat.end
    longer = end.loop_s / start.loop_s - 1 if start.loop_s > 0 else 0.0
    looped = f"a fixed loop took {100 * longer:.3g}% longer"
    fell = _clock_fell(start, end)
    per_s = oc3 / (max(0.0, end.t_s - start.t_s) + OC3_BATCH_S)
    with_it = "the clock fell" if fell else looped if longer > SLOWER else "drafting became slower" if slower else None
    if per_s > OC3_PER_S:
        yield f"throttling event OC3, {per_s:.3g} a second", oc3
    elif oc3 and with_it:
        yield f"throttling event OC3, and {with_it}", oc3
    if longer > SLOWER and fell:
        yield f"{looped}, and the clock fell", 0
    elif longer > MUCH_SLOWER and heat.max_c is not None and heat.max_c >= HOT_C:
        yield f"{looped}, at up to {heat.max_c:.3g} °C", 0


def _clock_fell(start: _State, end: _State) -> bool:
    """Whether the processors' clock fell within limits that stayed. Of unlike processors nobody knows which one ran."""
    if len(start.cpu_clocks) != 1 or _limits(start.cpu_clocks) != _limits(end.cpu_clocks):
        return False
    before, after = (clock.now_hz for state in (start, end) for clock in state.cpu_clocks.values())
    return before is not None and after is not None and after < before * (1 - CLOCK_FELL)


def _changes(start: _State, end: _State) -> Iterator[tuple[str, str, str]]:
    """What is another afterwards, of what is known of both; how it was, and how it is."""
    for what, before, after in (
        ("power mode", start.power_mode, end.power_mode),
        ("governor", start.governor, end.governor),
    ):
        if before is not None and after is not None and before != after:
            yield what, before, after
    for what, earlier, later in (
        ("processors", start.cpu_clocks, end.cpu_clocks),
        ("GPU", start.gpu_clocks, end.gpu_clocks),
    ):
        old, new = _limits(earlier), _limits(later)
        if old and new and old != new:
            yield f"clock limit of the {what}", _others(old, new), _others(new, old)


def _limits(clocks: Mapping[str, _Clock]) -> dict[str, str]:
    return {name: f"{clock.min_hz / 1e6:.10g} to {clock.max_hz / 1e6:.10g} MHz" for name, clock in clocks.items()}


def _others(limits: Mapping[str, str], than: Mapping[str, str]) -> str:
    """Those that are not among the others."""
    return ", ".join(f"{name}: {words}" for name, words in limits.items() if than.get(name) != words) or "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sustained:
    """The speed of the first rounds of a window and of its last third; `differs`: by more than their noise and 3 %."""

    cold_tokens_per_s: float
    sustained_tokens_per_s: float
    differs: bool

    @property
    def slower(self) -> bool:
        """Whether it fell."""
        return self.differs and self.sustained_tokens_per_s < self.cold_tokens_per_s


def cold_and_sustained(round_s: Sequence[float], k: int) -> Sustained | None:
    """Both speeds of rounds of `k` tokens, in the order in which they ran.

    The first tenth is cold, which is four rounds at least, and a third of them at most. None: fewer than three rounds,
    or some that took no time. With fewer than ten rounds no difference is shown.
    """
    third = -(-len(round_s) // 3)
    if len(round_s) < 3 or not all(0 < one < float("inf") for one in round_s):
        return None
    first = min(third, max(FEWEST_ROUNDS, len(round_s) // 10))
    cold, sustained = median_estimate(round_s[:first]), median_estimate(round_s[-third:])
    fast, slow = sorted((cold, sustained), key=lambda found: found.value)
    apart = slow.low > fast.high and slow.value > fast.value * (1 + SLOWER)
    return Sustained(
        cold_tokens_per_s=k / cold.value,
        sustained_tokens_per_s=k / sustained.value,
        differs=apart and first >= FEWEST_ROUNDS,
    )
