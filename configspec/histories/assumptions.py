"""Which serving assumptions a value depends on: those with which it changes, as texts that are the same each night.

A value under another time, link or price is no evidence of a slower board. So what an objective's value changes with is
part of the setup of its series: a probe, one round of four tokens, is valued with each assumption as it is, and as
another one. Verification that was measured is the text `measured`, whatever it took.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, replace

from configspec.regression.series import Setup
from configspec.theory.objectives.objective import Figures, Objective
from configspec.theory.serving.assumptions import EnergyBoundary, Serving
from configspec.theory.serving.charges import Prices
from configspec.theory.serving.link_seconds import AssumedLink

_K = 4
_PROBE = Figures(
    k=float(_K), alpha=0.5, round_s=0.1, verify_s=0.0, server_s=0.0, power_w=5.0, idle_w=2.0, prompt_tokens_per_s=50.0
)


def assumptions(objective: Objective | None, serving: Serving) -> Setup:
    """The assumptions that the objective's value depends on. None of other series."""
    if objective is None:
        return ()
    # A time that was measured differs each night; the probe takes any one in its place.
    declared = serving.verified_in(serving.verify_s) if serving.verify == "measured" else serving
    value = _probed(objective, declared)
    return tuple(
        (f"serving.{name}", text)
        for name, text, other in (*_times(serving, declared), *_charges(declared), *_rest(declared))
        if _probed(objective, other) != value
    )


def _times(serving: Serving, declared: Serving) -> Iterator[tuple[str, str, Serving]]:
    """What was said of verification and link, and the same with another."""
    said = "measured" if serving.verify == "measured" else f"{serving.verify_s:g}"
    yield "verify_s", said, replace(declared, verify_s=2 * declared.verify_s + 1)
    linear, samples, link = declared.verify_linear, declared.verify_samples_s, declared.link
    if linear is not None:
        yield "verify_linear", _text(linear), replace(declared, verify_linear=replace(linear, base_s=linear.base_s + 1))
    if samples:
        mean_s = math.fsum(samples) / len(samples)
        other = replace(declared, verify_samples_s=(2 * mean_s + 1,))
        yield "verify_samples_s", f"{mean_s:g} in the mean of {len(samples)}", other
    if link is not None:
        longer = replace(link, rtt_s=link.rtt_s + 1, overhead_bytes=link.overhead_bytes + 1000)
        yield "link", _text(link, AssumedLink()), replace(declared, link=longer)


def _charges(declared: Serving) -> Iterator[tuple[str, str, Serving]]:
    usd = declared.usd_per_million_tokens
    yield "usd_per_million_tokens", f"{usd:g}", replace(declared, usd_per_million_tokens=2 * usd + 1)
    yield "bills", declared.bills, replace(declared, bills="drafted" if declared.bills == "drafted+1" else "drafted+1")
    if declared.prices != Prices():
        yield "prices", _text(declared.prices, Prices()), replace(declared, prices=declared.prices.times(2))


def _rest(declared: Serving) -> Iterator[tuple[str, str, Serving]]:
    boundary: EnergyBoundary = "drafting" if declared.energy_boundary == "drafting+waiting" else "drafting+waiting"
    request = replace(declared.request, new_tokens=2 * declared.request.new_tokens)
    yield "energy_boundary", declared.energy_boundary, replace(declared, energy_boundary=boundary)
    yield "batch", f"{declared.batch:g}", replace(declared, batch=2 * declared.batch + 1)
    context = declared.context_tokens
    yield "context_tokens", f"{context:g}", replace(declared, context_tokens=2 * context + 1)
    yield "request", str(declared.request), replace(declared, request=request)


def _probed(objective: Objective, serving: Serving) -> float | None:
    if objective.unavailable(serving) is not None:
        return None
    figures = replace(_PROBE, verify_s=serving.verify_s_at(_K), server_s=serving.server_s_at(_K))
    return objective.value(figures, serving)


def _text(value: object, usual: object = None) -> str:
    """Its fields, those that are as usual left out."""
    said = ((one.name, getattr(value, one.name)) for one in fields(value))  # type: ignore[arg-type]
    return ", ".join(
        f"{name} {found:g}" if isinstance(found, float) else f"{name} {found}"
        for name, found in said
        if usual is None or found != getattr(usual, name)
    )
