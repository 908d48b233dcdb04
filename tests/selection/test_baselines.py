"""What a configuration is held against, and from where on it pays: laws, and the paper's own figures."""

from __future__ import annotations

import math
from dataclasses import replace

import any_serving
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from weighed import exact, exactly, paper_profile

from configspec.selection.baselines import Baseline, BreakEvenPoint, CloudToken, Figure, Held, baselines
from configspec.selection.break_even import break_even
from configspec.theory.figures import Estimate
from configspec.theory.objectives.objective import Objective, figures_of, objective_value
from configspec.theory.objectives.plain import WAYS, Way
from configspec.theory.objectives.registry import OBJECTIVES, objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.verification import LinearSeconds

law = settings(deadline=None, max_examples=40)
GOODPUT, COST, ENERGY = (objective(name) for name in ("goodput", "cost", "energy"))
UNKNOWN = "nobody timed it"
NEVER_ZERO = st.floats(1e-3, 1e2)
configurations = st.builds(
    lambda k, alpha, round_s, power_w, idle_w: exact("1b", k, alpha, round_s, power_w=power_w, idle_w=idle_w),
    st.integers(1, 20),
    st.floats(0, 1),
    NEVER_ZERO,
    NEVER_ZERO,
    NEVER_ZERO,
)
servings = st.builds(
    lambda verify_s, bills, energy: Serving(verify_s=verify_s, bills=bills, energy_boundary=energy),
    NEVER_ZERO,
    st.sampled_from(["drafted", "drafted+1"]),
    st.sampled_from(["drafting", "drafting+waiting"]),
)


def cloud(token_s: float, *, or_less: bool = False) -> CloudToken:
    return CloudToken(token_s=exactly(token_s), provenance="declared", or_less=or_less)


def held(one: Configuration, by: Objective, serving: Serving) -> Held:
    value = objective_value(by, one, serving)
    return Held(configuration=one, objective=by, serving=serving, value=value, low=value, high=value)


def of(way: Way, one: Configuration, by: Objective, serving: Serving, alone: CloudToken | str = UNKNOWN) -> Baseline:
    return next(each for each in baselines(held(one, by, serving), alone) if each.way == way)


def pays(point: BreakEvenPoint) -> bool:
    """Whether the figure as it is lies where it pays."""
    if point.value is None:
        return point.pays == "always"
    return point.now >= point.value if point.pays == "at least" else point.now <= point.value


@law
@given(configurations, st.sampled_from(OBJECTIVES), servings, NEVER_ZERO)
def test_every_way_has_a_value_above_zero_or_a_reason(one, by, serving, token_s):
    """Never both, and never zero: what is not known is null."""
    for each in baselines(held(one, by, serving), cloud(token_s)):
        assert (each.value is None) == (each.reason is not None) == (each.times_better is None)
        assert each.value is None or (math.isfinite(each.value.value) and each.value.value > 0)
    assert tuple(each.way for each in baselines(held(one, by, serving), UNKNOWN)) == WAYS


@law
@given(configurations, st.sampled_from(OBJECTIVES), any_serving.servings(), NEVER_ZERO)
def test_it_is_known_whatever_is_assumed(one, by, serving, token_s):
    """Of every law, link and price: finite, and a point lies on the side that it says."""
    assume(by.unavailable(serving) is None and by.lacks(one, serving) is None)
    for each in baselines(held(one, by, serving), cloud(token_s)):
        assert each.value is None or (math.isfinite(each.value.value) and each.value.value > 0)
        assert each.times_better is None or each.times_better > 0
        for point in each.break_even:
            assert point.value is None or point.value >= 0
            if each.times_better is not None and abs(each.times_better - 1) > 1e-6:
                assert pays(point) == (each.times_better > 1)


