"""What became of each series, and whether a comparison as a whole failed.

state               says
PASS                no loss beyond the floor
IMPROVED            better, shown; an unexplained gain is often a broken benchmark
REGRESSED           worse than the floor, shown: the only state that fails by itself
WORSE_WITHIN_FLOOR  worse, shown, by less than matters
SUSPECT             looks worse, or better, at the first look; it has to be measured again
UNDECIDED           worse than the floor, but no further than chance takes it
NO_BASELINE         too few earlier runs compare
INCOMPARABLE        it was measured with another setup; the reason says which field
UNSTABLE            the run was disturbed
NONDETERMINISTIC    the same build, counted twice, disagrees with itself
MISSING             it was there before
NEW                 it was not
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from configspec.errors import UsageError, did_you_mean
from configspec.regression.series import SeriesKey

State = Literal[
    "PASS",
    "IMPROVED",
    "REGRESSED",
    "WORSE_WITHIN_FLOOR",
    "SUSPECT",
    "UNDECIDED",
    "NO_BASELINE",
    "INCOMPARABLE",
    "UNSTABLE",
    "NONDETERMINISTIC",
    "MISSING",
    "NEW",
]
Against = Literal["history", "release", "run", "base", "choice"]
STATES: tuple[State, ...] = get_args(State)
COMPARED: tuple[State, ...] = STATES[:6]
MAY_FAIL: tuple[State, ...] = ("MISSING", "UNSTABLE", "INCOMPARABLE", "NO_BASELINE", "NONDETERMINISTIC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The state of one series, with the figures behind it; those that do not apply are None.

    Attributes:
        ratio: New over base; `low` and `high` bound it at `confidence`.
        runs, base_runs: How many runs of each side were compared.
        floor: The loss that matters, as a share.
        p: Where a test has one, adjusted for all series.
        against: What it was compared with.
    """

    series: SeriesKey
    state: State
    reason: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    runs: int = 0
    base_runs: int = 0
    floor: float | None = None
    p: float | None = None
    against: Against = "history"
    weak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A comparison as a whole. Nothing compared is a failure: silence is no pass."""

    verdicts: tuple[Verdict, ...]
    failed: tuple[Verdict, ...]
    compared: int

    @property
    def ok(self) -> bool:
        """Whether something was compared, and no series failed."""
        return self.compared > 0 and not self.failed

    @property
    def counts(self) -> tuple[tuple[State, int], ...]:
        """How many series are in each state, in the order of the states, those with none left out."""
        found = Counter(one.state for one in self.verdicts)
        return tuple((state, found[state]) for state in STATES if found[state])


def outcome(verdicts: Sequence[Verdict], also: Collection[State] = ()) -> Outcome:
    """Which verdicts fail: REGRESSED, and the states that the user chose with `also` out of `MAY_FAIL`."""
    failing = {"REGRESSED", *also}
    return Outcome(
        verdicts=tuple(verdicts),
        failed=tuple(one for one in verdicts if one.state in failing),
        compared=sum(one.state in COMPARED for one in verdicts),
    )


def chosen_states(names: Sequence[str]) -> tuple[State, ...]:
    """The states that a user wants to fail.

    Raises:
        UsageError: One is no state, or may not fail by choice.
    """
    for name in names:
        if name not in MAY_FAIL:
            raise UsageError(f"{name!r} is no state that fails by choice. {did_you_mean(name, MAY_FAIL)}")
    return tuple(cast("State", name) for name in names)


def unmatched(before: Collection[SeriesKey], now: Collection[SeriesKey]) -> tuple[Verdict, ...]:
    """A verdict for each series that is on one side only: MISSING, then NEW."""
    missing = (Verdict(series=one, state="MISSING", reason="it was there before") for one in before if one not in now)
    new = (Verdict(series=one, state="NEW", reason="it was not there before") for one in now if one not in before)
    return (*missing, *new)


def share(ratio_log: float) -> str:
    """A ratio as a message says it: `-5.2 %`."""
    return f"{100 * math.expm1(ratio_log):+.1f} %"
