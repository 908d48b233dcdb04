"""What is modelled of a K that was not measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weighed import exact

from configspec.selection.unmeasured_k import (
    accepted_of,
    constant_chance,
    errors_left_out,
    largest_error,
    modelled_at,
    modelled_serving,
    verification_error,
)
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

chances = st.floats(0.0, 1.0)
some_ks = st.lists(st.integers(1, 40), min_size=2, max_size=6, unique=True).map(sorted)


def at(k: int, accepted: float, round_s: float) -> Configuration:
    """K with as many accepted tokens of a round, drafted in so many seconds."""
    return exact("1b", k, accepted / k, round_s, power_w=None)


@given(chances, st.integers(1, 100))
def test_the_chance_accepts_as_many_as_it_was_made_of(chance: float, k: int) -> None:
    """One is the other undone."""
    accepted = accepted_of(chance, k)
    assert 0 <= accepted <= k
    assert accepted_of(constant_chance(k, accepted), k) == pytest.approx(accepted, abs=1e-9 * k)


@given(chances, some_ks, st.integers(1, 80), st.floats(0, 0.1), st.floats(0.001, 1))
def test_where_the_model_holds_it_is_exact(
    chance: float, ks: list[int], k: int, start_s: float, token_s: float
) -> None:
    """A constant chance and rounds on a line give every K, and no error."""
    measured = [at(one, accepted_of(chance, one), start_s + token_s * one) for one in ks]
    if k not in ks:
        found = modelled_at(measured, k)
        assert found.acceptance.rate.value == pytest.approx(accepted_of(chance, k) / k, abs=1e-9)
        assert found.round_s.value == pytest.approx(start_s + token_s * k, abs=1e-9)
        assert (found.k, found.provenance) == (k, "modelled")
    assert largest_error(measured) == (None if len(ks) < 3 else pytest.approx(0, abs=1e-6))


@given(chances, some_ks, st.integers(1, 80), st.floats(0.001, 1))
def test_where_the_model_holds_leaving_out_shows_no_error(chance: float, ks: list[int], k: int, token_s: float) -> None:
    """Rounds in proportion to K, so that one K is enough for the others: between, before and beyond."""
    measured = [at(one, accepted_of(chance, one), token_s * one) for one in ks]
    if k not in ks:
        (found,) = errors_left_out(measured, [k]).values()
        if found is None:
            assert k * ks[0] > ks[-1] ** 2
        else:
            assert found.tokens == pytest.approx(0, abs=1e-6)
            assert found.seconds == pytest.approx(0, abs=1e-6)
            assert 1 <= found.count <= len(ks) + 1


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 1)), min_size=2, max_size=6, unique_by=lambda one: one[0]))
def test_a_modelled_k_accepts_what_lies_between_its_neighbours(points: list[tuple[int, float]]) -> None:
    """Where a longer round never accepted fewer tokens, none that is modelled does so at a measured one's cost."""
    accepted, measured, last = 0.0, [], 0
    for k, share in sorted(points):
        accepted += share * (k - last)
        measured.append(at(k, accepted, 0.1 * k))
        last = k
    for k in set(range(1, last + 20)) - {one.k for one in measured}:
        tokens = k * modelled_at(measured, k).acceptance.rate.value
        assert tokens >= max((one.k * one.acceptance.rate.value for one in measured if one.k < k), default=0) - 1e-9
        assert tokens <= min((one.k * one.acceptance.rate.value for one in measured if one.k > k), default=k) + 1e-9


def test_the_error_beyond_the_largest_k_is_seen_as_far_away() -> None:
    """K=16 is twice 8, so 8 is modelled from what is at most 4; from 2, 4 alone that is a third too many tokens."""
    measured = [at(k, accepted, 0.1 * k) for k, accepted in ((2, 1.0), (4, 2.0), (6, 2.0), (8, 2.0))]
    near, far, too_far = errors_left_out(measured, [9, 16, 40]).values()
    assert near is not None
    assert far is not None
    assert too_far is None
    of_four = 8 * modelled_at(measured[:2], 8).acceptance.rate.value
    assert far.tokens == pytest.approx((of_four + 1) / 3 - 1)
    assert far.tokens > near.tokens
    assert far.count == 5


def test_nothing_is_left_out_of_one_k() -> None:
    """So nobody knows how wrong the model is."""
    assert errors_left_out([at(4, 2.0, 0.4)], [2, 5]) == {2: None, 5: None}


