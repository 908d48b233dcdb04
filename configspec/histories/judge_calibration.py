"""What a testbed can show, from runs of one unchanged build: a floor for each device and metric.

The spread of a device's metric is the root mean square over its series. They share each run's luck, so all of them
together are known no better than one: the degrees of freedom are those of one series, not their sum.
"""

from __future__ import annotations

import glob
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from configspec.count_words import count_words
from configspec.errors import UsageError
from configspec.histories.check_series import series_of
from configspec.histories.floors import CalibratedFloor, Floors
from configspec.histories.run import Run
from configspec.regression.calibrate import FEWEST_RUNS, Calibration, calibrate, floor_warning
from configspec.regression.metrics import ACCEPTANCE, Metric
from configspec.regression.nightly import NightlyRules
from configspec.regression.release import ReleaseRules
from configspec.regression.series import SeriesKey
from configspec.regression.sides import RUNS_A_SIDE
from configspec.regression.spread import Spread
from configspec.regression.visible import visible_nightly, visible_release

MOST_FLOOR = 0.99
SEED = 0  # of what is drawn to find the visible loss: the same runs give the same file
PROBLEMS = 5  # told of series that could not be calibrated


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """Of all series of one device and metric.

    Attributes:
        nightly, release: The smallest loss that is seen in 80 % of cases, by a history of these nights, and by eight
            runs a side of a release.
        drifts: How many of the series are shown to drift; `drift` is the median over all, first to last run.
        floor: What is proposed: no smaller than what can be seen, nor than the floor that was asked for.
    """

    device: str
    metric: Metric
    series: int
    runs: int
    nights: int
    spread: Spread
    night_share: float | None
    drifts: int
    drift: float
    nightly: float
    release: float
    floor: float
    warning: str | None = None

    @property
    def as_floor(self) -> CalibratedFloor:
        """As the gate reads it."""
        return CalibratedFloor(
            pattern=f"dev:{glob.escape(self.device)}:-*/{self.metric.name}",
            floor=self.floor,
            spread=self.spread,
            night_share=self.night_share or 0.0,
            visible=self.nightly,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrations:
    """All that the runs tell. `unsteady`: configurations whose counts differ between runs of this one build."""

    groups: tuple[Calibrated, ...]
    runs: int
    counted: int
    unsteady: tuple[str, ...]
    notes: tuple[str, ...] = ()


def calibrate_runs(runs: Sequence[Run], floors: Floors) -> Calibrations:
    """Spread, drift and the smallest visible loss of each device and metric.

    Raises:
        UsageError: There are fewer than five runs, or none of their series can be calibrated.
    """
    different = {run.figures_sha256 or run.sha256: run for run in runs}
    own = sorted(different.values(), key=lambda run: run.at_s or 0.0)
    if len(own) < FEWEST_RUNS:
        raise UsageError(f"a calibration takes {FEWEST_RUNS} runs of one build or more; found {len(own)}")
    groups: dict[tuple[str, str], list[Calibration]] = {}
    problems: list[str] = []
    for key in series_of(own):
        if key.metric == ACCEPTANCE or not floors.judges(key):
            continue
        try:
            found = calibrate([run.measured[key] for run in own if key in run.measured])
        except UsageError as problem:
            problems.append(f"{key}: {problem}" if key.id not in str(problem) else str(problem))
        else:
            groups.setdefault((key.configuration.device, key.metric.name), []).append(found)
    if not groups:
        raise UsageError(f"nothing can be calibrated: {problems[0] if problems else 'nothing was timed'}")
    counted, unsteady = _counts(own)
    return Calibrations(
        groups=tuple(_calibrated(of_group, floors) for of_group in groups.values()),
        runs=len(own),
        counted=counted,
        unsteady=unsteady,
        notes=_told(problems),
    )


def _calibrated(found: Sequence[Calibration], floors: Floors) -> Calibrated:
    first = found[0].series
    spread = Spread(
        log_sd=math.sqrt(math.fsum(one.spread.log_sd**2 for one in found) / len(found)),
        degrees=statistics.median(one.spread.degrees for one in found),
    )
    shares = [one.night_share for one in found if one.night_share is not None]
    share = statistics.median(shares) if shares else None
    nights = min(one.nights for one in found)
    nightly, release = _visible(spread, nights, share or 0.0)
    asked = floors.of(first)
    return Calibrated(
        device=first.configuration.device,
        metric=first.metric,
        series=len(found),
        runs=min(one.runs for one in found),
        nights=nights,
        spread=spread,
        night_share=share,
        drifts=sum(one.drifts for one in found),
        drift=math.expm1(statistics.median(one.drift_log for one in found)),
        nightly=nightly,
        release=release,
        floor=min(max(asked, math.ceil(1000 * nightly - 1e-9) / 1000), MOST_FLOOR),
        warning=floor_warning(asked, nightly),
    )


def _visible(spread: Spread, nights: int, share: float) -> tuple[float, float]:
    """By the nightly and by the release rule, floors apart; a history is taken to be as long as these nights, or 5."""
    nightly, release = NightlyRules(floor=0.0, night_share=share), ReleaseRules(floor=0.0)
    history = min(max(nights, nightly.fewest), nightly.most)
    return (
        visible_nightly(spread, history, nightly, np.random.default_rng(SEED), known=True),
        visible_release(spread, RUNS_A_SIDE, release, np.random.default_rng(SEED)),
    )


def _counts(runs: Sequence[Run]) -> tuple[int, tuple[str, ...]]:
    """How many configurations were counted twice or more, and the ids of those whose counts differ."""
    twice, unsteady = 0, []
    for one in dict.fromkeys(key for run in runs for key in run.counted):
        counts = [run.counted[one] for run in runs if one in run.counted]
        alike = [found for found in counts if found.setup == counts[0].setup]
        if len(alike) > 1:
            twice += 1
            if any(found.prompts != alike[0].prompts for found in alike[1:]):
                unsteady.append(SeriesKey(configuration=one, metric=ACCEPTANCE).id)
    return twice, tuple(unsteady)


def _told(problems: Sequence[str]) -> tuple[str, ...]:
    left = count_words(len(problems) - PROBLEMS, "series", "series")
    more = [f"and {left} more"] if len(problems) > PROBLEMS else []
    return (*(f"not calibrated: {one}" for one in problems[:PROBLEMS]), *more)
