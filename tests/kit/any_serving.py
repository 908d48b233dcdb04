"""Serving assumptions of every kind that can be declared, for Hypothesis."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from hypothesis import strategies as st

from configspec.theory.serving.assumptions import EnergyBoundary, Serving
from configspec.theory.serving.billing import Bills
from configspec.theory.serving.charges import Prices
from configspec.theory.serving.jitter import JitterName
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.payload import PayloadName
from configspec.theory.serving.request import ServedRequest
from configspec.theory.serving.verification import LinearSeconds

seconds = st.floats(1e-3, 10)
usd = st.floats(1e-3, 1e3)

links = st.builds(
    AssumedLink,
    rtt_s=st.floats(0, 1),
    jitter_s=st.floats(0, 0.5),
    jitter=st.sampled_from(get_args(JitterName)),
    up_bits_per_s=st.none() | st.floats(1e5, 1e9),
    down_bits_per_s=st.none() | st.floats(1e5, 1e9),
    payload=st.sampled_from(get_args(PayloadName)),
    vocabulary=st.just(1000),
    overhead_bytes=st.integers(0, 100),
)
linear = st.builds(LinearSeconds, base_s=seconds, s_per_token=st.floats(0, 0.1), s_per_context_token=st.floats(0, 1e-4))
by_k = st.lists(seconds, min_size=1, max_size=8).map(lambda each: tuple(enumerate(each, 1)))
prices = st.builds(
    Prices,
    usd_per_million_input_tokens=usd,
    usd_per_million_cached_tokens=usd,
    usd_per_gpu_hour=st.none() | usd,
    gpus=st.floats(0.5, 8),
    usd_per_gb_up=st.none() | usd,
    usd_per_gb_down=st.none() | usd,
    usd_per_kwh=st.none() | usd,
)
requests = st.builds(
    ServedRequest,
    prompt_tokens=st.integers(0, 10_000),
    new_tokens=st.integers(1, 10_000),
    target_prompt_tokens_per_s=st.none() | st.floats(1, 1e5),
)


@st.composite
def servings(draw: st.DrawFn) -> Serving:
    """Any that hold together and in which a token has a price; of verification, one of the laws."""
    usual = draw(
        st.builds(
            Serving,
            verify_s=seconds,
            usd_per_million_tokens=usd,
            bills=st.sampled_from([one for one in get_args(Bills) if one != "nothing"]),
            energy_boundary=st.sampled_from(get_args(EnergyBoundary)),
            batch=st.floats(1, 32),
            context_tokens=st.floats(1, 4096),
            target_tokens_per_s=st.none() | st.floats(0.1, 1000),
            link=st.none() | links,
            prices=prices,
            request=requests,
        )
    )
    law = draw(st.sampled_from(["constant", "linear", "distribution", "by K", "measured", "measured, its link apart"]))
    if law == "linear":
        return replace(usual, verify_linear=draw(linear))
    if law == "distribution":
        return replace(usual, verify_samples_s=tuple(draw(st.lists(seconds, min_size=1, max_size=5))))
    if law == "constant":
        return usual
    found = draw(by_k)
    measured = replace(
        usual, verify_s_by_k=found, verify_s=found[-1][1], verify="declared" if law == "by K" else "measured"
    )
    if law != "measured, its link apart":
        return measured
    return replace(measured, link_s_by_k=tuple((k, whole_s * draw(st.floats(0, 1))) for k, whole_s in found))
