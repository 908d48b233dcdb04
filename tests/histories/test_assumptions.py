"""Which serving assumptions are in the setup of an objective's series."""

from __future__ import annotations

from dataclasses import replace

import pytest
from any_serving import servings
from hypothesis import given, settings
from hypothesis import strategies as st
from weighed import exact

from configspec.histories.assumptions import assumptions
from configspec.regression.series import first_difference
from configspec.theory.objectives.objective import Objective, objective_value
from configspec.theory.objectives.registry import OBJECTIVES, objective
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.charges import Prices
from configspec.theory.serving.link_seconds import AssumedLink
from configspec.theory.serving.schemes import other_schemes
from configspec.theory.serving.verification import LinearSeconds

GOODPUT, COST = objective("goodput"), objective("cost")
ROUND = exact("1b", 4, 0.5, 0.1, power_w=5.0, idle_w=2.0)
LINEAR = Serving(verify_linear=LinearSeconds(base_s=0.1, s_per_token=0.01))


def value(by: Objective, serving: Serving) -> float | None:
    if by.unavailable(serving) is not None or by.lacks(ROUND, serving) is not None:
        return None
    return objective_value(by, ROUND, serving)


def names(by: Objective, serving: Serving) -> list[str]:
    return [name.removeprefix("serving.") for name, _ in assumptions(by, serving)]


@settings(deadline=None)
@pytest.mark.parametrize("by", OBJECTIVES, ids=lambda one: one.name)
@given(serving=servings(), factor=st.sampled_from([0.5, 2.0]))
def test_where_a_value_changes_the_setup_does(by, serving, factor):
    """Whatever is assumed otherwise: a change of assumptions is never taken for one of the board."""
    declared = replace(serving, verify="declared", verify_s_by_k=(), link_s_by_k=())
    others = [one.serving for one in other_schemes(declared, 4)]
    for other in (*others, declared.slowed(factor), declared.priced(factor)):
        now, then = value(by, declared), value(by, other)
        if now is not None and then is not None and abs(now / then - 1) > 1e-4:
            assert first_difference(assumptions(by, declared), assumptions(by, other)) is not None


def test_by_default_they_are_those_of_the_paper():
    """So a history that was begun with them goes on."""
    assert names(GOODPUT, Serving()) == ["verify_s"]
    assert names(COST, Serving()) == ["usd_per_million_tokens", "bills"]


def test_a_link_a_law_and_a_price_are_named():
    """Each by its figures, without what is as usual."""
    linked = replace(LINEAR, link=AssumedLink(rtt_s=0.04, jitter_s=0.005))
    assert dict(assumptions(GOODPUT, linked)) == {
        "serving.verify_linear": "base_s 0.1, s_per_token 0.01, s_per_context_token 0",
        "serving.link": "rtt_s 0.04, jitter_s 0.005",
        "serving.batch": "1",
    }
    dear = Serving(prices=Prices(usd_per_gpu_hour=2.5, gpus=2))
    assert ("serving.prices", "usd_per_gpu_hour 2.5, gpus 2") in assumptions(COST, dear)
    assert names(GOODPUT, dear) == ["verify_s"]


def test_samples_are_their_mean():
    """Of which the value is made."""
    found = dict(assumptions(GOODPUT, Serving(verify_samples_s=(0.1, 0.3))))
    assert found == {"serving.verify_samples_s": "0.2 in the mean of 2"}


def test_a_measured_time_is_no_figure():
    """It differs each night, on an assumed link too."""
    measured = Serving(verify="measured", verify_s=0.4, verify_s_by_k=((2, 0.3), (4, 0.4)), link_s_by_k=((2, 0.1),))
    later = replace(measured, verify_s=0.5, verify_s_by_k=((2, 0.4), (4, 0.5)))
    assert assumptions(GOODPUT, measured) == assumptions(GOODPUT, later) == (("serving.verify_s", "measured"),)
    linked = replace(measured, link=AssumedLink(rtt_s=0.1))
    assert names(GOODPUT, linked) == ["verify_s", "link"]


def test_what_is_no_objective_assumes_nothing():
    """Drafting speed and acceptance are measured."""
    assert assumptions(None, LINEAR) == ()