@pytest.mark.parametrize("by", [one for one in OBJECTIVES if one.name != "server_time"], ids=lambda one: one.name)
def test_a_link_that_is_all_a_token_waits_for_has_a_least_one(by):
    """A verifier that takes no time, behind a slow link whose bytes grow with K: a token never takes less than none."""
    one = exact("1b", 4, 0.5, 0.4, idle_w=3.0)
    slow = AssumedLink(rtt_s=0.0, up_bits_per_s=100.0, payload="distributions", vocabulary=1000)
    for link in (slow, AssumedLink(jitter_s=60.0)):
        serving = Serving(verify_s=0.0, link=link, energy_boundary="drafting+waiting")
        if by.lacks(one, serving) is None:
            points = of("no speculation", one, by, serving).break_even
            assert all(point.value is None or point.value >= 0 for point in points)


@law
@given(configurations, st.sampled_from(OBJECTIVES), servings, NEVER_ZERO)
def test_at_a_break_even_point_both_are_equal(one, by, serving, token_s):
    """The figure put in place of its own, all else as it is, the configuration is worth as much as the baseline."""
    for each in baselines(held(one, by, serving), cloud(token_s)):
        for point in each.break_even:
            if not point.value:
                continue
            changed, assumed = one, serving
            if point.figure == "acceptance":
                changed = replace(one, acceptance=replace(one.acceptance, rate=exactly(point.value)))
            elif point.figure == "drafting_tokens_per_s":
                changed = replace(one, round_s=exactly(one.k / point.value))
            else:
                more = serving.verify_s if point.figure == "link_s" else 0.0
                assumed = replace(serving, verify_s=more + point.value)
            again = of(each.way, changed, by, assumed, cloud(token_s))
            assert again.times_better == pytest.approx(1, rel=1e-6)


@law
@given(configurations, st.sampled_from(OBJECTIVES), servings, NEVER_ZERO)
def test_a_point_says_on_which_side_a_configuration_is(one, by, serving, token_s):
    """It is better than a baseline exactly where what it has is on the side that pays, of every figure."""
    for each in baselines(held(one, by, serving), cloud(token_s)):
        for point in each.break_even:
            times = each.times_better
            assert times is not None
            assert abs(times - 1) < 1e-9 or pays(point) == (times >= 1)


@law
@given(configurations, servings)
def test_against_a_token_a_round_trip_the_points_are_those_of_the_closed_form(one, serving):
    """Law 5, alpha >= d / (K T), v_d >= 1 / (alpha T), T >= d / (K alpha): what is searched is what is computed."""
    known = break_even(one, serving)
    points = {each.figure: each for each in of("no speculation", one, GOODPUT, serving).break_even}
    closed: dict[Figure, float | None] = {
        "acceptance": known.least_acceptance,
        "drafting_tokens_per_s": known.least_drafting_tokens_per_s,
        "verify_s": known.least_verify_s,
    }
    for name, expected in closed.items():
        point = points.get(name)
        if point is None or point.value is None or expected is None:
            continue
        assert point.pays == "at least"
        assert point.value == pytest.approx(expected, rel=1e-6, abs=1e-9)


@law
@given(configurations, servings, NEVER_ZERO)
def test_a_longer_verification_helps_against_one_baseline_and_hurts_against_the_other(one, serving, token_s):
    """Fetching token by token waits for it as well; a target that streams does not."""
    by_way = {each.way: each.break_even for each in baselines(held(one, GOODPUT, serving), cloud(token_s))}
    sides = {way: {point.pays for point in points if point.figure == "verify_s"} for way, points in by_way.items()}
    assert sides["no speculation"] <= {"at least", "always", "never"}
    assert sides["cloud only"] <= {"at most", "always", "never"}


def test_the_8b_drafts_on_both_raspberry_pis_do_not_pay():
    """0.74 to 1.55 tokens/s, where a token a round trip of 0.5 s is 2.0 (arXiv 2604.09722, Table 2)."""
    profile = paper_profile()
    slower = set()
    for device in profile.devices:
        for one in profile.configurations(device, as_name=device):
            found = of("no speculation", one, GOODPUT, profile.serving[one.family])
            assert found.value is not None
            assert found.value.value == pytest.approx(2.0)
            if found.shown_better:
                slower.add((device, one.draft, one.k))
    at_two = {(device, draft) for device, draft, k in slower if k == 2}
    assert at_two == {("rpi4b", "8b-inst"), ("rpi5", "8b-inst"), ("rpi4b", "8b"), ("rpi5", "8b")}
    assert not [device for device, *_ in slower if device == "jetson"]


