"""The other schemes that assumptions have the figures of."""

from __future__ import annotations

import pytest
from any_serving import servings
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.charges import CHARGES, Prices, declared_charges
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.schemes import ASPECTS, other_schemes
from configspec.theory.serving.verification import LinearSeconds

ks = st.integers(1, 20)
PAPERS = ["K + 1 tokens billed", "the energy of waiting counted too"]


def words(serving: Serving) -> list[str]:
    return [one.words for one in other_schemes(serving, 4)]


@given(servings(), ks)
def test_another_scheme_holds_together_and_is_another(serving, k):
    """It contradicts nothing, is of a registered aspect, and is not what is assumed."""
    for one in other_schemes(serving, k):
        assert one.serving.contradiction is None
        assert one.serving != serving
        assert one.aspect in [each.name for each in ASPECTS]


@given(servings(), ks)
def test_no_two_are_the_same(serving, k):
    """Neither in words nor in figures."""
    found = other_schemes(serving, k)
    assert len({one.words for one in found}) == len(found) == len({one.serving for one in found})


@given(servings(), ks, ks)
def test_one_time_for_all_k_is_that_of_the_best(serving, k, other_k):
    """At its K nothing changes; at another the verifier takes as long."""
    for one in other_schemes(serving, k):
        if one.aspect == "time of verification":
            assert one.serving.verify_s_at(k) == pytest.approx(serving.verify_s_at(k))
            assert one.serving.server_s_at(other_k) == pytest.approx(serving.server_s_at(k))


@pytest.mark.parametrize("charge", CHARGES, ids=lambda one: one.name)
@given(servings())
def test_a_charge_alone_is_the_only_one(charge, serving):
    """And what it charges is what it did."""
    if charge.declared(serving):
        alone = charge.alone(serving)
        assert declared_charges(alone) == [charge]
        assert alone.slowed(2.0).verify_s_at(3) == serving.slowed(2.0).verify_s_at(3)


def test_the_papers_assumptions_leave_two_open():
    """The bonus token may be billed, and the waiting be counted."""
    assert words(Serving()) == PAPERS


def test_what_nobody_declared_is_not_tried():
    """Input needs its price, context its length, distributions a vocabulary."""
    apart = Serving(prices=Prices(usd_per_million_input_tokens=0.2))
    assert words(apart) == ["K + 1 tokens billed", "K input + 1 output tokens billed", PAPERS[-1]]
    link = AssumedLink(up_bits_per_s=1e6)
    assert words(Serving(link=link)) == ["token ids with a probability each", *PAPERS]
    assert words(Serving(link=AssumedLink(rtt_s=0.1))) == PAPERS


def test_several_charges_are_tried_each_alone():
    """As they are listed; nothing is billed beside the other ones."""
    serving = Serving(prices=Prices(usd_per_gpu_hour=2.0, usd_per_kwh=0.3))
    assert [one.words for one in other_schemes(serving, 4) if one.aspect == "charges"] == [
        "tokens charged alone",
        "GPU-seconds charged alone",
        "energy of the device charged alone",
    ]


def test_a_measured_time_keeps_its_link_apart():
    """Of 0.4 s at K=4, 0.1 s were the link's: both stay for all K."""
    serving = Serving(
        verify="measured", verify_s=0.4, verify_s_by_k=((2, 0.3), (4, 0.4)), link_s_by_k=((2, 0.1), (4, 0.1))
    )
    (one,) = (one for one in other_schemes(serving, 4) if one.aspect == "time of verification")
    assert [one.serving.server_s_at(2), one.serving.link_s_at(2)] == pytest.approx([0.3, 0.1])
    assert one.words == "the time of K=4 for all K"


def test_jitter_of_a_link_is_tried_both_ways():
    """Where there is any."""
    linear = LinearSeconds(base_s=0.1)
    assert "queueing jitter" in words(Serving(verify_linear=linear, link=AssumedLink(rtt_s=0.1, jitter_s=0.01)))
    assert "queueing jitter" not in words(Serving(verify_linear=linear, link=AssumedLink(rtt_s=0.1)))
