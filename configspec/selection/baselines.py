"""What a configuration is held against: no speculation, the cloud only, the device only; and from where on it pays.

    K, alpha, y    tokens drafted a round; acceptance rate; tokens that a round yields, K * alpha + 1
    d, T           seconds to draft a round, going back included; to verify it, link included
    t              seconds that the baseline takes for a token: T of one token, or of the target alone

By goodput it pays where y * t >= d + T. Against a token a round trip t is T itself, so a longer verification helps; a
target that stands by itself has a t of its own, so a longer verification hurts. Of every other objective the figures at
which both are equal are looked for in the same way: each alone, all else as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from configspec.selection.crossing import FARTHEST, crossing
from configspec.theory.figures import Estimate, Provenance
from configspec.theory.objectives.objective import Figures, Objective, figures_of
from configspec.theory.objectives.plain import WAYS, PlainToken, Way
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.billing import billing

Figure = Literal["acceptance", "drafting_tokens_per_s", "verify_s"]
Pays = Literal["at least", "at most", "always", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudToken:
    """How long the target takes for a token by itself; `or_less`: what was timed bounds it from above."""

    token_s: Estimate
    provenance: Provenance
    or_less: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEvenPoint:
    """From which figure on a configuration is as good as a baseline, all else as it is; `now` is what it has.

    `value` is None where it pays whatever the figure is, or never.
    """

    figure: Figure
    now: float
    pays: Pays
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The value of one way to do without speculation, in the objective's unit; None with its `reason`.

    `or_better`: what it rests on is a bound, so the true value may be better. `token_s` is what a token takes, seconds.
    `times_better`: by how many times the configuration is better than it, below 1 where it is worse. `shown` says
    whether that is beyond doubt: the intervals have nothing in common, and no bound leaves it open.
    """

    way: Way
    value: Estimate | None = None
    provenance: Provenance | None = None
    or_better: bool = False
    reason: str | None = None
    token_s: float | None = None
    times_better: float | None = None
    shown: bool = False
    break_even: tuple[BreakEvenPoint, ...] = ()

    @property
    def shown_better(self) -> bool:
        """Whether the configuration is beyond doubt worse than it."""
        return self.shown and self.times_better is not None and self.times_better < 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is held against the baselines: a configuration by an objective, with its value and the doubt about it."""

    configuration: Configuration
    objective: Objective
    serving: Serving
    value: float
    low: float
    high: float


def baselines(held: Held, cloud: CloudToken | str) -> tuple[Baseline, ...]:
    """One for each way there is, in their order.

    Args:
        held: What is compared; its objective is not `unavailable` under its serving assumptions.
        cloud: The target by itself, or why that is not known.
    """
    return tuple(_baseline(held, way, cloud) for way in WAYS)


def _baseline(held: Held, way: Way, cloud: CloudToken | str) -> Baseline:
    token = _token(held.configuration, held.serving, way, cloud)
    if isinstance(token, str):
        return Baseline(way=way, reason=token)
    found = [held.objective.plain(one, held.serving) for one in (token.point, token.shortest, token.longest)]
    values = [one for one in found if not isinstance(one, str)]
    if len(values) < len(found):
        reasons = [one for one in found if isinstance(one, str)]
        return Baseline(way=way, reason=reasons[0], token_s=token.point.token_s)
    higher = held.objective.better == "higher"
    value = Estimate(value=values[0], low=min(values), high=max(values), confidence=token.confidence, n=0)
    or_better = token.or_less and values[0] != held.objective.plain(_longer(token.point), held.serving)
    worse = held.high < value.low if higher else held.low > value.high
    better = held.low > value.high if higher else held.high < value.low
    return Baseline(
        way=way,
        value=value,
        provenance=token.provenance,
        or_better=or_better,
        token_s=token.point.token_s,
        times_better=held.value / value.value if higher else value.value / held.value,
        shown=worse or (better and not or_better),
        break_even=() if way == "device only" else tuple(_points(held, way, cloud)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """A plain token, and the same with every figure at the end that takes less, or more."""

    point: PlainToken
    shortest: PlainToken
    longest: PlainToken
    confidence: float
    provenance: Provenance
    or_less: bool = False


def _token(one: Configuration, serving: Serving, way: Way, cloud: CloudToken | str) -> _Token | str:
    """What a token takes in one of the ways, with the device and the draft of a configuration; or why nobody knows."""
    power_w, idle_w = one.power_w or _NOBODY, one.idle_w or _NOBODY
    if way == "device only":
        return _Token(
            point=_drafted(one.round_s.value / one.k, power_w.value),
            shortest=_drafted(one.round_s.low / one.k, power_w.low),
            longest=_drafted(one.round_s.high / one.k, power_w.high),
            confidence=one.round_s.confidence,
            provenance=one.provenance,
        )
    if way == "cloud only":
        if isinstance(cloud, str):
            return cloud
        token_s, billed, provenance, or_less = cloud.token_s, 1.0, cloud.provenance, cloud.or_less
    else:
        token_s, or_less = _one_token_s(serving)
        billed = max(1.0, billing(serving.bills).tokens(0.0))
        provenance = "derived" if or_less else serving.verify
    return _Token(
        point=_waited(way, token_s.value, billed, idle_w.value),
        shortest=_waited(way, token_s.low, billed, idle_w.low),
        longest=_waited(way, token_s.high, billed, idle_w.high),
        confidence=token_s.confidence,
        provenance=provenance,
        or_less=or_less,
    )


def _one_token_s(serving: Serving) -> tuple[Estimate, bool]:
    """Seconds of a round trip for one token; and whether that is a bound, the time of the fewest that were timed."""
    seconds = min(serving.verify_s_by_k)[1] if serving.verify_s_by_k else serving.verify_s
    return _exactly(seconds), bool(serving.verify_s_by_k)


def _exactly(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=value, confidence=1.0, n=0)


_NOBODY = _exactly(math.nan)


def _drafted(drafting_s: float, power_w: float) -> PlainToken:
    return PlainToken(
        way="device only", drafting_s=drafting_s, waiting_s=0.0, billed=0.0, power_w=power_w, idle_w=math.nan
    )


def _waited(way: Way, waiting_s: float, billed: float, idle_w: float) -> PlainToken:
    return PlainToken(way=way, drafting_s=0.0, waiting_s=waiting_s, billed=billed, power_w=math.nan, idle_w=idle_w)


def _longer(token: PlainToken) -> PlainToken:
    return replace(token, waiting_s=2 * token.waiting_s)


def _points(held: Held, way: Way, cloud: CloudToken | str) -> Iterator[BreakEvenPoint]:
    """Of each figure that matters."""
    one, serving = held.configuration, held.serving
    known = figures_of(one, serving)

    def times_better(figures: Figures[float], assumed: Serving = serving) -> float:
        token = _token(one, assumed, way, cloud)
        plain = token if isinstance(token, str) else held.objective.plain(token.point, assumed)
        if isinstance(plain, str):
            raise ValueError(plain)
        value = held.objective.value(figures, assumed)
        return value / plain if held.objective.better == "higher" else plain / value

    def accepted(alpha: float) -> float:
        return times_better(replace(known, alpha=alpha))

    def drafted(factor: float) -> float:
        return times_better(replace(known, round_s=one.round_s.value * factor + one.going_back_s))

    def verified(factor: float) -> float:
        assumed = _verified(serving, factor)
        return times_better(figures_of(one, assumed), assumed)

    yield from _point("acceptance", known.alpha, accepted, (0.0, 1.0), lambda alpha: alpha)
    speed = one.drafting_tokens_per_s
    yield from _point("drafting_tokens_per_s", speed, drafted, (FARTHEST, 1 / FARTHEST), lambda factor: speed / factor)
    spent_s = known.verify_s
    yield from _point("verify_s", spent_s, verified, (1 / FARTHEST, FARTHEST), lambda factor: spent_s * factor)


def _verified(serving: Serving, factor: float) -> Serving:
    by_k = tuple((k, seconds * factor) for k, seconds in serving.verify_s_by_k)
    return replace(serving, verify_s=serving.verify_s * factor, verify_s_by_k=by_k)


def _point(
    figure: Figure,
    now: float,
    times_better: Callable[[float], float],
    ends: tuple[float, float],
    figure_at: Callable[[float], float],
) -> Iterator[BreakEvenPoint]:
    """Where the configuration is as good, between what leads to the least figure and what leads to the most."""
    least, most = map(times_better, ends)
    if least == most:
        return
    factor = crossing(times_better, 1.0, min(ends), max(ends))
    if factor is None:
        yield BreakEvenPoint(figure=figure, now=now, pays="always" if least >= 1 else "never")
    else:
        pays: Pays = "at least" if most > least else "at most"
        yield BreakEvenPoint(figure=figure, now=now, pays=pays, value=figure_at(factor))