def test_against_a_target_that_stands_by_itself_a_round_has_so_much_time():
    """By hand, y = 3 and t = 0.3 s: 0.9 s for a round, of which drafting takes 0.4 and verification 0.2 s."""
    one = exact("1b", 4, 0.5, 0.4)
    found = of("cloud only", one, GOODPUT, Serving(verify_s=0.2), cloud(0.3)).break_even
    assert [each.figure for each in found] == ["acceptance", "drafting_tokens_per_s", "verify_s", "link_s"]
    assert [each.pays for each in found] == ["at least", "at least", "at most", "at most"]
    assert [each.value or 0.0 for each in found] == pytest.approx([0.25, 4 / 0.7, 0.5, 0.3])


def test_a_link_that_is_known_apart_is_in_its_break_even_point():
    """0.1 s of the 0.2 s are the link's, so 0.4 s of link are as much as 0.3 s on top."""
    serving = Serving(verify_s=0.1, link=AssumedLink(rtt_s=0.1))
    points = of("cloud only", exact("1b", 4, 0.5, 0.4), GOODPUT, serving, cloud(0.3)).break_even
    (link,) = (each for each in points if each.figure == "link_s")
    assert [link.now, link.value or 0.0] == pytest.approx([0.1, 0.4])


def test_where_a_law_of_verification_is_declared_a_token_alone_has_its_own_time():
    """T = 0.1 + 0.02 * (K + 1), so 0.12 s where nothing is drafted (arXiv 2406.14066, section 4)."""
    serving = Serving(verify_linear=LinearSeconds(base_s=0.1, s_per_token=0.02))
    found = of("no speculation", exact("1b", 4, 0.5, 0.1), GOODPUT, serving)
    assert found.token_s == pytest.approx(0.12)
    assert not found.or_better


def test_no_row_of_table_2_but_one_is_faster_than_the_clouds_that_were_measured():
    """6.9 tokens/s (Llama-3.1-70B) and 13.9 (Qwen3-32B) alone (arXiv 2603.19133): of the Orin 7.65, and its K=6."""
    profile = paper_profile()
    speeds = {"llama-3.1-70b": 6.9, "qwen3-32b": 13.9}
    faster = {
        (device, one.draft, one.k)
        for device in profile.devices
        for one in profile.configurations(device, as_name=device)
        if not of("cloud only", one, GOODPUT, profile.serving[one.family], cloud(1 / speeds[one.family])).shown_better
    }
    assert faster == {("jetson", "1b-inst", 6), ("jetson", "1b-inst", 8)}


def test_every_k_5_costs_more_than_the_same_price_for_each_token():
    """1/p is 1,111 and 1,695 thousand tokens/$; of Table 2 and Figure 4 only K=2 is cheaper."""
    profile = paper_profile()
    for one in profile.configurations("jetson", as_name="jetson"):
        found = of("cloud only", one, COST, profile.serving[one.family], cloud(0.1))
        assert found.times_better is not None
        assert (found.times_better > 1) == (one.k == 2)
    per_dollar = of("no speculation", profile.configurations("jetson", as_name="jetson")[0], COST, Serving())
    assert per_dollar.value is not None
    assert per_dollar.value.value == pytest.approx(1_111_111, rel=1e-6)


def test_the_draft_alone_asks_no_verifier():
    """The Pi 5's 1B: 14.4 tokens/s, 8.33 W / 14.44 tokens/s = 0.577 J each (E eta p = P / v_d), and no bill."""
    (one,) = (
        each
        for each in paper_profile().configurations("rpi5", as_name="rpi5")
        if (each.draft, each.k) == ("1b-inst", 6)
    )
    speed, bill, joules = (of("device only", one, by, Serving()) for by in (GOODPUT, COST, ENERGY))
    assert speed.value is not None
    assert speed.value.value == pytest.approx(14.44, abs=0.01)
    assert bill.reason == "no verifier is asked, so none is paid"
    assert joules.value is not None
    assert joules.value.value == pytest.approx(0.577, abs=0.001)
    assert joules.provenance == "derived"


