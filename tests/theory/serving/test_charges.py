"""What a round costs."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from any_serving import servings
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.billing import BILLING, OF_ONE_PRICE, Bills, billing
from configspec.theory.serving.charges import (
    CHARGES,
    Prices,
    Round,
    declared_charges,
    usd_per_million_rounds,
)
from configspec.theory.serving.link_seconds import AssumedLink

figures = st.floats(1e-3, 1e3)
ROUND = Round(k=4.0, server_s=0.2, device_j=6.0)
APART = Serving(
    usd_per_million_tokens=0.59,
    context_tokens=500,
    prices=Prices(usd_per_million_input_tokens=0.29, usd_per_million_cached_tokens=0.029),
)


def test_every_way_to_bill_is_a_law():
    """What `devices.yaml` and `--bills` take is what there is."""
    assert tuple(one.name for one in BILLING) == get_args(Bills)
    assert [billing(name).name for name in get_args(Bills)] == list(get_args(Bills))


@pytest.mark.parametrize(
    ("bills", "usd"),
    [
        ("drafted", 2 * 0.59),
        ("drafted+1", 3 * 0.59),
        ("input+output", 2 * 0.29 + 0.59),
        ("input+output+context", 502 * 0.29 + 0.59),
        ("input+output+cached", 500 * 0.029 + 2 * 0.29 + 0.59),
        ("nothing", 0.0),
    ],
)
def test_what_each_way_bills_for_a_round_of_two(bills, usd):
    """By hand, dollars for a million rounds."""
    assert billing(bills).missing(APART) is None
    assert billing(bills).usd_per_million_rounds(2.0, APART) == pytest.approx(usd)


def test_input_and_output_apart_are_cheaper_than_the_papers_billing():
    """Qwen3-8B, K=2, alpha 0.7083, 0.29 in and 0.59 out (Groq): 0.484 dollars a million useful tokens, not 0.488."""
    tokens = 2 * 0.7083 + 1
    usd = billing("input+output").usd_per_million_rounds(2.0, APART) / tokens
    assert usd == pytest.approx(0.484, abs=0.0005)


def test_a_prefix_that_is_billed_again_dominates_everything():
    """500 tokens of context at K=2: 60.5 dollars for a million useful tokens, 124 times the paper's."""
    usd = billing("input+output+context").usd_per_million_rounds(2.0, APART) / (2 * 0.7083 + 1)
    assert usd == pytest.approx(60.5, abs=0.05)


def test_what_a_way_to_bill_lacks_is_named():
    """The price first, then the context."""
    assert billing("input+output").missing(Serving()) == "usd_per_million_input_tokens"
    one = replace(APART, context_tokens=0.0)
    assert billing("input+output+context").missing(one) == "context_tokens"
    no_cache = replace(APART, prices=Prices(usd_per_million_input_tokens=0.29))
    assert billing("input+output+cached").missing(no_cache) == "usd_per_million_cached_tokens"
    assert [billing(name).missing(Serving()) for name in OF_ONE_PRICE] == [None, None]


@pytest.mark.parametrize(
    ("prices", "usd"),
    [
        (Prices(usd_per_gpu_hour=4.05, gpus=2), 0.2 * 2 * 4.05 / 3600 / 4 * 1e6),
        (Prices(usd_per_gb_up=0.09), 16 * 0.09 / 1e9 * 1e6),
        (Prices(usd_per_gb_down=0.09), 8 * 0.09 / 1e9 * 1e6),
        (Prices(usd_per_kwh=0.36), 6.0 * 0.36 / 3.6e6 * 1e6),
    ],
)
def test_each_charge_by_hand(prices, usd):
    """A round of 4 that takes 2 GPUs 0.2 s with three others, sends 16 bytes, gets 8, and costs the device 6 J."""
    serving = Serving(bills="nothing", batch=4, prices=prices)
    assert usd_per_million_rounds(ROUND, serving) == pytest.approx(usd)
    assert len(declared_charges(serving)) == 1


def test_traffic_is_of_the_payload_that_is_assumed():
    """Distributions over 1,000 entries: 4 * 2,004 bytes up."""
    link = AssumedLink(payload="distributions", vocabulary=1000)
    serving = Serving(bills="nothing", link=link, prices=Prices(usd_per_gb_up=1.0))
    assert usd_per_million_rounds(ROUND, serving) == pytest.approx(4 * 2004 / 1e9 * 1e6)


@given(servings(), figures, figures)
def test_a_round_costs_the_sum_of_what_is_declared(serving, server_s, device_j):
    """And each part is 0 or more."""
    one = Round(k=4.0, server_s=server_s, device_j=device_j)
    parts = [each.usd_per_million_rounds(one, serving) for each in CHARGES if each.declared(serving)]
    assert min(parts) >= 0
    assert usd_per_million_rounds(one, serving) == pytest.approx(sum(parts))


@given(servings(), st.lists(figures, min_size=1, max_size=4))
def test_arrays_cost_what_each_of_their_numbers_costs(serving, seconds):
    """To the last bit."""
    k = np.arange(1.0, len(seconds) + 1)
    arrays = Round(k=k, server_s=np.array(seconds), device_j=2 * np.array(seconds))
    each = [
        usd_per_million_rounds(Round(k=float(n), server_s=one, device_j=2 * one), serving)
        for n, one in zip(k, seconds, strict=True)
    ]
    assert usd_per_million_rounds(arrays, serving).tolist() == each


@given(servings(), st.floats(0.1, 10))
def test_priced_multiplies_every_price(serving, factor):
    """So a round costs so much more."""
    now, more = (usd_per_million_rounds(ROUND, one) for one in (serving, serving.priced(factor)))
    assert more == pytest.approx(factor * now)


@given(figures, st.integers(1, 20))
def test_by_default_a_round_costs_what_it_costs_in_the_paper(usd, k):
    """K p, to the last bit."""
    one = Round(k=float(k), server_s=0.5, device_j=float("nan"))
    assert usd_per_million_rounds(one, Serving(usd_per_million_tokens=usd)) == k * usd
