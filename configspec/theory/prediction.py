"""How fast real speculative decoding will be, from profiles alone, and how wrong that was.

    R, C        rounds               of a text; of them catch-ups, which begin with two tokens to evaluate
    d(K)        round_s              seconds to draft K tokens after one pending token
    c           catch_up_s           seconds more where two are pending: the round before was accepted whole
    v(K)        verify_s             seconds of the target's pass over K + 1 tokens, its verdict included
    x           exchange_s           seconds of the link and the protocol, per round
    g           going_back           seconds of going back, where the draft's memory cannot be cut (`going_back.py`)
    time        R * (d(K) + v(K) + x) + C * c + g

The paper's eq. 1 (arXiv 2604.09722) is this with C * c = 0, g = 0 and v(K) + x = T_verify for all K.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configspec.theory.acceptance.expected import expected_counts
from configspec.theory.going_back import ReturnCost, check_costs, expected_returns, going_back_s


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCost:
    """What decoding one text takes in rounds; expected numbers where decoding samples.

    `returns[j]` counts the rounds that accepted j tokens, so that a draft whose memory cannot be cut goes back.
    """

    tokens: float
    rounds: float
    catch_ups: float
    returns: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCost:
    """What a round of one configuration takes, seconds. `going_back` None: the draft's memory can be cut."""

    round_s: float
    catch_up_s: float
    verify_s: float
    exchange_s: float
    going_back: ReturnCost | None = None

    def __post_init__(self) -> None:
        check_costs(round_s=self.round_s, catch_up_s=self.catch_up_s)
        check_costs(verify_s=self.verify_s, exchange_s=self.exchange_s)


def drafting_and_waiting_s(text: TextCost, cost: RoundCost) -> tuple[float, float]:
    """Seconds that the device drafts, going back among them, and that it waits for the verifier and the link."""
    back_s = 0.0 if cost.going_back is None else going_back_s(text.returns, cost.going_back)
    drafting_s = text.rounds * cost.round_s + text.catch_ups * cost.catch_up_s + back_s
    return drafting_s, text.rounds * (cost.verify_s + cost.exchange_s)


def predicted_s(text: TextCost, cost: RoundCost) -> float:
    """Seconds to decode one text, its prompt not counted."""
    return sum(drafting_and_waiting_s(text, cost))


def predicted_goodput_tokens_per_s(texts: Sequence[TextCost], cost: RoundCost) -> float:
    """Tokens of all texts over the seconds of all texts."""
    return sum(text.tokens for text in texts) / sum(predicted_s(text, cost) for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionError:
    """Predicted against measured goodput of several configurations of one device and family.

    Errors are shares of the measured goodput. `regret` is how much of the best measured goodput is lost by taking the
    configuration that was predicted to be best. `rank_correlation` is Spearman's, None where all ranks are equal.
    """

    configurations: int
    median_error: float
    worst_error: float
    rank_correlation: float | None
    regret: float


def prediction_error(predicted: Sequence[float], measured: Sequence[float]) -> PredictionError:
    """Of goodputs in the same order, at least one, all above 0."""
    errors = [abs(p - m) / m for p, m in zip(predicted, measured, strict=True)]
    best = max(measured)
    chosen = measured[max(range(len(predicted)), key=predicted.__getitem__)]
    return PredictionError(
        configurations=len(errors),
        median_error=statistics.median(errors),
        worst_error=max(errors),
        rank_correlation=rank_correlation(predicted, measured),
        regret=1 - chosen / best,
    )


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's: the correlation of ranks, ties sharing their mean rank. None where either does not vary."""
    ranks = np.array([_ranks(one), _ranks(other)])
    if ranks.shape[1] < 2 or not ranks.std(axis=1).all():
        return None
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean_rank: NDArray[np.float64] = (last - (counts - 1) / 2)[places]
    return mean_rank


def text_cost(accept: Sequence[float], k: int) -> TextCost:
    """What decoding a text takes in rounds of `k`.

    Args:
        accept: For each token of the text, the probability that it came from an accepted draft; 1 and 0 where the draft
            proposes its arg-max.
        k: Tokens drafted per round.

    """
    counts = expected_counts(accept, k)
    return TextCost(
        tokens=float(len(accept)),
        rounds=counts.rounds,
        catch_ups=counts.catch_ups,
        returns=tuple(expected_returns(accept, k).tolist()),
    )
