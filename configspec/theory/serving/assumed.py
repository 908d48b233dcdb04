"""What somebody assumes of the serving, over what was assumed before: `devices.yaml` and the command line share it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from configspec.theory.serving.assumptions import EnergyBoundary, Serving, VerifySource
from configspec.theory.serving.billing import Bills
from configspec.theory.serving.charges import Prices
from configspec.theory.serving.jitter import JitterName
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.payload import PayloadName
from configspec.theory.serving.request import ServedRequest
from configspec.theory.serving.verification import LinearSeconds

IN_LINK = frozenset(one.name for one in fields(AssumedLink))
IN_PRICES = frozenset(one.name for one in fields(Prices))
IN_REQUEST = frozenset(one.name for one in fields(ServedRequest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """Each is what a field of `Serving`, its `link`, its `prices` or its `request` is to be; None leaves it as it was.

    At most one of the four ways to say how long verification takes; it takes the place of whatever was said before.
    """

    verify_s: float | None = None
    verify: VerifySource | None = None
    verify_samples_s: tuple[float, ...] | None = None
    verify_linear: LinearSeconds | None = None
    batch: float | None = None
    context_tokens: float | None = None
    target_tokens_per_s: float | None = None
    energy_boundary: EnergyBoundary | None = None
    usd_per_million_tokens: float | None = None
    bills: Bills | None = None
    rtt_s: float | None = None
    jitter_s: float | None = None
    jitter: JitterName | None = None
    up_bits_per_s: float | None = None
    down_bits_per_s: float | None = None
    payload: PayloadName | None = None
    vocabulary: int | None = None
    overhead_bytes: int | None = None
    usd_per_million_input_tokens: float | None = None
    usd_per_million_cached_tokens: float | None = None
    usd_per_gpu_hour: float | None = None
    gpus: float | None = None
    usd_per_gb_up: float | None = None
    usd_per_gb_down: float | None = None
    usd_per_kwh: float | None = None
    prompt_tokens: int | None = None
    new_tokens: int | None = None
    target_prompt_tokens_per_s: float | None = None

    def over(self, before: Serving) -> Serving:
        """The assumptions, with these in their place."""
        said: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        said = {name: value for name, value in said.items() if value is not None}
        link = {name: said.pop(name) for name in IN_LINK & said.keys()}
        prices = {name: said.pop(name) for name in IN_PRICES & said.keys()}
        request = {name: said.pop(name) for name in IN_REQUEST & said.keys()}
        if said.keys() & {"verify_s", "verify", "verify_samples_s", "verify_linear"}:
            before = before.verified_in(before.verify_s)
        return replace(
            before,
            link=replace(before.link or AssumedLink(), **link) if link else before.link,
            prices=replace(before.prices, **prices),
            request=replace(before.request, **request),
            **said,
        )
