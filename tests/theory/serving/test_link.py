"""A round's way: its jitter and its payload."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from any_serving import links
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.serving.jitter import JITTERS, JitterName, TwoSided, jitter
from configspec.theory.serving.link_seconds import AssumedLink, link_quantile_s, link_s
from configspec.theory.serving.payload import PAYLOADS, PayloadName, payload

times = st.floats(0, 10)
each_jitter = pytest.mark.parametrize("one", JITTERS, ids=lambda one: one.name)


def test_every_name_is_a_law():
    """What devices.yaml and the options take is what there is."""
    assert tuple(one.name for one in JITTERS) == get_args(JitterName)
    assert tuple(one.name for one in PAYLOADS) == get_args(PayloadName)
    assert [jitter(name).name for name in get_args(JitterName)] == list(get_args(JitterName))


@each_jitter
@given(rtt_s=times, jitter_s=times)
def test_jitter_never_makes_a_link_faster(one, rtt_s, jitter_s):
    """In the mean; without jitter the round trip is what it is."""
    assert one.mean_s(rtt_s, jitter_s) >= rtt_s * (1 - 1e-9)
    assert one.mean_s(rtt_s, 0.0) == rtt_s
    assert one.quantile_s(rtt_s, 0.0, 0.95) == rtt_s


def test_small_jitter_in_both_directions_cancels():
    """A tenth of the round trip: to nine digits nothing of it is left."""
    assert TwoSided().mean_s(0.1, 0.01) == pytest.approx(0.1, rel=1e-9)


@pytest.mark.parametrize(("rtt_s", "jitter_s"), [(0.1, 0.01), (0.1, 0.1), (0.02, 0.1), (0.0, 0.1)])
def test_the_mean_is_that_of_the_emulated_link(rtt_s, jitter_s):
    """Two ways of max(0, N(rtt / 2, jitter / 2)), 400,000 of them: within five standard errors."""
    rng = np.random.default_rng(7)
    ways = np.maximum(0.0, rtt_s / 2 + rng.normal(0.0, jitter_s / 2, size=(400_000, 2))).sum(axis=1)
    error = 5 * ways.std() / np.sqrt(len(ways))
    assert TwoSided().mean_s(rtt_s, jitter_s) == pytest.approx(ways.mean(), abs=error)


def test_queueing_is_an_exponential_on_top():
    """Its mean and median, and against draws."""
    law = jitter("queueing")
    assert law.mean_s(0.05, 0.02) == pytest.approx(0.07)
    assert law.quantile_s(0.05, 0.02, 0.5) == pytest.approx(0.05 + 0.02 * np.log(2))
    drawn = 0.05 + np.random.default_rng(1).exponential(0.02, size=400_000)
    assert law.quantile_s(0.05, 0.02, 0.95) == pytest.approx(np.quantile(drawn, 0.95), rel=0.01)


def test_bytes_take_their_time_in_both_directions():
    """5 ids of 4 bytes and 10 of overhead up at 8 kbit/s, 18 bytes down at 80 kbit/s: 30 ms and 1.8 ms."""
    link = AssumedLink(rtt_s=0.1, up_bits_per_s=8e3, down_bits_per_s=80e3, overhead_bytes=10)
    assert link_s(link, 5) == pytest.approx(0.1 + 0.030 + 0.0018)


def test_distributions_are_what_makes_a_link_slow():
    """128,256 entries of Llama 3, float16, K=5: 1.28 MB, 0.1 s at 100 Mbit/s; ids are 20 bytes."""
    assert payload("distributions").up_bytes(5.0, 128_256) == pytest.approx(1_282_580)
    link = AssumedLink(up_bits_per_s=100e6, payload="distributions", vocabulary=128_256)
    assert link_s(link, 5) == pytest.approx(0.1026, abs=1e-4)
    assert link_s(replace(link, payload="ids"), 5) < 2e-6


@given(links, st.integers(0, 30))
def test_a_longer_round_never_travels_faster(link, k):
    """Nor does its quantile."""
    assert link_s(link, k + 1) >= link_s(link, k) >= 0
    now, more = link_quantile_s(link, k, 0.9), link_quantile_s(link, k + 1, 0.9)
    assert (now is None) == (more is None)
    assert now is None or more is None or more >= now
