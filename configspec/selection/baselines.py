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
from configspec.theory.serving.verification import ByK

Figure = Literal["acceptance", "drafting_tokens_per_s", "verify_s", "link_s"]
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


def baselines(held: Held, cloud: CloudToken | str, *, points: bool = True) -> tuple[Baseline, ...]:
    """One for each way there is, in their order.

    Args:
        held: What is compared; its objective is not `unavailable` under its serving assumptions.
        cloud: The target by itself, or why that is not known.
        points: Whether to look where both are equal, which takes longer than all else.
    """
    return tuple(_baseline(held, way, cloud, points=points) for way in WAYS)


def _baseline(held: Held, way: Way, cloud: CloudToken | str, *, points: bool) -> Baseline:
    token = _token(held.configuration, held.serving, way, cloud)
    token_s = None if math.isnan(token.point.token_s) else token.point.token_s
    found = [held.objective.plain(one, held.serving) for one in (token.point, token.shortest, token.longest)]
    values = [one for one in found if not isinstance(one, str)]
    if len(values) < len(found):
        return Baseline(way=way, reason=_why(held, token.point, cloud), token_s=token_s)
    higher = held.objective.better == "higher"
    value = Estimate(value=values[0], low=min(values), high=max(values), confidence=token.confidence, n=0)
    or_better = token.or_less and values[0] != held.objective.plain(_longer(token.point, 2.0), held.serving)
    worse = held.high < value.low if higher else held.low > value.high
    better = held.low > value.high if higher else held.high < value.low
    return Baseline(
        way=way,
        value=value,
        provenance=token.provenance,
        or_better=or_better,
        token_s=token_s,
        times_better=held.value / value.value if higher else value.value / held.value,
        shown=worse or (better and not or_better),
        break_even=() if way == "device only" or not points else tuple(_points(held, way, cloud)),
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


def _token(one: Configuration, serving: Serving, way: Way, cloud: CloudToken | str) -> _Token:
    """What a token takes in one of the ways, with the device and the draft of a configuration.

    Where nobody knows how long the target takes, its time is NaN: what it bills is known all the same.
    """
    power_w, idle_w, request = one.power_w or _NOBODY, one.idle_w or _NOBODY, serving.request
    if way == "device only":
        prompt = one.prompt_tokens_per_s or _NOBODY
        return _Token(
            point=_drafted(one.round_s.value / one.k, power_w.value, request.prompt_tokens / prompt.value),
            shortest=_drafted(one.round_s.low / one.k, power_w.low, request.prompt_tokens / prompt.high),
            longest=_drafted(one.round_s.high / one.k, power_w.high, request.prompt_tokens / prompt.low),
            confidence=one.round_s.confidence,
            provenance=one.provenance,
        )
    if way == "cloud only":
        alone = _UNKNOWN if isinstance(cloud, str) else cloud
        token_s, provenance, or_less = alone.token_s, alone.provenance, alone.or_less
        link_s = 0.0
    else:
        # A law gives the time of no drafted token; what was timed by K bounds it by the time of the fewest.
        or_less = isinstance(serving.verification, ByK)
        fewest = min(serving.verify_s_by_k)[0] if or_less else 0
        token_s, link_s = _exactly(serving.verify_s_at(fewest)), serving.link_s_at(fewest)
        provenance = "derived" if or_less else serving.verify
    prompt_s = math.nan if request.target_prompt_tokens_per_s is None else request.target_prompt_s

    def waited(waiting_s: float, idle_w: float) -> PlainToken:
        token = _waited(way, waiting_s, link_s, idle_w)
        return replace(token, prompt_s=prompt_s)

    return _Token(
        point=waited(token_s.value, idle_w.value),
        shortest=waited(token_s.low, idle_w.low),
        longest=waited(token_s.high, idle_w.high),
        confidence=token_s.confidence,
        provenance=provenance,
        or_less=or_less,
    )


def _why(held: Held, token: PlainToken, cloud: CloudToken | str) -> str:
    """Why a token has no value: because nobody knows its time only where it had one otherwise."""
    if not (math.isnan(token.token_s) and isinstance(cloud, str)):
        return str(held.objective.plain(token, held.serving))
    why = held.objective.plain(replace(token, server_s=1.0), held.serving)
    return why if isinstance(why, str) else cloud


def _exactly(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=value, confidence=1.0, n=0)


_NOBODY = _exactly(math.nan)
_UNKNOWN = CloudToken(token_s=_NOBODY, provenance="declared", or_less=False)


def _drafted(drafting_s: float, power_w: float, prompt_s: float) -> PlainToken:
    return PlainToken(
        way="device only",
        drafting_s=drafting_s,
        server_s=0.0,
        link_s=0.0,
        power_w=power_w,
        idle_w=math.nan,
        prompt_s=prompt_s,
    )


def _waited(way: Way, waiting_s: float, link_s: float, idle_w: float) -> PlainToken:
    return PlainToken(
        way=way,
        drafting_s=0.0,
        server_s=waiting_s - link_s,
        link_s=link_s,
        power_w=math.nan,
        idle_w=idle_w,
    )


def _longer(token: PlainToken, factor: float) -> PlainToken:
    return replace(token, server_s=factor * token.server_s, link_s=factor * token.link_s)


def _points(held: Held, way: Way, cloud: CloudToken | str) -> Iterator[BreakEvenPoint]:
    """Of each figure that matters. A token a round trip waits for the verifier and the link as a round does."""
    one, serving = held.configuration, held.serving
    known, token = figures_of(one, serving), _token(held.configuration, serving, way, cloud).point
    waits = way == "no speculation"

    def times_better(figures: Figures[float], against: PlainToken = token) -> float:
        plain = held.objective.plain(against, serving)
        if isinstance(plain, str):
            raise ValueError(plain)
        value = held.objective.value(figures, serving)
        return value / plain if held.objective.better == "higher" else plain / value

    def accepted(alpha: float) -> float:
        return times_better(replace(known, alpha=alpha))

    def drafted(factor: float) -> float:
        return times_better(replace(known, round_s=one.round_s.value * factor + one.going_back_s))

    def verified(factor: float) -> float:
        figures = replace(known, verify_s=known.verify_s * factor, server_s=known.server_s * factor)
        return times_better(figures, _longer(token, factor) if waits else token)

    def linked(seconds: float) -> float:
        more = seconds - link_s
        figures = replace(known, verify_s=known.verify_s + more)
        return times_better(figures, replace(token, link_s=token.link_s + more) if waits else token)

    link_s = serving.link_s_at(one.k)
    speed, verify_s = one.drafting_tokens_per_s, known.verify_s
    shortest_s = _shortest_link_s(link_s, token) if waits else 0.0
    longest_s = FARTHEST * (known.round_s + verify_s)
    yield from _point("acceptance", known.alpha, accepted, (0.0, 1.0), lambda alpha: alpha)
    yield from _point("drafting_tokens_per_s", speed, drafted, (FARTHEST, 1 / FARTHEST), lambda factor: speed / factor)
    yield from _point("verify_s", verify_s, verified, (1 / FARTHEST, FARTHEST), lambda factor: verify_s * factor)
    yield from _point("link_s", link_s, linked, (shortest_s, longest_s), lambda seconds: seconds)


def _shortest_link_s(link_s: float, token: PlainToken) -> float:
    """The link of a round of which a token's, which is shorter by the drafted tokens' bytes, has nothing left.

    Or nearly nothing, where a token takes no time besides.
    """
    left_s = 0.0 if token.server_s > 0 else token.link_s / FARTHEST
    return max(0.0, link_s - token.link_s + left_s)


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
