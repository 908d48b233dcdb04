"""Other K of a cell, modelled from those that were measured, each with what leaving out says of its error.

The interval of a modelled figure is that of the measured K on either side, as a share, widened by the largest error of
n that were left out. Were this one's error another of theirs, it would be at most the largest in n / (n + 1) of all
cases, which is taken for its confidence. Leaving one out guarantees none: Barber et al., "Predictive inference with the
jackknife+", Annals of Statistics 49, 2021, https://arxiv.org/abs/1905.02928
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from configspec.selection.ranking import BARRED
from configspec.selection.unmeasured_k import ModelErrors, errors_left_out, modelled_at, verification_error
from configspec.theory.figures import Estimate
from configspec.theory.flags import Flag, flag
from configspec.theory.ids import Cell
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

MOST_SHARE = 1e15  # of an error: a flag holds no more
ONE_K = "one K of it was measured, so none can be left out to see how wrong a model is"
ONE_VERIFIED = "verification was measured for one K, or took no time, so nobody knows how wrong a model of others is"
TOO_FAR = "no K was measured that lies as far below the largest, so nobody knows how wrong a model is so far beyond it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Modelled:
    """What was modelled, and why other things were not: a line each."""

    configurations: tuple[Configuration, ...] = ()
    refused: tuple[str, ...] = ()


def filled_ks(measured: Sequence[Configuration], wanted: Iterable[int], serving: Serving) -> Modelled:
    """The K of one cell that are wanted and were not measured.

    Args:
        measured: At least one; all of one cell, in the order of K.
        wanted: Which K.
        serving: Under which assumptions the cell was measured.
    """
    known = {one.k for one in measured}
    missing = [k for k in dict.fromkeys(wanted) if k not in known]
    if not missing:
        return Modelled()
    if len(measured) == 1:
        return Modelled(refused=(_line(measured[0].cell, missing, ONE_K),))
    verified, told = with_verification(measured[0].cell, missing, serving)
    errors = errors_left_out(measured, verified)
    too_far = [k for k, one in errors.items() if one is None]
    return Modelled(
        configurations=tuple(_modelled(measured, k, one, verified[k]) for k, one in errors.items() if one is not None),
        refused=(*told, *((_line(measured[0].cell, too_far, TOO_FAR),) if too_far else ())),
    )


def with_verification(
    cell: Cell, ks: Sequence[int], serving: Serving
) -> tuple[dict[int, tuple[Flag, ...]], tuple[str, ...]]:
    """Those of the K whose verification is known or can be modelled, with what to say of it; and why others are not."""
    if not serving.verify_s_by_k or serving.verify == "declared":
        return dict.fromkeys(ks, ()), ()
    timed, error = dict(serving.verify_s_by_k), verification_error(serving)
    if error is not None:
        said = (flag("modelled_verification", seconds=min(error[0], MOST_SHARE), left_out=error[1]),)
        return {k: () if k in timed else said for k in ks}, ()
    untimed = [k for k in ks if k not in timed]
    refused = (_line(cell, untimed, ONE_VERIFIED),) if untimed else ()
    return {k: () for k in ks if k in timed}, refused


def _line(cell: Cell, ks: Sequence[int], why: str) -> str:
    spans: list[list[int]] = []
    for k in sorted(ks):
        if spans and k == spans[-1][1] + 1:
            spans[-1][1] = k
        else:
            spans.append([k, k])
    which = ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in spans)
    return f"{cell.drafter_words} K={which}: not modelled: {why}"


def _modelled(
    measured: Sequence[Configuration], k: int, errors: ModelErrors, verification: tuple[Flag, ...]
) -> Configuration:
    one, beside = modelled_at(measured, k), tuple(_beside(measured, k))
    confidence = confidence_of(errors.count)
    tokens = widened(1 + k * one.acceptance.rate.value, errors.tokens, _shares(beside, _tokens), confidence)
    rate = Estimate(
        value=one.acceptance.rate.value,
        low=min(max((tokens.low - 1) / k, 0.0), one.acceptance.rate.value),
        high=max(min((tokens.high - 1) / k, 1.0), one.acceptance.rate.value),
        confidence=tokens.confidence,
        n=0,
    )
    barred = (each for other in measured for each in other.flags if each.code in BARRED)
    return replace(
        one,
        acceptance=replace(one.acceptance, rate=rate),
        round_s=widened(one.round_s.value, errors.seconds, _shares(beside, _round), confidence),
        flags=(
            *dict.fromkeys((*one.flags, *barred)),
            flag("modelled_acceptance", tokens=min(errors.tokens, MOST_SHARE), left_out=errors.count),
            flag("modelled_round", seconds=min(errors.seconds, MOST_SHARE), left_out=errors.count),
            *verification,
        ),
    )


def _beside(measured: Sequence[Configuration], k: int) -> Iterator[Configuration]:
    """The nearest measured one on each side."""
    below = [one for one in measured if one.k < k]
    above = [one for one in measured if one.k > k]
    yield from (*below[-1:], *above[:1])


def _tokens(one: Configuration) -> Estimate:
    rate = one.acceptance.rate
    return replace(rate, value=1 + one.k * rate.value, low=1 + one.k * rate.low, high=1 + one.k * rate.high)


def _round(one: Configuration) -> Estimate:
    it, back_s = one.round_s, one.going_back_s
    return replace(it, value=it.value + back_s, low=it.low + back_s, high=it.high + back_s)


def _shares(beside: Sequence[Configuration], figure: Callable[[Configuration], Estimate]) -> Estimate:
    """The widest of their intervals, as shares of their values."""
    found = [figure(one) for one in beside]
    return Estimate(
        value=1.0,
        low=min(one.low / one.value for one in found),
        high=max(one.high / one.value for one in found),
        confidence=min(one.confidence for one in found),
        n=0,
    )


def widened(value: float, error: float, shares: Estimate, confidence: float) -> Estimate:
    """A modelled value with the interval of what it follows from, and the error of the model on top."""
    return Estimate(
        value=value,
        low=value * shares.low / (1 + error),
        high=value * shares.high * (1 + error),
        confidence=min(shares.confidence, confidence),
        n=0,
    )


def confidence_of(count: int) -> float:
    """In how many cases the next error is at most the largest of so many, were it one of them: n / (n + 1)."""
    return count / (count + 1)
