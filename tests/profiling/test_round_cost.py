"""What a round costs, from rounds in turns. The device and the target here are clockworks that share one clock."""

from __future__ import annotations

from typing import Any

import pytest
from clockwork import (
    ANSWER_S,
    PASS_S,
    PENDING_S,
    RESTORE_S,
    SAVE_S,
    TOKEN_S,
    Clock,
    ClockworkDevice,
    ClockworkTarget,
    ScriptedRule,
)
from hypothesis import given
from hypothesis import strategies as st

from configspec.profiling.round_cost import Turns, pooled_cost, take_turns
from configspec.profiling.speculative import Pair, decode_speculatively
from configspec.theory.prediction import predicted_s, text_cost

CONTEXT = tuple(range(20))
figures = st.floats(0, 1e6)
several = st.lists(figures, min_size=1, max_size=4).map(tuple)
token_times = st.lists(st.tuples(figures, figures, figures), min_size=1, max_size=4).map(tuple)


def clockwork(matches: list[bool] | None = None, *, cuts: bool = True) -> tuple[Pair, ClockworkTarget]:
    clock = Clock()
    target = ClockworkTarget(clock=clock)
    parts: dict[str, Any] = {
        "device": ClockworkDevice(clock=clock, cuts=cuts),
        "target": target,
        "rule": ScriptedRule(matches=matches or []),
    }
    return Pair(**parts, now_s=lambda: clock.now_s), target


def turns(k: int = 3, *, cuts: bool = True) -> tuple[Turns, ClockworkTarget]:
    pair, target = clockwork(cuts=cuts)
    return take_turns(pair, CONTEXT, k, turns=10), target


def test_every_part_of_a_round_is_told_apart() -> None:
    """Drafting by the device's stamps, the second pending token, the pass, and what is left of asking."""
    cost = pooled_cost([turns()[0]])
    assert cost.round_s == pytest.approx(3 * TOKEN_S)
    assert cost.catch_up_s == pytest.approx(PENDING_S)
    assert cost.verify_s == pytest.approx(PASS_S)
    assert cost.exchange_s == pytest.approx(ANSWER_S)
    assert cost.going_back is None


def test_half_of_the_turns_have_two_tokens_pending_and_warm_up_is_not_counted() -> None:
    """Ten turns, five of each kind."""
    taken, _ = turns()
    assert (len(taken.one_pending), len(taken.two_pending)) == (5, 5)
    assert len(taken.verification_s) == len(taken.exchange_s) == 10


def test_the_targets_text_is_the_same_before_every_turn() -> None:
    """It keeps all of the context but its last token, whatever was judged."""
    assert set(turns()[1].kept) == {19}


def test_a_draft_that_goes_back_is_told_apart_too() -> None:
    """The copy is in the round; writing it back is not, nor what is evaluated again: 2 ms a token."""
    cost = pooled_cost([turns(9, cuts=False)[0]])
    assert cost.round_s == pytest.approx(9 * TOKEN_S + SAVE_S)
    assert cost.catch_up_s == pytest.approx(PENDING_S)
    assert cost.exchange_s == pytest.approx(ANSWER_S)
    assert cost.going_back is not None
    assert [cost.going_back.seconds(accepted) for accepted in range(8)] == pytest.approx(
        [RESTORE_S + accepted * PENDING_S for accepted in range(8)]
    )


@pytest.mark.parametrize("k", [2, 3, 4, 10])
def test_each_kind_of_turn_is_met_twice_or_more(k: int) -> None:
    """Of those that go on from a part of the draft before; and half of all begin with the context."""
    taken, _ = turns(k, cuts=False)
    numbers = [pending for pending, _ in taken.again]
    assert all(numbers.count(pending) >= 2 for pending in numbers)
    assert max(numbers, default=1) == k - 1
    assert len(taken.two_pending) >= 2
    assert len(taken.one_pending) == len(taken.two_pending) + len(numbers)


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 9), st.booleans())
def test_the_predicted_time_is_that_of_real_decoding(matches: list[bool], k: int, cuts: bool) -> None:
    """To the last microsecond where nothing varies, for any text, for memories that are cut and others."""
    pair, _ = clockwork(matches, cuts=cuts)
    run = decode_speculatively(pair, CONTEXT, k, len(matches))
    text = text_cost([float(one) for one in matches], k)
    assert (run.rounds, run.catch_ups) == (text.rounds, text.catch_ups)
    assert run.returns == (None if cuts else sum(text.returns))
    assert predicted_s(text, pooled_cost([turns(k, cuts=cuts)[0]])) == pytest.approx(run.spent.total_s)
    spent = run.spent
    assert spent.drafting_s + spent.link_s + spent.verification_s == pytest.approx(spent.total_s)
    assert spent.restore_s == pytest.approx(RESTORE_S * (run.returns or 0))


@given(
    token_times,
    token_times,
    several,
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4).map(tuple),
    st.lists(st.tuples(st.integers(2, 9), figures), max_size=4).map(tuple),
    several | st.just(()),
)
def test_no_cost_is_below_0_whatever_the_clocks_say(one, two, verification_s, exchange_s, again, restore_s) -> None:
    """Two pending tokens that came sooner than one, a device's clock that runs faster than the host's."""
    taken = Turns(
        one_pending=one,
        two_pending=two,
        verification_s=verification_s,
        exchange_s=exchange_s,
        again=again,
        restore_s=restore_s,
    )
    cost = pooled_cost([taken])
    assert min(cost.round_s, cost.catch_up_s, cost.verify_s, cost.exchange_s) >= 0
    assert (cost.going_back is None) == (restore_s == ())
    assert cost.going_back is None or all(cost.going_back.seconds(accepted) >= 0 for accepted in range(9))
