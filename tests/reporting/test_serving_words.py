"""The serving assumptions in words and as JSON."""

from __future__ import annotations

import json

import pytest
from any_serving import servings
from hypothesis import given

from configspec.reporting.serving_words import serving_json, serving_words
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.charges import Prices
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.verification import LinearSeconds

LINEAR = LinearSeconds(base_s=0.05, s_per_token=0.01)
BY_K = ((2, 0.3), (8, 0.45))


@pytest.mark.parametrize(
    ("serving", "words"),
    [
        (Serving(), "verification 0.5 s per round, 0.9 USD per million tokens, K tokens billed per round"),
        (
            Serving(verify_linear=LINEAR, batch=4, context_tokens=300),
            "verification 0.130 s at K=1, 0.0400 s more for each token of K (batch 4, context 300) per round, ",
        ),
        (
            Serving(verify_samples_s=(0.1, 0.1, 0.7)),
            "verification 0.300 s in the mean of 3 samples (95 of 100 within 0.640 s) per round, ",
        ),
        (Serving(verify_s_by_k=BY_K), "verification 0.300 s at K=2 to 0.450 s at K=8 (by K) per round, "),
        (
            Serving(verify_s_by_k=BY_K, verify="measured", link=AssumedLink(rtt_s=0.04)),
            "(measured) per round, the device's own link in it, ",
        ),
        (
            Serving(
                verify_s_by_k=BY_K, verify="measured", link_s_by_k=((2, 0.1), (8, 0.1)), link=AssumedLink(rtt_s=0.04)
            ),
            "(measured) per round, a link of 40 ms in place of the measured one, ",
        ),
        (
            Serving(link=AssumedLink(rtt_s=0.04, jitter_s=0.005, up_bits_per_s=2e7, payload="probabilities")),
            "a link of 40 ms with 5 ms of two-sided jitter on top, 20 Mbit/s up for token ids with a probability each",
        ),
        (Serving(link=AssumedLink(payload="probabilities")), "0 ms on top, token ids with a probability each sent, "),
        (Serving(batch=4), "verification 0.5 s per round, 4 rounds in a pass, "),
        (
            Serving(bills="input+output+context", context_tokens=300, prices=Prices(usd_per_million_input_tokens=0.2)),
            "a context of 300 tokens, 0.9 USD per million tokens, context + K input + 1 output tokens billed per round"
            ", 0.2 USD per million input tokens",
        ),
        (
            Serving(bills="nothing", prices=Prices(usd_per_gpu_hour=2.5, gpus=2, usd_per_kwh=0.3)),
            "per round, no tokens billed per round, 2.5 USD per GPU hour and 2 GPUs, 0.3 USD per kWh at the device",
        ),
        (Serving(energy_boundary="drafting+waiting"), ", energy of drafting and waiting"),
    ],
)
def test_what_is_declared_is_said_and_no_more(serving, words):
    """In one line."""
    assert words in serving_words(serving)


@given(servings())
def test_what_is_as_usual_is_left_out_of_the_json(serving):
    """It is plain JSON, and thousands of samples are their number and mean."""
    found = serving_json(serving)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) >= {"verify_s", "usd_per_million_tokens", "bills", "energy_boundary"}
    assert ("link" in found) == (serving.link is not None)
    if serving.verify_samples_s:
        mean_s = sum(serving.verify_samples_s) / len(serving.verify_samples_s)
        assert found["verify_samples_s"] == {"n": len(serving.verify_samples_s), "mean": mean_s}
