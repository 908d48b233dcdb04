"""What a rejection costs a draft whose memory cannot be cut: timed on the device, and counted in a text's rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from statistics import median

from configspec.devices.device import Device
from configspec.devices.replies.model import TimedReturns
from configspec.records.facts import ModelFacts
from configspec.records.going_back import GoingBack, mean_s
from configspec.records.samples import TimedBeginning
from configspec.testbed.sweep_spec import SweepSpec
from configspec.theory.acceptance.expected import expected_counts
from configspec.theory.going_back import pending_points, return_cost, total_returns


def time_returns(device: Device, model: ModelFacts, k: int, sweep: SweepSpec) -> TimedReturns | None:
    """Time going back from rounds of at most `k`, as often and as long as rounds are timed; a sequence is there.

    None where the memory of the open model can be cut, or where K is 1.
    """
    points = pending_points(k)
    if model.rolls_back is not False or not points:
        return None
    return device.timed_returns(points, rounds=sweep.rounds, warmup=sweep.warmup_rounds, seconds=sweep.seconds_per_cell)


def pooled_returns(parts: Sequence[TimedReturns]) -> TimedReturns:
    """Those of several passes as of one."""

    def joined(of_parts: Sequence[tuple[tuple[float, ...], ...]]) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(chain.from_iterable(of_count)) for of_count in zip(*of_parts, strict=True))

    return replace(
        parts[0],
        restore_s=joined([one.restore_s for one in parts]),
        first_two_s=joined([one.first_two_s for one in parts]),
        save_s=joined([one.save_s for one in parts]),
    )


def going_back(timed: TimedReturns, texts: Sequence[Sequence[float]], k: int) -> GoingBack:
    """What rounds of `k` spend on it in these texts: for each token of each, whether it came from an accepted draft."""
    restores_s, saves_s = ([sample for one in part for sample in one] for part in (timed.restore_s, timed.save_s))
    first_two_s = {pending: median(one) for pending, one in zip(timed.pending, timed.first_two_s, strict=True)}
    cost = return_cost(median(restores_s), first_two_s)
    rounds = sum(expected_counts(text, k).rounds for text in texts)
    returns = tuple(total_returns(texts, k).tolist())
    return GoingBack(
        round_s=mean_s(returns, rounds, cost),
        save_s=median(saves_s),
        cost=cost,
        returns=returns,
        rounds=rounds,
        checkpoint_bytes=timed.checkpoint_bytes,
        samples=timed.rounds,
    )


def beginnings(timed: TimedReturns) -> tuple[TimedBeginning, ...]:
    """The samples, for the side file."""
    parts = (timed.pending, timed.restore_s, timed.first_two_s, timed.save_s)
    return tuple(
        TimedBeginning(
            pending=pending, restore_samples_s=restore_s, first_two_samples_s=first_two_s, save_samples_s=save_s
        )
        for pending, restore_s, first_two_s, save_s in zip(*parts, strict=True)
    )
