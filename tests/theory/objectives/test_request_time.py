"""How long a request takes: its prompt, and decoding."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weighed import exact

from configspec.theory.objectives.goodput import Goodput
from configspec.theory.objectives.objective import objective_value
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.objectives.request_time import RequestTime
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.request import ServedRequest

TOKEN = PlainToken(way="cloud only", drafting_s=0.0, server_s=0.02, link_s=0.01, power_w=math.nan, idle_w=math.nan)
ones = st.builds(
    exact,
    st.just("1b"),
    st.integers(1, 20),
    st.floats(0, 1),
    st.floats(1e-3, 10),
    prompt_tokens_per_s=st.floats(1e-2, 1e5),
)


def serving(prompt_tokens: int, new_tokens: int, target: float | None = None) -> Serving:
    return Serving(
        request=ServedRequest(prompt_tokens=prompt_tokens, new_tokens=new_tokens, target_prompt_tokens_per_s=target)
    )


@given(ones, st.integers(1, 10**6))
def test_without_a_prompt_it_is_goodput_turned_over(one, new_tokens):
    """N / G: the order by both is one."""
    assumed = serving(0, new_tokens)
    taken, goodput = (objective_value(by, one, assumed) for by in (RequestTime(), Goodput()))
    assert taken == pytest.approx(new_tokens / goodput)


@given(ones, st.integers(0, 10**5), st.integers(0, 10**5), st.integers(1, 10**5))
def test_a_longer_prompt_takes_longer_by_its_own_time(one, less, more, new_tokens):
    """P / v' in the difference; decoding takes the same."""
    assert one.prompt_tokens_per_s is not None
    short, long = (objective_value(RequestTime(), one, serving(n, new_tokens)) for n in (less, less + more))
    assert long - short == pytest.approx(more / one.prompt_tokens_per_s.value, rel=1e-6, abs=1e-6 * long)


def test_known_answer_of_a_board_that_reads_slowly():
    """By hand: 3 tokens in a round of 0.5 + 0.5 s are 3 tokens/s; 300 tokens at 20/s, then 60: 15 + 20 s."""
    one = exact("1b", 4, 0.5, 0.5, prompt_tokens_per_s=20.0)
    assert objective_value(RequestTime(), one, serving(300, 60)) == 35.0


def test_the_draft_that_decodes_fastest_may_answer_last():
    """By hand: 4 tokens/s after 300 tokens at 10/s take 45 s for 60; 3 tokens/s after 300 at 100/s take 23 s."""
    large, small = (
        exact("3b", 4, 0.75, 0.5, prompt_tokens_per_s=10.0),
        exact("1b", 4, 0.5, 0.5, prompt_tokens_per_s=100.0),
    )
    values = [
        [objective_value(by, one, serving(300, 60)) for one in (large, small)] for by in (Goodput(), RequestTime())
    ]
    assert values == [[4.0, 3.0], [45.0, 23.0]]


def test_a_target_that_reads_more_slowly_is_waited_for():
    """300 tokens at 5 tokens/s: 60 s in place of the device's 15."""
    one = exact("1b", 4, 0.5, 0.5, prompt_tokens_per_s=20.0)
    assert objective_value(RequestTime(), one, serving(300, 60, target=5.0)) == 80.0


def test_a_prompt_that_nobody_timed_has_its_reason_and_no_value():
    """An older record does not know it; nothing is made up for it."""
    old = replace(exact("1b", 4, 0.5, 0.5, prompt_tokens_per_s=None), prompt_reason="it was recorded before")
    assert RequestTime().lacks(old, Serving()) == (
        "how fast the device reads a prompt is not known: it was recorded before"
    )
    with pytest.raises(ValueError, match="recorded before"):
        objective_value(RequestTime(), old, Serving())


def test_a_token_without_speculation_reads_the_prompt_first():
    """By hand: 2 s of the prompt, then 100 tokens of 30 ms."""
    assert RequestTime().plain(replace(TOKEN, prompt_s=2.0), serving(512, 100)) == pytest.approx(5.0)
    assert RequestTime().plain(TOKEN, serving(512, 100)) == "how fast the target reads the prompt is not known"
