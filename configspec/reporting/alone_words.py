"""What a target does without a draft, in words: known or not, and what speculation gains over it, losses first."""

from __future__ import annotations

from collections.abc import Iterator

from configspec.count_words import count_words
from configspec.reporting.figure_words import figure
from configspec.reporting.profile_cells import CellProfile, FamilyProfile
from configspec.reporting.target_alone import TargetAlone, round_of

MOST_DEVICES = 12
TIMED_BY = "serving: {verify: measured}"


def alone_lines(family: FamilyProfile) -> Iterator[str]:
    """A line about the target, and one for the best configuration of each device, those that lose first."""
    alone = family.alone
    declared = dict.fromkeys(one.serving.target_tokens_per_s for one in family.cells)
    speeds = [f"{speed:g}" for speed in declared if speed is not None]
    if speeds:
        yield f"declared: {', '.join(speeds)} tokens/s (target_tokens_per_s), which the rankings are held against"
    if alone is None and not speeds:
        yield f"not known: no pass of the target was timed ({TIMED_BY} times them)"
    if alone is not None:
        speed, one = alone.tokens_per_s, alone.pass_s
        yield (
            f"{figure(speed.value)} tokens/s or more ({figure(speed.low)} to {figure(speed.high)}), derived: a token a "
            f"pass, and one over {alone.k + 1} tokens took {figure(one.value)} s after {alone.context_tokens} "
            f"(n = {one.n})"
        )
        yield f"that assumes: {alone.assumes}"
    best = sorted(family.best_of_devices, key=lambda one: _place(one, alone))
    yield from (_of_device(one, alone) for one in best[:MOST_DEVICES])
    if len(best) > MOST_DEVICES:
        yield f"and {count_words(len(best) - MOST_DEVICES, 'more device')}"


def compared_with(one: CellProfile, alone: TargetAlone | None) -> TargetAlone | None:
    """The target alone where a cell's rounds are of it; None where verification is assumed, as of another machine."""
    return alone if one.serving.verify == "measured" else None


def _place(one: CellProfile, alone: TargetAlone | None) -> tuple[int, float]:
    """Losses first, the largest before; then the rest, the largest gain last; then what is not compared."""
    against = compared_with(one, alone)
    if against is None:
        return 2, 0.0
    times = round_of(one.best, one.serving).times_as_fast(against)
    return (0 if times.high < 1 else 1), times.value


def _of_device(one: CellProfile, alone: TargetAlone | None) -> str:
    it = one.best.id
    which, spent = f"{it.cell.drafter_words} K={it.k}", round_of(one.best, one.serving)
    against = compared_with(one, alone)
    if against is None:
        begin = "not compared" if alone else "faster than the target alone only if that takes longer for a token"
        return (
            f"{it.device}: {begin}: {which} yields a token in {_ms(spent.total_s / spent.tokens)} with the assumed "
            f"verification of {spent.verify_s:g} s a round"
        )
    times, alone_s = spent.times_as_fast(against), spent.alone_s(against)
    parts = f"{which}: {spent.tokens:.2f} tokens in {_ms(spent.total_s)}, alone {_ms(alone_s)} or less"
    figures = f"{times.value:.2f} times as fast ({times.low:.2f} to {times.high:.2f}) or less"
    if times.high < 1:
        more = f"slower than the target alone, by {_ms(spent.total_s - alone_s)} a round or more"
        return f"{it.device}: speculation is {more}: {figures}; {parts}"
    if times.low <= 1:
        return f"{it.device}: speculation is not shown to be faster or slower than the target alone: {figures}; {parts}"
    return f"{it.device}: speculation is faster than the target alone: {figures}; {parts}"


def _ms(seconds: float) -> str:
    return f"{figure(1000 * seconds)} ms"
