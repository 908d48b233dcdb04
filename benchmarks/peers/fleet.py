"""A fleet of 100 devices, 20 drafts, 10 quantisations and 50 K: every objective of 1,000,000 configurations.

    points      the formulas over columns, a device at a time, against a plain loop over the same formulas; the loop
                runs over one device, its time is for as many configurations, and its values must be equal
    intervals   each value with its interval from 200 bootstrap draws, as a ranking has them: two processes, since what
                is known of one device does not depend on another

The configurations are made in memory, device by device, with prompts and rounds of their own; making them is not timed.

    memory      the most that both processes held together, libraries included (VmHWM of /proc/self/status, Linux)
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from comparison import Line, Pair, compare, within
from journal_cost import MIB, STATUS, memory_bytes
from machine import Watch
from numpy.typing import NDArray

from configspec.errors import TestbedError
from configspec.selection.resampling import Resampling
from configspec.selection.values import Values
from configspec.theory.figures import Estimate
from configspec.theory.ids import Cell, Drafter
from configspec.theory.objectives.objective import Figures, Objective, figures_of
from configspec.theory.objectives.registry import OBJECTIVES
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

DEVICES, DRAFTS, QUANTS, LARGEST_K = 100, 20, 10, 50
EACH = DRAFTS * QUANTS * LARGEST_K  # configurations of a device
PROMPTS, ROUNDS, DRAWS = 40, 20, 200
CONFIDENCE = 0.95
PROCESSES = 2
POINTS_S, INTERVALS_S, INTERVALS_MIB, TIMES_FASTER = 1.0, 20.0, 2000.0, 100.0
SERVING = Serving(verify_s=0.5)
DIGITS = 1e-12  # by which a loop and an array may differ: another order of the same products


def measure(*, repeats: int) -> list[Line]:
    """Points, their loop, and intervals."""
    pairs = [_points() for _ in range(repeats)]
    taken = [_intervals() for _ in range(repeats)]
    every = f"{DEVICES * EACH:,} configurations"
    # In configurations a second, so that the ratio says how many times as fast the columns are.
    speeds = [replace(pair, peer=DEVICES * EACH / pair.peer, ours=DEVICES * EACH / pair.ours) for pair in pairs]
    return [
        within(f"points of {every}", "s", [pair.ours for pair in pairs], POINTS_S),
        compare(f"points of {every}, and in a loop", "/s", speeds, least=repeats, at_least=TIMES_FASTER),
        within(f"intervals of {DRAWS} draws, {every}", "s", [seconds for seconds, _ in taken], INTERVALS_S),
        within(f"memory of intervals, {every}", "MiB", [mib for _, mib in taken], INTERVALS_MIB),
    ]


def configurations(device: int, luck: np.random.Generator, known: Sequence[Acceptance]) -> list[Configuration]:
    """Of one device: its own rounds and powers, and the acceptances that all devices share."""
    made: list[Configuration] = []
    for draft in range(DRAFTS):
        for quant in range(QUANTS):
            rounds = np.cumsum(luck.lognormal(np.log(0.02), 0.05, (ROUNDS, LARGEST_K)), axis=1)
            watts = _estimate(luck.uniform(3.0, 9.0))
            cell = Cell(device=f"board-{device}", family="fleet", drafter=Drafter(draft=f"d{draft}", quant=f"q{quant}"))
            for k in range(1, LARGEST_K + 1):
                samples_s = tuple(rounds[:, k - 1].tolist())
                made.append(
                    Configuration(
                        id=cell.at(k),
                        round_s=_estimate(statistics.median(samples_s)),
                        round_samples_s=samples_s,
                        acceptance=known[len(made)],
                        power_w=watts,
                        idle_w=_estimate(watts.value / 3),
                        provenance="measured",
                        prompt_tokens_per_s=_estimate(200.0),
                        prompt_tokens=128,
                    )
                )
    return made


def acceptances() -> list[Acceptance]:
    """Of every draft, quantisation and K, prompt by prompt: each further token is accepted less often."""
    luck = np.random.default_rng(20261129)
    found: list[Acceptance] = []
    for _ in range(DRAFTS * QUANTS):
        chance = luck.uniform(0.4, 0.9)
        for k in range(1, LARGEST_K + 1):
            rounds = luck.integers(20, 60, PROMPTS)
            accepted = luck.binomial(rounds * k, chance * (1 - chance**k) / (1 - chance) / k)
            rate = float(accepted.sum() / (rounds.sum() * k))
            found.append(
                Acceptance(
                    rate=Estimate(value=rate, low=0.9 * rate, high=min(1.1 * rate, 1.0), confidence=0.95, n=PROMPTS),
                    rounds=float(rounds.sum()),
                    drafted=float(rounds.sum() * k),
                    accepted=float(accepted.sum()),
                    by_prompt=tuple(zip(map(float, rounds), map(float, accepted), strict=True)),
                    prompts_sha256="0" * 64,
                )
            )
    return found


def valued(devices: Sequence[int]) -> float:
    """Seconds to have every value of these devices by every objective, with its interval, as a ranking has it."""
    known, seconds = acceptances(), 0.0
    able = [Values(objective=one, serving=SERVING) for one in OBJECTIVES if one.unavailable(SERVING) is None]
    for device in devices:
        some = configurations(device, np.random.default_rng(device), known)
        ends = np.full((len(able), 2, len(some)), np.nan)
        watch = Watch()
        drawn = Resampling(some, SERVING, resamples=DRAWS, rng=np.random.default_rng(0))
        for positions, figures in drawn.blocks():
            for number, values in enumerate(able):
                ends[number][:, positions] = values.interval(figures, values.drawn(figures), CONFIDENCE)
        seconds += watch.elapsed_s()
        if not (ends[:, 0] <= ends[:, 1]).all():
            raise TestbedError(f"{np.isnan(ends).any(axis=1).sum():,} values of board-{device} have no interval")
    return seconds


def _points() -> Pair:
    """The loop of one device, in proportion; and the columns of all."""
    of_one = configurations(0, np.random.default_rng(0), acceptances())
    able = [one for one in OBJECTIVES if one.unavailable(SERVING) is None and one.lacks(of_one[0], SERVING) is None]
    alone = [figures_of(configuration, SERVING) for configuration in of_one]
    watch = Watch()
    looped = [[objective.value(figures, SERVING) for figures in alone] for objective in able]
    loop_s = watch.elapsed_s() * DEVICES
    watch = Watch()
    for columns in _columns(alone):
        values = [objective.value(columns, SERVING) for objective in able]
    columns_s = watch.elapsed_s()
    for objective, slow, quick in zip(able, looped, values, strict=True):
        _equal(objective, np.array(slow), quick)
    return Pair(peer=loop_s, ours=columns_s, waited=watch.waited())


def _columns(alone: Sequence[Figures[float]]) -> Iterator[Figures[NDArray[np.float64]]]:
    """The figures of each device as columns; those of the last are the ones given, the others' a little slower."""
    of_one = {one.name: np.array([getattr(figures, one.name) for figures in alone]) for one in fields(Figures)}
    for device in reversed(range(DEVICES)):
        yield Figures(**(of_one | {"round_s": of_one["round_s"] * (1 + device / DEVICES)}))


def _equal(objective: Objective, slow: NDArray[np.float64], quick: NDArray[np.float64]) -> None:
    apart = float(np.max(np.abs(quick / slow - 1)))
    if apart > DIGITS:
        raise TestbedError(f"{objective.name}: a loop and the columns differ by {apart:g}")


def _intervals() -> tuple[float, float]:
    """Seconds of the slower process, and the MiB of both."""
    shares = [range(first, DEVICES, PROCESSES) for first in range(PROCESSES)]
    running = [
        subprocess.Popen([sys.executable, __file__, *map(str, share)], stdout=subprocess.PIPE, text=True)
        for share in shares
    ]
    found = [json.loads(one.communicate()[0]) for one in running]
    return max(one["seconds"] for one in found), sum(one["most_bytes"] for one in found) / MIB


def _estimate(value: float) -> Estimate:
    return Estimate(value=value, low=0.98 * value, high=1.02 * value, confidence=0.95, n=ROUNDS)


if __name__ == "__main__":
    taken_s = valued([int(word) for word in sys.argv[1:]])
    most_bytes = memory_bytes(Path(STATUS).read_text(encoding="ascii"), "VmHWM")
    print(json.dumps({"seconds": taken_s, "most_bytes": most_bytes}))
