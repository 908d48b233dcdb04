"""Acceptance: counts of greedy decoding are compared exactly, those of sampling prompt by prompt.

The earlier counts are those of the oldest comparable run since the last accepted change: a difference stays one until
somebody accepts it. Where counts went away from the oldest ones and came back, the build disagrees with itself.

A run that does not hold its counts prompt by prompt is compared by its pooled rate.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from configspec.regression.acceptance import Counted, SamplingRules, judge_exact, judge_sampled
from configspec.regression.series import Measured, SeriesKey, Setup, first_difference
from configspec.regression.states import State, Verdict

_TEMPERATURE = re.compile(r"temperature\W{1,3}([0-9.e-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceRules:
    """`floor`: None compares counts exactly where decoding is greedy. `together`: how many series are judged."""

    floor: float | None = None
    together: int = 1

    @property
    def sampling(self) -> SamplingRules:
        """As the rule for rates takes them, with as many resamples as so many series need."""
        plain = SamplingRules()
        enough = math.ceil(max(self.together, 1) / plain.level)
        floor = plain.floor if self.floor is None else self.floor
        return SamplingRules(floor=floor, resamples=max(plain.resamples, enough))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of one run: the counts of a configuration, where it has them, and its rate as it was measured."""

    at_s: float
    counted: Counted | None = None
    measured: Measured | None = None

    @property
    def setup(self) -> Setup:
        """What it was measured with."""
        return self.counted.setup if self.counted is not None else self.measured.setup if self.measured else ()


def judge_acceptance(
    series: SeriesKey, now: Sequence[Counts], earlier: Sequence[Counts], rules: AcceptanceRules
) -> Verdict:
    """The counts of tonight's runs against the earlier ones, oldest first; `earlier` has one at least."""
    comparable = [one for one in earlier if first_difference(one.setup, now[0].setup) is None]
    if not comparable:
        difference = first_difference(earlier[-1].setup, now[0].setup)
        return Verdict(series=series, state="INCOMPARABLE", reason=str(difference), against="run")
    if not all(_by_prompt(one, comparable[0]) for one in (*now, *comparable)):
        return _by_rate(series, now[0], comparable[0])
    then = [one.counted for one in _of_a_build(comparable) if one.counted]
    new = [one.counted for one in now if one.counted]
    if rules.floor is not None or not is_greedy(now[0].setup):
        return _sampled(then[0], new[0], rules)
    exact = judge_exact(then, new)
    if exact.state != "NONDETERMINISTIC":
        return exact
    # What is not deterministic is compared as if it sampled: a loss beyond that is one.
    sampled = _sampled(then[0], new[0], rules)
    return sampled if sampled.state == "REGRESSED" else replace(exact, ratio=sampled.ratio)


def judge_builds(series: SeriesKey, then: Sequence[Counts], now: Sequence[Counts], rules: AcceptanceRules) -> Verdict:
    """All runs of one build against all of another: each has to agree with itself, and both with each other."""
    if not all(_by_prompt(one, then[0]) for one in (*now, *then)):
        return judge_acceptance(series, now, then, rules)
    old, new = [one.counted for one in then if one.counted], [one.counted for one in now if one.counted]
    exact = judge_exact(old, new) if rules.floor is None and is_greedy(new[0].setup) else None
    if exact is not None and exact.state != "NONDETERMINISTIC":
        return exact
    sampled = _sampled(old[0], new[0], rules)
    return sampled if exact is None or sampled.state == "REGRESSED" else replace(exact, ratio=sampled.ratio)


def is_greedy(setup: Setup) -> bool:
    """Whether no field of the setup says that decoding sampled: counts without such a word are replayed, and exact."""
    for field, text in setup:
        if field.endswith("temperature"):
            found: str | None = text
        else:
            temperature = _TEMPERATURE.search(text) if "decoding" in field else None
            found = temperature[1] if temperature else None
        if found is not None and _is_warm(found):
            return False
    return True


def _is_warm(text: str) -> bool:
    try:
        return float(text) != 0
    except ValueError:
        return False


def _by_prompt(one: Counts, other: Counts) -> bool:
    """Whether both hold counts, of the same prompts."""
    if one.counted is None or other.counted is None:
        return False
    return [prompt.prompt for prompt in one.counted.prompts] == [prompt.prompt for prompt in other.counted.prompts]


def _of_a_build(runs: Sequence[Counts]) -> Sequence[Counts]:
    """The oldest run; with the first that differs, where a later one is again as the oldest."""
    oldest = runs[0]
    differing = next((place for place, one in enumerate(runs) if not _equal(one, oldest)), None)
    if differing is not None and any(_equal(one, oldest) for one in runs[differing:]):
        return oldest, runs[differing]
    return (oldest,)


def _equal(one: Counts, other: Counts) -> bool:
    return one.counted is not None and other.counted is not None and one.counted.prompts == other.counted.prompts


def _sampled(then: Counted, now: Counted, rules: AcceptanceRules) -> Verdict:
    seed = zlib.crc32(now.series.id.encode(errors="backslashreplace"))
    return judge_sampled(then, now, rules.sampling, np.random.default_rng(seed), series=rules.together)


def _by_rate(series: SeriesKey, now: Counts, then: Counts) -> Verdict:
    """Exactly, as far as pooled rates can tell."""
    before, after = _rate(then), _rate(now)
    if before is None or after is None:
        return Verdict(series=series, state="NO_BASELINE", reason="one of the runs accepted nothing, or says nothing")
    same = math.isclose(before, after, rel_tol=1e-12)
    state: State = "PASS" if same else "IMPROVED" if after > before else "REGRESSED"
    reason = f"the rate was {before:.6g}, is {after:.6g}; the runs do not hold their counts of the same prompts"
    return Verdict(
        series=series, state=state, reason=reason, ratio=after / before, runs=1, base_runs=1, against="run"
    )  # fmt: skip


def _rate(one: Counts) -> float | None:
    """None where it is not known, or 0: no ratio can be made of that."""
    rate = one.counted.rate if one.counted is not None else None
    return rate or (one.measured.value if one.measured is not None else None)
