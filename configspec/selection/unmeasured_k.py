"""What a cell would be worth at a K that was not measured: modelled from those that were, and never ranked.

    K        tokens drafted per round
    A(K)     accepted tokens of a round, K * acceptance rate
    a(K)     the chance that, the same at every position, would accept as many:  A = a + a^2 + ... + a^K
    d(K)     seconds to draft a round, going back included
    T(K)     seconds to verify it, where they were measured by K

a is the acceptance of eq. 1 in Leviathan et al. (2023), https://arxiv.org/abs/2211.17192, and moves little with K.
Between two measured K, a, d and T are taken to be linear in K. Beyond them a stays as at the nearest, and d and T go on
along the line of the nearest two; with one measured K, d is in proportion to K, and T stays.

    error    how far the same model is from a measured K between two others, if that is left out: the largest
             difference in A, as a share of the round's tokens, A + 1
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import replace

from configspec.theory.figures import Estimate
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

STEPS = 60  # of bisection: to the last digit of a float


def modelled_at(measured: Sequence[Configuration], k: int) -> Configuration:
    """The configuration of `k`, a K that none of `measured` has.

    Args:
        measured: At least one; all of one cell, in the order of K.
        k: 1 or more.

    """
    nearest = min(measured, key=lambda one: abs(one.k - k))
    left, right = _around(measured, k)
    inside = left.k < k < right.k
    chance = _line(left, right, k, _chance) if inside else _chance(nearest)
    round_s = _line(left, right, k, _round_s) if left is not right else 0.0
    in_proportion_s = _round_s(nearest) * k / nearest.k  # with one K to go by, or where the line falls below nothing
    return replace(
        nearest,
        id=nearest.cell.at(k),
        round_s=_modelled(round_s if round_s > 0 else in_proportion_s),
        acceptance=Acceptance(
            rate=_modelled(accepted_of(chance, k) / k),
            rounds=None,
            drafted=None,
            accepted=None,
            decoding=nearest.acceptance.decoding,
        ),
        going_back_s=0.0,
        provenance="modelled",
        round_samples_s=(),
        pass_samples_s=(),
    )


def modelled_serving(serving: Serving, k: int) -> Serving:
    """The assumptions with a time of verification of `k`, where it was measured for other K."""
    known = serving.verify_s_by_k
    if not known or k in dict(known):
        return serving
    place = _place([measured for measured, _ in known], k)
    (left_k, left_s), (right_k, right_s) = known[max(place - 1, 0)], known[place]
    slope = (right_s - left_s) / (right_k - left_k) if right_k > left_k else 0.0
    verify_s = max(left_s + slope * (k - left_k), 0.0)
    return replace(serving, verify_s_by_k=tuple(sorted((*known, (k, verify_s)))))


def largest_error(measured: Sequence[Configuration]) -> float | None:
    """The model's error over the measured K that lie between two others; None where none does."""
    errors = []
    for place in range(1, len(measured) - 1):
        left = modelled_at((*measured[:place], *measured[place + 1 :]), measured[place].k)
        known = _accepted(measured[place])
        errors.append(abs(_accepted(left) - known) / (known + 1))
    return max(errors, default=None)


def accepted_of(chance: float, k: int) -> float:
    """A for a chance a: a + a^2 + ... + a^k."""
    if chance >= 1.0:
        return float(k)
    return chance * (1 - chance**k) / (1 - chance)


def constant_chance(k: int, accepted: float) -> float:
    """The a that accepts A tokens of k; `accepted_of` undone."""
    low, high = 0.0, 1.0
    if accepted >= k:
        return high
    for _ in range(STEPS):
        middle = (low + high) / 2
        if accepted_of(middle, k) < accepted:
            low = middle
        else:
            high = middle
    return (low + high) / 2 if accepted > 0 else 0.0


def _accepted(one: Configuration) -> float:
    return one.k * one.acceptance.rate.value


def _modelled(value: float) -> Estimate:
    """A figure with no interval: how wrong the model is there, nobody knows."""
    return Estimate(value=value, low=value, high=value, confidence=0.0, n=0)


def _chance(one: Configuration) -> float:
    return constant_chance(one.k, _accepted(one))


def _round_s(one: Configuration) -> float:
    return one.round_s.value + one.going_back_s


def _around(measured: Sequence[Configuration], k: int) -> tuple[Configuration, Configuration]:
    """The two between which `k` lies, or the two that are nearest to it; the one twice where there is one."""
    place = _place([one.k for one in measured], k)
    return measured[max(place - 1, 0)], measured[place]


def _place(ks: Sequence[int], k: int) -> int:
    """That of the larger of the two nearest."""
    return min(max(bisect(ks, k), 1), len(ks) - 1)


def _line(left: Configuration, right: Configuration, k: int, figure: Callable[[Configuration], float]) -> float:
    """A figure of `k`, as it is on the line through two others."""
    return figure(left) + (figure(right) - figure(left)) * (k - left.k) / (right.k - left.k)
