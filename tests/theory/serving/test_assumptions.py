"""A round's seconds: the verifier's own and the link's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from any_serving import servings
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.serving.assumed import Assumed
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.verification import VERIFICATION, LinearSeconds, verification_law

ks = st.integers(0, 40)
LINK = AssumedLink(rtt_s=0.05)
MEASURED = Serving(verify="measured", verify_s=0.4, verify_s_by_k=((2, 0.3), (4, 0.4)))


@given(servings(), ks)
def test_a_round_waits_for_the_verifier_and_the_link(serving, k):
    """Whatever the laws: T_verify = T_server + T_link, neither below 0."""
    assert serving.server_s_at(k) >= 0
    assert serving.link_s_at(k) >= 0
    assert serving.verify_s_at(k) == pytest.approx(serving.server_s_at(k) + serving.link_s_at(k))


@given(st.floats(0, 100), ks)
def test_by_default_a_declared_time_is_all_there_is(seconds, k):
    """As in the paper: no link, no K."""
    serving = Serving(verify_s=seconds)
    assert serving.verify_s_at(k) == serving.server_s_at(k) == seconds
    assert serving.link_s_at(k) == 0


def test_a_declared_link_takes_the_place_of_a_measured_one():
    """0.4 s at K=4, of which 0.1 s were the bench's link: over 50 ms it is 0.35 s."""
    serving = replace(MEASURED, link_s_by_k=((2, 0.1), (4, 0.1)), link=LINK)
    assert serving.server_s_at(4) == pytest.approx(0.3)
    assert serving.verify_s_at(4) == pytest.approx(0.35)


def test_a_measured_time_that_hides_its_link_is_given_no_second_one():
    """As of older records: all of it is taken for the verifier's."""
    serving = replace(MEASURED, link=LINK)
    assert not serving.link_is_apart
    assert serving.verify_s_at(4) == 0.4
    assert serving.link_s_at(4) == 0


@given(servings(), st.floats(0.1, 10), ks)
def test_slowed_multiplies_every_second(serving, factor, k):
    """Of verification and link, whatever the law."""
    assert serving.slowed(factor).verify_s_at(k) == pytest.approx(factor * serving.verify_s_at(k))
    assert serving.slowed(factor).server_s_at(k) == pytest.approx(factor * serving.server_s_at(k))


@given(servings(), ks, st.floats(0, 0.99), st.floats(0, 0.99))
def test_quantiles_rise_with_the_share(serving, k, one, other):
    """Where both are known."""
    low, high = (serving.verify_quantile_s(k, share) for share in sorted((one, other)))
    assert (low is None) == (high is None)
    assert low is None or high is None or low <= high


def test_quantiles_of_a_part_that_varies_are_moved_by_one_that_does_not():
    """Samples of 0.2 to 0.4 s over a link of 50 ms; with jitter on top, nobody knows."""
    samples = Serving(verify_samples_s=(0.2, 0.3, 0.4), link=LINK)
    assert samples.verify_quantile_s(4, 0.5) == pytest.approx(0.35)
    jittery = replace(LINK, jitter_s=0.01, jitter="queueing")
    assert replace(samples, link=jittery).verify_quantile_s(4, 0.5) is None


@given(servings())
def test_some_law_of_verification_always_holds(serving):
    """And it is one of those that are registered."""
    assert type(verification_law(serving)) in VERIFICATION


def test_the_linear_law_is_smartspecs():
    """T = delta + gamma * batched tokens + alpha * context: 2 rounds of 5 tokens over 100 each, by hand."""
    law = LinearSeconds(base_s=0.05, s_per_token=0.002, s_per_context_token=0.0001)
    serving = Serving(verify_linear=law, batch=2, context_tokens=100)
    assert serving.verify_s_at(4) == pytest.approx(0.05 + 10 * 0.002 + 200 * 0.0001)


def test_samples_count_by_their_mean():
    """Long-run goodput is that of the mean, so one slow round of three counts fully: 0.1, 0.1 and 0.7 s make 0.3."""
    serving = Serving(verify_samples_s=(0.1, 0.1, 0.7))
    assert serving.verify_s_at(1) == pytest.approx(0.3)
    assert serving.verify_quantile_s(1, 0.5) == 0.1


@given(servings())
def test_assuming_nothing_changes_nothing(serving):
    """Not even how the time of verification is known."""
    assert Assumed().over(serving) == serving


@given(servings(), st.floats(0.1, 1))
def test_one_time_for_all_takes_the_place_of_every_law(serving, seconds):
    """The link stays."""
    found = Assumed(verify_s=seconds).over(serving)
    assert found.server_s_at(3) == seconds
    assert found.link == serving.link


def test_what_is_assumed_of_link_and_price_is_assumed_one_by_one():
    """The rest of them stays as it was."""
    before = Serving(link=replace(LINK, jitter_s=0.01))
    found = Assumed(rtt_s=0.1, usd_per_kwh=0.3).over(before)
    assert found.link == AssumedLink(rtt_s=0.1, jitter_s=0.01)
    assert found.prices.usd_per_kwh == 0.3
    assert replace(found, link=before.link, prices=before.prices) == before


def test_a_contradiction_names_the_figure_that_is_missing():
    """Of a way to bill, and of distributions that travel."""
    assert Serving(bills="input+output").contradiction == (
        "bills 'input+output', which needs `usd_per_million_input_tokens`"
    )
    assert "`vocabulary`" in str(Serving(link=AssumedLink(payload="distributions")).contradiction)
    assert "at most 1e+09" in str(Serving(verify_linear=LinearSeconds(base_s=1e9, s_per_token=1e9)).contradiction)
    assert Serving().contradiction is None
