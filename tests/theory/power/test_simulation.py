"""The interval of a window's power against loads whose energy is known exactly.

A load is a constant with steps and a slope, so its energy is a sum, and so is what a first-order low-pass shows of it.
It is sampled at 20 Hz: each reading up to a fifth of a period early or late, 2 % of them lost. `even` keeps to a grid,
`wandering` waits from each reading to the next, `random` reads at a random place in each period. Loads switch between 7
and 9 W, for any share of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from configspec.theory.power.doubts import Doubt
from configspec.theory.power.estimate import WindowPower, window_power
from configspec.theory.power.samples import MeterTraits, Samples, Shows, Window

Array = NDArray[np.float64]
PERIOD_S, JITTER, LOST = 0.05, 0.2, 0.02
LAG_S = 0.43
RUNS, HELD = 100, 95
LEAD_S = 5.0  # before the window and after it
LOW_W, HIGH_W = 7.0, 9.0


@dataclass(frozen=True)
class Load:
    """Power in watts: `begin_w` at 0 s, with `slope` W/s from then on, and steps of `by_w` at `at_s`."""

    begin_w: float
    slope: float
    at_s: Array
    by_w: Array

    def energy_j(self, window: Window) -> float:
        """The truth."""
        ramp_j = self.slope * (window.end_s**2 - window.begin_s**2) / 2
        steps_j = self.by_w @ (window.end_s - np.clip(self.at_s, window.begin_s, window.end_s))
        return float(self.begin_w * window.length_s + ramp_j + steps_j)

    def shown_w(self, t_s: Array, lag_s: float) -> Array:
        """What a low-pass of that time constant shows; the load itself where it is 0."""
        ages_s = t_s[:, None] - self.at_s
        past = 1 - np.exp(-np.maximum(ages_s, 0) / lag_s) if lag_s else (ages_s >= 0).astype(np.float64)
        late_s = lag_s * (1 - np.exp(-t_s / lag_s)) if lag_s else 0.0
        shown: Array = self.begin_w + self.slope * (t_s - late_s) + past @ self.by_w
        return shown

    def counted_j(self, t_s: Array) -> Array:
        """What it has taken since 0 s."""
        past_s = np.maximum(t_s[:, None] - self.at_s, 0)
        counted: Array = self.begin_w * t_s + self.slope * t_s**2 / 2 + past_s @ self.by_w
        return counted


def constant(rng: Generator) -> Load:
    return Load(float(rng.uniform(2, 20)), 0.0, np.zeros(0), np.zeros(0))


def step(rng: Generator) -> Load:
    return Load(LOW_W, 0.0, np.array([LEAD_S + rng.uniform(0.5, 9.5)]), np.array([HIGH_W - LOW_W]))


def ramp(rng: Generator) -> Load:
    return Load(LOW_W, float(rng.uniform(0.05, 0.4)), np.zeros(0), np.zeros(0))


def square(hz: float, swing_w: float = HIGH_W - LOW_W) -> Callable[[Generator], Load]:
    """A load that switches `hz` times a second, on for 20 to 80 % of the time."""

    def load(rng: Generator) -> Load:
        share = rng.uniform(0.2, 0.8)
        ups_s = (np.arange(hz * (2 * LEAD_S + 12)) + rng.uniform()) / hz
        at_s = np.concatenate((ups_s, ups_s + share / hz))
        return Load(LOW_W, 0.0, at_s, np.concatenate((np.full(len(ups_s), swing_w), np.full(len(ups_s), -swing_w))))

    return load


KINDS: dict[str, Callable[[Generator], Load]] = {
    "constant": constant,
    "step": step,
    "ramp": ramp,
    **{f"square of {hz} Hz": square(hz) for hz in (0.3, 1, 3, 7, 10.1)},
}


def times(rng: Generator, end_s: float, pace: str = "even") -> Array:
    jitter = 0.5 if pace == "random" else JITTER
    count = int(end_s / PERIOD_S)
    if pace != "wandering":
        t_s = (np.arange(count) + rng.uniform() + rng.uniform(-jitter, jitter, count)) * PERIOD_S
    else:
        t_s = np.cumsum(PERIOD_S * (1 + rng.uniform(-JITTER, JITTER, count)))
    return t_s[(rng.uniform(size=count) >= LOST) & (t_s >= 0)]


def window_of(rng: Generator) -> Window:
    begin_s = LEAD_S + rng.uniform(0, 0.5)
    return Window(begin_s=begin_s, end_s=begin_s + rng.uniform(10, 12))


def sampled(t_s: Array, values: Array, shows: Shows = "watts") -> Samples:
    return Samples(t_s=tuple(t_s.tolist()), values=(tuple(values.tolist()),), shows=shows)


def found(samples: Samples, window: Window, meter: MeterTraits, uncertainty_s: float = 0.0) -> WindowPower:
    power = window_power(samples, window, meter, uncertainty_s=uncertainty_s)
    assert not isinstance(power, Doubt), power
    return power


def one_run(rng: Generator, load_of: Callable[[Generator], Load], lag_s: float, pace: str) -> tuple[WindowPower, float]:
    """The power of one window, and the truth."""
    load, window = load_of(rng), window_of(rng)
    t_s = times(rng, window.end_s + LEAD_S, pace)
    samples = sampled(t_s, load.shown_w(t_s, lag_s))
    return found(samples, window, MeterTraits(lag_s=lag_s)), load.energy_j(window) / window.length_s


def verdict(runs: list[tuple[WindowPower, float]]) -> tuple[int, float, Array]:
    """How many intervals hold the truth, their median half-width, and the errors; both as shares of the truth."""
    held = sum(one.watts.low <= true_w * (1 + 1e-9) and true_w * (1 - 1e-9) <= one.watts.high for one, true_w in runs)
    half = np.median([(one.watts.high - one.watts.low) / 2 / true_w for one, true_w in runs])
    return held, float(half), np.array([abs(one.energy.mean_w / true_w - 1) for one, true_w in runs])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lag_s", [0.0, LAG_S])
def test_the_energy_is_right_and_the_interval_honest(kind, lag_s):
    """Within 1 % in at least 95 of 100 runs, the truth in at least 95 intervals, and half of them below 3 %.

    Where the meter has a low-pass, or the load is slower than 7 Hz, all runs are within 1 %. Without a low-pass, and at
    more than half the sampling rate, 9 of 10 are.
    """
    rng = np.random.default_rng(11)
    held, half, errors = verdict([one_run(rng, KINDS[kind], lag_s, "even") for _ in range(RUNS)])
    assert held >= HELD
    assert half < 0.03
    assert np.count_nonzero(errors < 0.01) >= (HELD if lag_s or kind != "square of 10.1 Hz" else 90)
    if lag_s or kind not in ("square of 7 Hz", "square of 10.1 Hz"):
        assert errors.max() < 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_a_pace_that_wanders_is_no_worse_but_near_half_the_sampling_rate(kind):
    """At 10.1 Hz load and samples beat: some runs are off by more than 1 %, and the interval knows it."""
    rng = np.random.default_rng(12)
    held, half, errors = verdict([one_run(rng, KINDS[kind], 0.0, "wandering") for _ in range(RUNS)])
    assert held >= HELD
    assert half < 0.03
    assert kind == "square of 10.1 Hz" or np.count_nonzero(errors < 0.01) >= HELD


@pytest.mark.parametrize(("hz", "widest"), [(1, 0.03), (3, 0.03), (7, 0.05), (10.1, 0.06)])
def test_a_load_that_moves_twice_as_far_has_twice_the_interval(hz, widest):
    """From 7 to 11 W without a low-pass: above a quarter of the sampling rate 3 % is not to be had in 10 s."""
    rng = np.random.default_rng(13)
    held, half, _ = verdict([one_run(rng, square(hz, 4.0), 0.0, "even") for _ in range(RUNS)])
    assert held >= HELD
    assert half < widest


@pytest.mark.parametrize("hz", [2, 4])
def test_a_load_that_keeps_step_with_the_samples_is_less_sure(hz):
    """Switching every 10 or 5 samples, to the digit: each edge is seen at so many places only, however long."""
    rng = np.random.default_rng(14)
    held, half, _ = verdict([one_run(rng, square(hz), 0.0, "even") for _ in range(RUNS)])
    _, other, _ = verdict([one_run(rng, square(hz * 1.07), 0.0, "even") for _ in range(RUNS)])
    assert held >= HELD
    assert half > other


@pytest.mark.parametrize("hz", [4, 5, 20 / 3, 10, 20])
def test_a_sampler_that_reads_at_random_places_is_fooled_by_no_load(hz):
    """Nor by one that keeps step with it: at 20 Hz an even pace sees a constant, whichever of the two powers it is."""
    rng = np.random.default_rng(21)
    held, half, _ = verdict([one_run(rng, square(hz), 0.0, "random") for _ in range(RUNS)])
    fooled, _, _ = verdict([one_run(rng, square(20), 0.0, "even") for _ in range(RUNS)])
    assert held >= HELD
    assert half < 0.03
    assert fooled < 50


@pytest.mark.parametrize("noise_w", [0.1, 1.0])
def test_a_noisy_meter_is_as_sure_as_its_noise_allows(noise_w):
    """The interval is that of a mean of independent samples, within a quarter."""
    rng = np.random.default_rng(15)
    runs = []
    for _ in range(2 * RUNS):
        window = window_of(rng)
        t_s = times(rng, window.end_s + LEAD_S)
        samples = sampled(t_s, 9.0 + noise_w * rng.standard_normal(len(t_s)))
        runs.append((found(samples, window, MeterTraits()), 9.0))
    held, half, _ = verdict(runs)
    assert held >= 2 * HELD
    assert half * 9.0 == pytest.approx(1.96 * noise_w / np.sqrt(11 / PERIOD_S), rel=0.25)


@pytest.mark.parametrize("step_w", [0.04, 1.0])
def test_a_coarse_meter_is_off_by_half_a_step(step_w):
    """A constant power that it rounds: no number of samples helps."""
    rng = np.random.default_rng(16)
    runs = []
    for _ in range(RUNS):
        load, window = constant(rng), window_of(rng)
        t_s = times(rng, window.end_s + LEAD_S)
        shown_w = np.round(load.shown_w(t_s, 0.0) / step_w) * step_w
        runs.append((found(sampled(t_s, shown_w), window, MeterTraits(step=step_w)), load.begin_w))
    assert verdict(runs)[0] == RUNS
    assert all(one.watts.high - one.watts.low == pytest.approx(step_w) for one, _ in runs)


@pytest.mark.parametrize("kind", ["step", "ramp", "square of 0.3 Hz"])
def test_a_clock_that_is_off_widens_the_interval(kind):
    """The window is up to a second early or late, so more or less of what the load did is in it."""
    rng = np.random.default_rng(17)
    runs, sure = [], []
    for _ in range(RUNS):
        load, window = KINDS[kind](rng), window_of(rng)
        t_s = times(rng, window.end_s + LEAD_S)
        samples = sampled(t_s, load.shown_w(t_s, 0.0))
        late_s = rng.uniform(-1, 1)
        moved = Window(begin_s=window.begin_s + late_s, end_s=window.end_s + late_s)
        true_w = load.energy_j(window) / window.length_s
        runs.append((found(samples, moved, MeterTraits(), uncertainty_s=1.0), true_w))
        sure.append((found(samples, moved, MeterTraits()), true_w))
    assert verdict(runs)[0] >= HELD
    assert verdict(sure)[0] < HELD


@pytest.mark.parametrize("kind", KINDS)
def test_a_lag_that_is_known_to_a_fifth_is_enough(kind):
    """The interval holds the truth where the chip averages for longer or shorter than it says."""
    rng = np.random.default_rng(18)
    runs = []
    for _ in range(RUNS):
        load, window = KINDS[kind](rng), window_of(rng)
        t_s = times(rng, window.end_s + LEAD_S)
        samples = sampled(t_s, load.shown_w(t_s, LAG_S * rng.uniform(0.8, 1.2)))
        runs.append((found(samples, window, MeterTraits(lag_s=LAG_S)), load.energy_j(window) / window.length_s))
    assert verdict(runs)[0] >= HELD


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("step_j", "renewed_s"), [(6.1e-5, 0.001), (0.001, 0.1), (1.0, 0.0)])
def test_a_counter_misses_nothing_between_its_readings(kind, step_j, renewed_s):
    """RAPL, NVML and a coarse one, read at 20 Hz: all runs hold the truth, within 3 %."""
    rng = np.random.default_rng(19)
    runs = []
    for _ in range(RUNS):
        load, window = KINDS[kind](rng), window_of(rng)
        t_s = times(rng, window.end_s + LEAD_S)
        phase_s = rng.uniform(0, renewed_s)
        known_s = np.maximum(np.floor((t_s - phase_s) / renewed_s) * renewed_s + phase_s, 0) if renewed_s else t_s
        counted_j = np.floor(load.counted_j(known_s) / step_j) * step_j
        samples = sampled(t_s, counted_j, shows="joules")
        power = found(samples, window, MeterTraits(step=step_j, period_s=renewed_s))
        runs.append((power, load.energy_j(window) / window.length_s))
    held, half, _ = verdict(runs)
    assert held == RUNS
    assert half < 0.03


def test_a_value_that_is_read_again_tells_nothing_new():
    """A plug that renews once a second, read 20 times: as sure as once a second, and not as 20 times."""
    rng = np.random.default_rng(20)
    runs = []
    for _ in range(RUNS):
        shown_w = 9.0 + rng.standard_normal(80)
        t_s = np.arange(0, 79, PERIOD_S)
        samples = sampled(t_s, shown_w[t_s.astype(int)])
        runs.append((found(samples, Window(begin_s=5.3, end_s=70.1), MeterTraits(period_s=1.0)), 9.0))
    assert verdict(runs)[0] >= HELD


def test_a_pulse_and_its_tail_integrate_to_the_truth():
    """A low-pass moves energy and loses none: a window that holds all of it needs no correction."""
    load = Load(5.0, 0.0, np.array([5.0, 9.0]), np.array([20.0, -20.0]))
    t_s = np.arange(0, 20, 0.05)
    window = Window(begin_s=4.0, end_s=14.0)
    power = found(sampled(t_s, load.shown_w(t_s, LAG_S)), window, MeterTraits(lag_s=LAG_S))
    assert power.energy.energy_j == pytest.approx(load.energy_j(window), rel=1e-4)
    assert abs(power.energy.lag_j) < 1e-3
    assert power.energy.max_w < 25.0
