"""What a cell would be worth at a K that was not measured: modelled from those that were.

    K        tokens drafted per round
    A(K)     accepted tokens of a round, K * acceptance rate
    a(K)     the chance that, the same at every position, would accept as many:  A = a + a^2 + ... + a^K
    d(K)     seconds to draft a round, going back included
    T(K)     seconds to verify it, where they were measured by K

a is the acceptance of eq. 1 in Leviathan et al. (2023), https://arxiv.org/abs/2211.17192, and moves little with K.
Between two measured K, a, d and T are taken to be linear in K. Beyond them a stays as at the nearest, and d and T go on
along the line of the nearest two. With one measured K, or where these two fall, d is in proportion to K, and T stays. A
is never less than at a smaller measured K, nor more than at a larger one, unless they contradict each other.

    error    how far the same model is from a measured K, if that is left out: in the round's tokens, A + 1, and in d.
             How wrong it is as far beyond the largest K as r times that K is seen by modelling the largest from those
             that are r times smaller
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from configspec.theory.figures import Estimate
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

ROUNDING = 1e-9  # a share
STEPS = 60  # of bisection: to the last digit of a float
MOST_LEFT_OUT = 16  # measured K of a cell, evenly chosen: more say little more


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelErrors:
    """The largest of `count` errors in a round's tokens, A + 1, and in d: by what share the larger is more."""

    tokens: float
    seconds: float
    count: int


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
    accepted = _in_order(measured, k, accepted_of(chance, k))
    round_s = _line(left, right, k, _round_s) if left is not right else 0.0
    falls = not inside and _round_s(right) < _round_s(left)
    in_proportion_s = _round_s(nearest) * k / nearest.k  # with one K to go by, or where the line is of noise
    return replace(
        nearest,
        id=nearest.cell.at(k),
        round_s=_modelled(in_proportion_s if falls or round_s <= 0 else round_s),
        acceptance=Acceptance(
            rate=_modelled(accepted / k),
            rounds=None,
            drafted=None,
            accepted=None,
            decoding=nearest.acceptance.decoding,
        ),
        going_back_s=0.0,
        provenance="modelled",
        round_samples_s=(),
        pass_samples_s=(),
        evidence=replace(nearest.evidence, stated=None),
    )


def modelled_serving(serving: Serving, k: int) -> Serving:
    """The assumptions with a time of verification of `k`, where it was measured for other K."""
    known = serving.verify_s_by_k
    if not known or k in dict(known) or serving.verify == "declared":  # then one is declared for all other K
        return serving
    place = _place([measured for measured, _ in known], k)
    (left_k, left_s), (right_k, right_s) = known[max(place - 1, 0)], known[place]
    slope = (right_s - left_s) / (right_k - left_k) if right_k > left_k else 0.0
    if not left_k < k < right_k:
        slope = max(slope, 0.0)  # nothing is verified sooner for being longer
    near_k, near_s = (left_k, left_s) if k < right_k else (right_k, right_s)
    verify_s = max(near_s + slope * (k - near_k), 0.0)
    return replace(serving, verify_s_by_k=tuple(sorted((*known, (k, verify_s)))))


def largest_error(measured: Sequence[Configuration]) -> float | None:
    """The largest error in A + 1, as a share of it, over the measured K between two others; None where none is."""
    errors = []
    for place in range(1, len(measured) - 1):
        left = modelled_at((*measured[:place], *measured[place + 1 :]), measured[place].k)
        known = _accepted(measured[place])
        errors.append(abs(_accepted(left) - known) / (known + 1))
    return max(errors, default=None)


def errors_left_out(measured: Sequence[Configuration], ks: Iterable[int]) -> dict[int, ModelErrors | None]:
    """How wrong the model would have been where it can be judged, for each of some K that were not measured.

    A K between two is judged by those that lie between two others, if there are any; another one by all, and beyond the
    largest also by that one, as far beyond those that it is then modelled from. None where that leaves nothing.

    Args:
        measured: At least one; all of one cell, in the order of K.
        ks: Which K, each 1 or more, and none of theirs.

    """
    first, last = measured[0].k, measured[-1].k
    everywhere = range(len(measured)) if len(measured) > 1 else range(0)
    outside = _left_out(measured, everywhere)
    between = _left_out(measured, everywhere[1:-1]) or outside

    @cache
    def beyond(count: int) -> list[tuple[float, float]]:
        return [*outside, _errors(measured[:count], measured[-1])] if outside and count else []

    def of(k: int) -> list[tuple[float, float]]:
        if k > last:
            return beyond(sum(one.k * k <= last**2 for one in measured))
        return between if k > first else outside

    return {k: _largest(of(k)) for k in ks}


def _left_out(measured: Sequence[Configuration], places: Sequence[int]) -> list[tuple[float, float]]:
    some = places
    if len(places) > MOST_LEFT_OUT:
        some = [places[number * (len(places) - 1) // (MOST_LEFT_OUT - 1)] for number in range(MOST_LEFT_OUT)]
    return [_errors((*measured[:place], *measured[place + 1 :]), measured[place]) for place in some]


def _largest(found: Sequence[tuple[float, float]]) -> ModelErrors | None:
    if not found:
        return None
    tokens, seconds = map(max, zip(*found, strict=True))
    return ModelErrors(tokens=tokens, seconds=seconds, count=len(found))


def verification_error(serving: Serving) -> tuple[float, int] | None:
    """The largest error in T of leaving one K out, and of how many; None where T was measured for one K, or takes 0."""
    known = serving.verify_s_by_k
    if len(known) < 2:
        return None
    errors = []
    for place in range(len(known)):
        k, seconds = known[place]
        others = replace(serving, verify_s_by_k=(*known[:place], *known[place + 1 :]))
        found_s = modelled_serving(others, k).verification.mean_s(k)
        if min(found_s, seconds) <= 0:
            return None
        errors.append(_apart(found_s, seconds))
    return max(errors), len(errors)


def _errors(others: Sequence[Configuration], one: Configuration) -> tuple[float, float]:
    """In A + 1 and in d, of modelling a measured one from others."""
    found = modelled_at(others, one.k)
    return _apart(_accepted(found) + 1, _accepted(one) + 1), _apart(_round_s(found), _round_s(one))


def _apart(one: float, other: float) -> float:
    """By how much the larger is more than the smaller, as a share."""
    return max(one, other) / min(one, other) - 1


def _in_order(measured: Sequence[Configuration], k: int, accepted: float) -> float:
    """A between that of the K on either side, as far as these do not contradict each other."""
    least = max((_accepted(one) for one in measured if one.k < k), default=0.0)
    most = min((_accepted(one) for one in measured if one.k > k), default=float(k))
    return min(max(accepted, least), most) if least <= most * (1 + ROUNDING) else accepted


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