def test_the_energy_of_waiting_counts_where_it_is_asked_for():
    """Without it a device that only waits takes nothing that is counted, which is no zero; with it, P_idle * T."""
    one = exact("1b", 6, 0.52, 0.4, idle_w=3.0)
    waits = Serving(energy_boundary="drafting+waiting")
    assert of("no speculation", one, ENERGY, Serving()).reason == (
        "the device only waits, and its energy of waiting is not counted"
    )
    found = of("no speculation", one, ENERGY, waits)
    assert found.value is not None
    assert found.value.value == pytest.approx(1.5)
    alone = of("cloud only", one, ENERGY, waits, cloud(0.1))
    assert alone.value is not None
    assert alone.value.value == pytest.approx(0.3)


def test_a_pass_over_several_tokens_bounds_the_target_alone():
    """It may be faster, so a gain over it is never shown, and a loss is."""
    one = exact("1b", 4, 0.5, 0.1)
    slow, fast = (of("cloud only", one, GOODPUT, Serving(), cloud(t, or_less=True)) for t in (10.0, 0.001))
    assert slow.or_better
    assert (slow.shown, slow.shown_better) == (False, False)
    assert (fast.shown, fast.shown_better) == (True, True)
    assert of("cloud only", one, COST, Serving(), cloud(0.1, or_less=True)).or_better is False


def test_intervals_that_have_something_in_common_show_nothing():
    """Neither better nor worse."""
    one = exact("1b", 4, 0.5, 0.1)
    wide = CloudToken(
        token_s=Estimate(value=0.2, low=0.1, high=0.4, confidence=0.95, n=9), provenance="measured", or_less=False
    )
    found = of("cloud only", one, GOODPUT, Serving(), wide)
    assert found.value is not None
    assert (found.value.low, found.value.high, found.value.confidence) == (2.5, 10.0, 0.95)
    assert not found.shown


def test_where_verification_was_timed_by_k_the_fewest_tokens_bound_a_single_one():
    """The pass of K=2, link included: a token takes no longer."""
    serving = Serving(verify_s=9.0, verify="measured", verify_s_by_k=((2, 0.1), (4, 0.2)))
    found = of("no speculation", exact("1b", 4, 0.5, 0.1), GOODPUT, serving)
    assert found.token_s == 0.1
    assert (found.or_better, found.provenance) == (True, "derived")


def test_what_is_not_known_keeps_its_reason():
    """And says nothing of who is better."""
    found = of("cloud only", exact("1b", 4, 0.5, 0.1), GOODPUT, Serving())
    assert found == Baseline(way="cloud only", reason=UNKNOWN)


def test_a_verifier_without_a_latency_leaves_no_token_a_round_trip():
    """1 / 0 tokens/s is told as what it is."""
    found = of("no speculation", exact("1b", 4, 0.5, 0.1), GOODPUT, Serving(verify_s=0.0))
    assert (found.value, found.reason) == (None, "a token takes no time")


def test_what_no_acceptance_makes_pay_says_never():
    """The 8B on the Pi 4B at K=5 drafts for 6.9 s: six tokens one by one take 3 s."""
    (one,) = (
        each
        for each in paper_profile().configurations("rpi4b", as_name="rpi4b")
        if (each.draft, each.k) == ("8b-inst", 5)
    )
    points = {each.figure: each for each in of("no speculation", one, GOODPUT, Serving()).break_even}
    assert points["acceptance"].pays == "never"
    assert points["drafting_tokens_per_s"].value == pytest.approx(1 / (0.622 * 0.5), rel=1e-3)
    assert points["verify_s"].value == pytest.approx(figures_of(one, Serving()).round_s / (5 * 0.622), rel=1e-3)
