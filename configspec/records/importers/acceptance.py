"""Counts of speculative decoding -> acceptance as a profile file has it. Every tool's meaning is converted here.

"Acceptance" and "mean length" have several meanings. With rounds n, drafted d, accepted a (only those before the first
wrong token) and p[i] the share of rounds that accept token i:

    rate   a / (K n)         ours: every round drafts K, the bonus token is not counted
           a / d             vLLM V1, llama-server, AIPerf, SGLang since 2026: the same where no round is shorter than K
           (a + n) / (d + n) SGLang of 2025: the bonus token counted above and below
           matches / d       vLLM V0: tokens after the first wrong one counted too; its emitted tokens are a + n
    length 1 + a / n         AL, ours: vLLM since 0.9, SGLang, llama-server's "mean len", AIPerf
           a / n             vLLM of April 2025: without the bonus token

    a = n sum(p),  mean accepted in a round m = a / n,  its variance sum((2 i - 1) p[i]) - m^2, at most m (K - m)

A round that is shorter than K (the draft was unsure, or the text ended) counts as one of K, for then K rate + 1 is what
a round yields. The first j < K tokens of such rounds give the acceptance of K=j only nearly: a round of K=j would begin
elsewhere. On public logs that is 1 to 8 % too low; such rows say so.

Intervals take the rounds as independent, which those of one text are not quite.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from configspec.records.importers.imported import CONFIDENCE, ImportedAcceptance
from configspec.records.importers.source_text import SourceText
from configspec.theory.figures import Estimate
from configspec.theory.ids import Drafter
from configspec.theory.student import two_sided

SHORTER = 0.01  # part of the tokens that may be missing from full rounds without a word
PRINTED = 0.0016  # by which shares with three digits may seem to rise
CUT = (
    "the acceptance is of the first {j} of {k} tokens in a round: rounds of {j} would begin elsewhere, and accept some "
    "per cent more"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What rounds of one K drafted and had accepted. `by_position`: the share of rounds that accept each token."""

    k: int
    rounds: float
    drafted: float
    accepted: float
    by_position: tuple[float, ...] = ()

    @property
    def rate(self) -> float:
        """Accepted over K tokens a round."""
        return self.accepted / (self.k * self.rounds)


def summed(each: Sequence[Counts]) -> Counts:
    """The counts of several texts or intervals of one K, pooled. By position only where all are."""
    rounds = sum(one.rounds for one in each)
    known = all(one.by_position for one in each)
    shares = zip(*(one.by_position for one in each), strict=True) if known else ()
    weights = [one.rounds / rounds for one in each]
    return Counts(
        k=each[0].k,
        rounds=rounds,
        drafted=sum(one.drafted for one in each),
        accepted=sum(one.accepted for one in each),
        by_position=tuple(math.fsum(w * p for w, p in zip(weights, at, strict=True)) for at in shares),
    )


def check_counts(source: SourceText, counts: Counts, line: int | None = None) -> None:
    """RecordError where the counts cannot be."""
    if not counts.rounds > 0 or not counts.drafted > 0:
        raise source.wrong("nothing was drafted, so nothing can be said of acceptance", line)
    if counts.accepted > counts.drafted * (1 + 1e-9):
        raise source.wrong(f"{counts.accepted:g} of {counts.drafted:g} drafted tokens accepted cannot be", line)
    if counts.drafted > counts.k * counts.rounds * (1 + SHORTER):
        per_round = counts.drafted / counts.rounds
        raise source.wrong(f"{per_round:.3g} tokens were drafted in a round, and K is {counts.k}: --k is another", line)
    check_positions(source, counts.by_position, line)
    if counts.by_position:
        told, found = math.fsum(counts.by_position), counts.accepted / counts.rounds
        if abs(told - found) > 0.02 * max(told, found) + PRINTED * counts.k:
            raise source.wrong(
                f"by position {told:.3f} tokens a round are accepted, and by the counts {found:.3f}: they contradict "
                "each other",
                line,
            )


def check_positions(source: SourceText, shares: Sequence[float], line: int | None = None) -> None:
    """RecordError where shares by position are none, or rise: a token is accepted only after all before it."""
    if any(not 0 <= one <= 1 for one in shares):
        raise source.wrong("an acceptance by position is not from 0 to 1", line)
    if any(later > earlier + PRINTED for earlier, later in pairwise(shares)):
        raise source.wrong(
            "acceptance by position rises from one token to the next, and a token is accepted only after those before "
            "it: these are no shares of rounds",
            line,
        )


def acceptance_rows(
    source: SourceText, counts: Counts, family: str, drafter: Drafter, told: str, warnings: Iterable[str] = ()
) -> tuple[ImportedAcceptance, ...]:
    """A row for K and, where positions are known, one for each smaller K.

    Args:
        source: The file, to be named.
        counts: What was counted.
        family: Of which family.
        drafter: Of which drafter.
        told: Where the figures are from, in words.
        warnings: What to know of all rows.

    Raises:
        RecordError: The counts cannot be.
    """
    check_counts(source, counts)
    mean = counts.drafted / counts.rounds
    shorter = mean < counts.k * (1 - SHORTER)
    known = (*warnings, *([f"rounds drafted {mean:.3g} tokens on average, not {counts.k}"] if shorter else []))
    return tuple(
        ImportedAcceptance(
            family=family,
            drafter=drafter,
            k=j,
            rate=_rate(counts, j),
            source=told,
            warnings=known if j == counts.k else (*known, CUT.format(j=j, k=counts.k)),
        )
        for j in (range(1, counts.k + 1) if counts.by_position else (counts.k,))
    )


def rate_of_length(length: float, k: int) -> float:
    """The rate that an acceptance length is, both with the bonus token's meaning above."""
    return (length - 1) / k


def unsure(rate: float) -> Estimate:
    """A rate without counts: how sure it is, nobody knows."""
    return Estimate(value=rate, low=0.0, high=1.0, confidence=CONFIDENCE, n=0)


def _rate(counts: Counts, j: int) -> Estimate:
    """The rate of the first `j` tokens of each round."""
    shares = counts.by_position[:j]
    mean = counts.accepted / counts.rounds if j == counts.k else math.fsum(shares)
    most = mean * (j - mean)
    told = math.fsum((2 * i - 1) * share for i, share in enumerate(shares, 1)) - mean * mean if shares else most
    value = min(mean / j, 1.0)
    if counts.rounds < 2:
        return unsure(value)
    half = two_sided(CONFIDENCE, counts.rounds - 1) * math.sqrt(max(min(told, most), 0.0) / counts.rounds) / j
    return Estimate(
        value=value,
        low=max(value - half, 0.0),
        high=min(value + half, 1.0),
        confidence=CONFIDENCE,
        n=round(counts.rounds),
    )
