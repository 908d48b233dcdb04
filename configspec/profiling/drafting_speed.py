"""One cell on one device: open the draft, bring the context to its depth, time rounds of K.

One measurement serves every K: rounds of the largest K carry a time stamp for each token, and the first K tokens of
such a round are a round of K. `separate` times each K on its own instead, to check that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from configspec.devices.device import Device, TimedRounds
from configspec.records.facts import ModelFacts
from configspec.testbed.specs import DeviceSpec, SweepSpec
from configspec.theory.figures import Estimate
from configspec.theory.statistics import disturbed, too_few
from configspec.theory.timing import prefix_durations, round_estimate

SHARED = "the first K tokens of rounds of the largest K"
SEPARATE = "separate rounds of each K"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftingTimes:
    """What a device needed to draft, for each K asked; `model` is the draft as the device opened it."""

    model: ModelFacts
    rounds: Mapping[int, TimedRounds]  # by K; one and the same for all K unless they were timed apart
    separate: bool
    where: str  # device and draft, for messages

    def samples_s(self, k: int) -> tuple[float, ...]:
        """Seconds of each round of `k` tokens, on the device's clock."""
        return prefix_durations(self.rounds[k].stamps_s, k, where=self.where)

    def token_samples_s(self, k: int) -> tuple[tuple[float, ...], ...]:
        """Seconds of each of the `k` tokens, a tuple a round."""
        return tuple(
            tuple(round(after - before, 9) for before, after in pairwise(stamps[: k + 1]))
            for stamps in self.rounds[k].stamps_s
        )

    def round_s(self, k: int) -> Estimate:
        """The median round of `k`, with its interval."""
        return round_estimate(self.rounds[k].stamps_s, k, where=self.where)

    def flags(self, k: int, sweep: SweepSpec) -> tuple[str, ...]:
        """What the reader should know before using the figures of `k`."""
        timed, samples_s = self.rounds[k], self.samples_s(k)
        flags = [doubt for doubt in (disturbed(samples_s), too_few(samples_s)) if doubt]
        rounds = len(timed.stamps_s)
        if rounds < sweep.rounds:
            flags.append(f"{rounds} of {sweep.rounds} rounds fitted into {sweep.seconds_per_cell:g} s")
        if timed.rounds_that_differ:
            flags.append("the device drafted other tokens in some rounds: its arithmetic is not deterministic")
        return tuple(flags)

    def record(self, k: int, sweep: SweepSpec) -> dict[str, Any]:
        """How `k` was timed, for the row's record."""
        timed = self.rounds[k]
        return {
            "depth_tokens": timed.depth,
            "rounds": len(timed.stamps_s),
            "rounds_asked": sweep.rounds,
            "warmup_rounds": timed.warmup,
            "seconds_allowed": sweep.seconds_per_cell,
            "clock": "the device's monotonic clock",
            "method": SEPARATE if self.separate else SHARED,
            "timed_k": timed.k,
        }


def time_cell(
    device: Device,
    spec: DeviceSpec,
    model: Path,
    context: Sequence[int],
    ks: Sequence[int],
    sweep: SweepSpec,
    *,
    separate: bool,
    cache_bytes: int = 0,
) -> DraftingTimes:
    """Time rounds of every K of `ks` on `device`, from a context of `context` tokens.

    Raises:
        UsageError: The model cannot be opened, does not fit into memory with `cache_bytes` for its context, or the
            context and K do not fit.
        TestbedError: The device was lost, or its clock stood still.
    """
    facts = device.open_model(model, spec.llama_cpp, cache_bytes=cache_bytes)
    device.prefill(context)

    def timed(k: int) -> TimedRounds:
        return device.timed_rounds(k, rounds=sweep.rounds, warmup=sweep.warmup_rounds, seconds=sweep.seconds_per_cell)

    if separate:
        rounds = {k: timed(k) for k in ks}
    else:
        shared = timed(max(ks))
        rounds = dict.fromkeys(ks, shared)
    return DraftingTimes(model=facts, rounds=rounds, separate=separate, where=f"{spec.name}, {model.name}")