def test_verification_along_a_line_shows_no_error_and_a_bend_does() -> None:
    """0.5 in place of 0.4 s at K=4: from the line of 2 and 6 it is a fourth more."""
    line = Serving(verify="measured", verify_s_by_k=((2, 0.2), (4, 0.4), (6, 0.6)))
    none = verification_error(line)
    assert none is not None
    assert none[0] == pytest.approx(0, abs=1e-9)
    assert none[1] == 3
    bent = Serving(verify="measured", verify_s_by_k=((2, 0.2), (4, 0.5), (6, 0.6)))
    found = verification_error(bent)
    assert found is not None
    assert found[0] >= 0.25
    assert verification_error(Serving(verify="measured", verify_s_by_k=((4, 0.4),))) is None


def test_what_is_declared_for_all_other_k_is_not_modelled() -> None:
    """A profile's `verify_s` is for each K that `verify_s_by_k` lacks."""
    declared = Serving(verify_s=0.5, verify_s_by_k=((2, 0.2), (4, 0.4)))
    assert modelled_serving(declared, 3).verify_s_at(3) == 0.5


@given(st.lists(st.tuples(st.integers(1, 40), chances, st.floats(0.001, 5)), min_size=1, unique_by=lambda one: one[0]))
def test_whatever_was_measured_what_is_modelled_can_be(points: list[tuple[int, float, float]]) -> None:
    """A rate from 0 to 1, and a round that takes time."""
    measured = [at(k, rate * k, round_s) for k, rate, round_s in sorted(points)]
    for k in range(1, 90):
        found = modelled_at(measured, k)
        assert 0 <= found.acceptance.rate.value <= 1 + 1e-9
        assert found.round_s.value > 0


def test_one_k_goes_by_its_own_chance_and_in_proportion() -> None:
    """K=2 with 1.2 tokens of a round: a + a^2 = 1.2, so K=1 accepts a, in half the time."""
    found = modelled_at([at(2, 1.2, 0.4)], 1)
    assert found.acceptance.rate.value == pytest.approx((-1 + (1 + 4 * 1.2) ** 0.5) / 2)
    assert found.round_s.value == pytest.approx(0.2)


def test_the_papers_acceptance_at_5_follows_from_2_and_8() -> None:
    """Table 1 of arXiv 2604.09722, Llama 1B: 70 %, 55 % and 44 %, which the model meets to 2 % of a round's tokens."""
    measured = [at(2, 1.40, 0.2), at(5, 2.75, 0.4), at(8, 3.52, 0.6)]
    assert largest_error(measured) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize(("k", "seconds"), [(1, 0.1), (3, 0.3), (4, 0.4), (10, 1.0)])
def test_verification_that_was_measured_by_k_goes_on_along_its_line(k: int, seconds: float) -> None:
    """Between and beyond."""
    serving = Serving(verify="measured", verify_s_by_k=((2, 0.2), (4, 0.4), (6, 0.6)))
    assert modelled_serving(serving, k).verify_s_at(k) == pytest.approx(seconds)


@given(
    st.lists(st.tuples(st.integers(1, 20), st.floats(0.001, 1)), min_size=2, max_size=5, unique_by=lambda one: one[0])
)
def test_beyond_what_was_measured_nothing_longer_takes_less(points: list[tuple[int, float]]) -> None:
    """Times that fall with K are of noise, which a line would carry on."""
    by_k = tuple(sorted(points))
    serving = Serving(verify="measured", verify_s_by_k=by_k)
    measured = [at(k, 0.5, seconds) for k, seconds in by_k]
    (first, first_s), (last, last_s) = by_k[0], by_k[-1]
    for k in set(range(1, 31)) - {each for each, _ in by_k}:
        verify_s, round_s = modelled_serving(serving, k).verify_s_at(k), modelled_at(measured, k).round_s.value
        if k < first:
            assert max(verify_s / first_s, round_s / first_s) <= 1 + 1e-9
        elif k > last:
            assert min(verify_s / last_s, round_s / last_s) >= 1 - 1e-9


def test_one_time_of_verification_stays() -> None:
    """Declared, or measured for one K."""
    assert modelled_serving(Serving(verify_s=0.3), 7) == Serving(verify_s=0.3)
    assert modelled_serving(Serving(verify="measured", verify_s_by_k=((4, 0.4),)), 7).verify_s_at(7) == 0.4
