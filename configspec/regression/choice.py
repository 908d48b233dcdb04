"""Does an earlier choice still hold? Never "is it still first": of two equals, the first changes every second night.

tied      the configurations that cannot be told from the best, or are within the indifference
regret    how much worse than the best the choice is, as a share of the best: 0 is as good
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from configspec.regression.series import SeriesKey
from configspec.regression.states import State, Verdict
from configspec.theory.figures import Estimate
from configspec.theory.ids import ConfigurationId

REGRET_ALLOWED = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What a run ranked by the choice's objective on its device: all of it, and those tied with the best."""

    ranked: Collection[ConfigurationId]
    tied: Collection[ConfigurationId]


def still_among_best(choice: SeriesKey, now: Measurements) -> Verdict:
    """PASS where the choice is tied with the best, REGRESSED where it is shown worse."""
    absent = _absent(choice, now)
    if absent is not None:
        return absent
    if choice.configuration in now.tied:
        beside = len(now.tied) - 1
        return _verdict(choice, "PASS", f"still among the best{f', with {_others(beside)}' if beside else ''}")
    better = ", ".join(sorted(map(str, now.tied))[:3])
    return _verdict(choice, "REGRESSED", f"no longer among the best: {better}")


def regret_allowed(
    choice: SeriesKey, now: Measurements, regret: Estimate | None, allowed: float = REGRET_ALLOWED
) -> Verdict:
    """PASS where all of the regret's interval is allowed, REGRESSED where none of it is, else UNDECIDED.

    `regret` is None where the run could not say, for the choice or for the best.
    """
    absent = _absent(choice, now)
    if absent is not None:
        return absent
    if regret is None:
        return _verdict(choice, "NO_BASELINE", "its regret is not known")
    if not (regret.holds and regret.low >= 0):
        raise ValueError(f"{choice}: a regret is finite, at least 0, and within its interval, not {regret}")
    state: State = "PASS" if regret.high <= allowed else "REGRESSED" if regret.low > allowed else "UNDECIDED"
    words = f"{_percent(regret.value)} [{_percent(regret.low)}, {_percent(regret.high)}] worse than the best"
    return _verdict(choice, state, f"{words}; {_percent(allowed)} allowed")


def _absent(choice: SeriesKey, now: Measurements) -> Verdict | None:
    if not now.ranked:
        return _verdict(choice, "MISSING", "nothing was ranked")
    if not now.tied or not set(now.tied) <= set(now.ranked):
        raise ValueError(f"{choice}: the best are some of those that were ranked")
    if choice.configuration not in now.ranked:
        return _verdict(choice, "MISSING", f"the choice was not measured, unlike {_others(len(now.ranked))}")
    return None


def _others(count: int) -> str:
    return "1 other" if count == 1 else f"{count} others"


def _verdict(choice: SeriesKey, state: State, reason: str) -> Verdict:
    return Verdict(series=choice, state=state, reason=reason, runs=1, against="choice")


def _percent(number: float) -> str:
    return f"{100 * number:.2g} %"
