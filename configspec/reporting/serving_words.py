"""The serving assumptions in words and as JSON: what is declared, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields

from configspec.reporting.figure_words import figure
from configspec.theory.objectives.energy import WAITING
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.billing import billing
from configspec.theory.serving.charges import Prices
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.payload import payload
from configspec.theory.serving.request import ServedRequest
from configspec.theory.serving.verification import ByK, Distribution, Linear

PRICE_WORDS = {
    "usd_per_million_input_tokens": "USD per million input tokens",
    "usd_per_million_cached_tokens": "USD per million cached tokens",
    "usd_per_gpu_hour": "USD per GPU hour",
    "usd_per_gb_up": "USD per GB up",
    "usd_per_gb_down": "USD per GB down",
    "usd_per_kwh": "USD per kWh at the device",
}


def serving_words(serving: Serving) -> str:
    """Verification, link, price, billing and what energy holds, in one line."""
    alone = serving.target_tokens_per_s
    price = () if serving.bills == "nothing" else (f"{serving.usd_per_million_tokens:g} USD per million tokens",)
    return ", ".join(
        (
            f"verification {verification_words(serving)} per round",
            *(() if isinstance(serving.verification, Linear) else _in_a_pass(serving)),
            *(() if serving.link is None else _link(serving, serving.link)),
            *(() if alone is None else (f"the target alone at {alone:g} tokens/s",)),
            *price,
            f"{billing(serving.bills).words} tokens billed per round",
            *_prices(serving.prices),
            *(("energy of drafting and waiting",) if serving.energy_boundary == WAITING else ()),
        )
    )


def verification_words(serving: Serving) -> str:
    """One time for all K, the measured ones from the smallest K to the largest, or the law that has them."""
    law = serving.verification
    if isinstance(law, Linear):
        at = f"{figure(law.mean_s(1))} s at K=1, {figure(law.mean_s(2) - law.mean_s(1))} s more for each token of K"
        return f"{at} (batch {law.batch:g}, context {law.context_tokens:g})"
    if isinstance(law, Distribution):
        late = figure(law.quantile_s(1, 0.95))
        return f"{figure(law.mean_s(1))} s in the mean of {len(law.samples_s)} samples (95 of 100 within {late} s)"
    if not isinstance(law, ByK):
        return f"{serving.verify_s:g} s"
    known = "measured" if serving.verify == "measured" else "by K"
    (first_k, first_s), (last_k, last_s) = serving.verify_s_by_k[0], serving.verify_s_by_k[-1]
    if first_k == last_k:
        return f"{figure(first_s)} s ({known})"
    return f"{figure(first_s)} s at K={first_k} to {figure(last_s)} s at K={last_k} ({known})"


def request_words(request: ServedRequest) -> str:
    """What a time of a request is of, and who reads its prompt how fast."""
    known = request.target_prompt_tokens_per_s is not None
    reads = "" if known else ", the target taken to read the prompt no slower than the device"
    return f"a request of {request}{reads}"


def serving_json(serving: Serving) -> dict[str, object]:
    """The assumptions; what is not declared beyond time, price, billing and boundary is left out."""
    values: dict[str, object] = {
        "verify_s": serving.verify_s,
        "usd_per_million_tokens": serving.usd_per_million_tokens,
        "bills": serving.bills,
        "energy_boundary": serving.energy_boundary,
    }
    usual = Serving()
    for one in fields(serving):
        value = getattr(serving, one.name)
        if one.name not in values and value != getattr(usual, one.name):
            values[one.name] = _plain(one.name, value)
    return values


def _plain(name: str, value: object) -> object:
    """Samples by their number alone: thousands of them would stand in each ranking."""
    if name == "verify_samples_s" and isinstance(value, tuple):
        return {"n": len(value), "mean": sum(value) / len(value)}
    if isinstance(value, tuple):
        return [list(one) for one in value]
    return value if isinstance(value, str | float | int) else asdict(value)  # type: ignore[call-overload]


def _in_a_pass(serving: Serving) -> Iterator[str]:
    """What GPU-seconds and bills look at, where no law of verification has said it."""
    if serving.batch != 1:
        yield f"{serving.batch:g} rounds in a pass"
    if serving.context_tokens > 0:
        yield f"a context of {serving.context_tokens:g} tokens"


def _link(serving: Serving, link: AssumedLink) -> Iterator[str]:
    if not serving.link_is_apart:
        yield "the device's own link in it"
        return
    jitter = f" with {1000 * link.jitter_s:g} ms of {link.jitter} jitter" if link.jitter_s > 0 else ""
    where = "in place of the measured one" if serving.link_s_by_k else "on top"
    yield f"a link of {1000 * link.rtt_s:g} ms{jitter} {where}"
    ways = ((link.up_bits_per_s, "up"), (link.down_bits_per_s, "down"))
    speeds = [f"{bits / 1e6:g} Mbit/s {way}" for bits, way in ways if bits is not None]
    words = payload(link.payload).words
    if speeds:
        yield f"{' and '.join(speeds)} for {words}"
    elif link.payload != AssumedLink().payload:
        yield f"{words} sent"


def _prices(prices: Prices) -> Iterator[str]:
    for name, words in PRICE_WORDS.items():
        usd = getattr(prices, name)
        if usd is not None:
            several = f" and {prices.gpus:g} GPUs" if name == "usd_per_gpu_hour" and prices.gpus != 1 else ""
            yield f"{usd:g} {words}{several}"
