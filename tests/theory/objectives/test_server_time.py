"""What a token takes of its verifier."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weighed import exact

from configspec.theory.objectives.objective import objective_value
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.objectives.server_time import ServerTime
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.verification import LinearSeconds

ONE = exact("1b", 4, 0.5, 0.5)  # yields 3 tokens a round


def test_the_link_takes_no_time_of_the_verifier():
    """0.3 s a round for 3 tokens, whatever is put on top."""
    assert objective_value(ServerTime(), ONE, Serving(verify_s=0.3)) == pytest.approx(0.1)
    assert objective_value(ServerTime(), ONE, Serving(verify_s=0.3, link=AssumedLink(rtt_s=9.0))) == pytest.approx(0.1)


def test_of_a_measured_time_the_link_that_is_known_is_left_out():
    """0.5 s measured, 0.2 s of it the link's: 0.1 s a token."""
    measured = Serving(verify="measured", verify_s_by_k=((4, 0.5),), link_s_by_k=((4, 0.2),))
    assert objective_value(ServerTime(), ONE, measured) == pytest.approx(0.1)


def test_where_nobody_knows_the_link_s_part_there_is_no_value():
    """The whole would be taken for the verifier's."""
    assert "link" in (ServerTime().unavailable(Serving(verify="measured", verify_s_by_k=((4, 0.5),))) or "")


@given(st.integers(1, 64), st.floats(1e-3, 1), st.floats(0, 0.1))
def test_rounds_of_a_pass_share_its_seconds(batch, base_s, token_s):
    """(base + token * b (K + 1)) / b over the tokens of a round: more in a pass are cheaper, each."""
    law = LinearSeconds(base_s=base_s, s_per_token=token_s)
    value = objective_value(ServerTime(), ONE, Serving(verify_linear=law, batch=batch))
    assert value == pytest.approx((base_s + token_s * batch * 5) / batch / 3)


def test_a_verifier_that_takes_no_time_has_no_value():
    """0 s would win every ranking."""
    assert ServerTime().lacks(ONE, Serving(verify_s=0.0)) is not None


def test_a_token_without_speculation_takes_a_pass_for_itself():
    """Its own seconds, without the link; a draft alone asks nobody."""
    token = PlainToken(way="cloud only", drafting_s=0.0, server_s=0.02, link_s=0.01, power_w=math.nan, idle_w=math.nan)
    alone = PlainToken(way="device only", drafting_s=0.1, server_s=0.0, link_s=0.0, power_w=math.nan, idle_w=math.nan)
    assert ServerTime().plain(token, Serving()) == 0.02
    assert ServerTime().plain(alone, Serving()) == "the verifier does nothing for it"
