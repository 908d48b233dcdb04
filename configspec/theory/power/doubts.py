"""What is wrong with a measured power, as a code with its numbers. `in_words` makes a sentence of it.

A reason takes the watts away: no figure is better than that one. A flag stays with the figure.

    code           kind    numbers                    what it says
    uncovered      reason  side, away                 no sample on one side of the window, so its edge is not known
    no_samples     reason  samples, needed            too few samples inside the window
    rail_failed    reason  channel, at                a rail that adds up had no value: the sum would be too small
    counter_reset  reason  at, fell                   the counter fell, and no wrap-around explains it
    clock_step     reason  by                         the clock of the samples moved
    stale          reason  samples, seconds           the same value, or the service's same time stamp, all along
    no_response    reason  load, idle, spread         the power under load is not above the idle one
    implausible    reason  found, most                a power that no such device has
    died           reason  failures, reason           the meter stopped answering in the midst
    wrong_unit     reason  found, known, times        an independent meter says that a unit was mistaken
    short_window   flag    window, needed             too short for this meter
    gap            flag    longest, period, window    no sample for longer than the meter's pace explains
    sensor_error   flag    failures, samples          readings failed inside the window
    idle_drift     flag    before, after              idle power differs before and after
    counter_coarse flag    step, energy               one step of the counter is more than 1 % of the energy
    budget_cut     flag    needed, given              there was less time than the measurement needs

Seconds, watts and joules. `at` and `away` count from the beginning of the window and to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "uncovered",
    "no_samples",
    "rail_failed",
    "counter_reset",
    "clock_step",
    "stale",
    "no_response",
    "implausible",
    "wrong_unit",
    "died",
    "short_window",
    "gap",
    "sensor_error",
    "idle_drift",
    "counter_coarse",
    "budget_cut",
]
REASONS: frozenset[Code] = frozenset(
    {
        "uncovered",
        "no_samples",
        "rail_failed",
        "counter_reset",
        "clock_step",
        "stale",
        "no_response",
        "implausible",
        "wrong_unit",
        "died",
    }
)
WORDS: Mapping[Code, str] = {
    "uncovered": "the meter has no sample {side} the window: the nearest is {away:.3g} s away",
    "no_samples": "the meter gave {samples} samples inside the window; {needed} are the least",
    "rail_failed": "rail {channel} could not be read {at:.3g} s into the window, and without it the sum is too small",
    "counter_reset": "the meter's counter fell by {fell:.4g} J {at:.3g} s into the window: it began again",
    "clock_step": "the clock of the meter's samples moved by {by:.3g} s",
    "stale": "the meter showed nothing new (one value, or one time stamp) in {samples} samples, for {seconds:.3g} s",
    "no_response": (
        "the meter shows {load:.4g} W under load and {idle:.4g} W idle, which varies by {spread:.2g} W: "
        "it does not see the device draft (a wrong rail, or a wrong plug?)"
    ),
    "implausible": "the meter shows {found:.4g} W, and a device draws more than 0 and at most {most:.4g} W",
    "wrong_unit": (
        "the meter shows {found:.4g} W where an independent one shows {known:.4g} W: "
        "a factor of about {times}, so a unit is mistaken"
    ),
    "died": "the meter stopped answering: {reason} ({failures} readings failed)",
    "short_window": "the power was measured for {window:.3g} s; this meter needs {needed:.3g} s",
    "gap": "the meter gave no sample for {longest:.2g} s of {window:.3g} s; one every {period:.2g} s is to be expected",
    "sensor_error": "{failures} readings of the meter failed inside the window, and {samples} succeeded",
    "idle_drift": "idle power was {before:.4g} W before and {after:.4g} W after",
    "counter_coarse": "one step of the meter's counter is {step:.3g} J, and the energy {energy:.4g} J",
    "budget_cut": "the power has {given:.3g} s of time, and this meter needs {needed:.3g} s",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One thing that is wrong. `numbers` by name, in the order of the table above."""

    code: Code
    numbers: tuple[tuple[str, int | float | str], ...] = ()

    @property
    def is_reason(self) -> bool:
        """Whether it takes the watts away."""
        return self.code in REASONS

    def __getitem__(self, name: str) -> int | float | str:
        """The number of that name; KeyError where it has none."""
        return dict(self.numbers)[name]


def doubt(code: Code, **numbers: int | float | str) -> Doubt:
    """A doubt with its numbers."""
    return Doubt(code=code, numbers=tuple(numbers.items()))


def in_words(one: Doubt) -> str:
    """One sentence, without a full stop."""
    return WORDS[one.code].format(**dict(one.numbers))


def reason(doubts: Iterable[Doubt]) -> str | None:
    """Why there are no watts; None where there are."""
    return "; ".join(in_words(one) for one in doubts if one.is_reason) or None
