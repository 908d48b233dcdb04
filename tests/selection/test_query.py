"""A question to what was measured: what of it counts, and under which assumptions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up_objective import Silence

from configspec.selection.query import Query
from configspec.selection.ranking import RankingRules
from configspec.theory.figures import Estimate
from configspec.theory.ids import configuration_id
from configspec.theory.objectives.registry import OBJECTIVES, objective, usual
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumed import Assumed
from configspec.theory.serving.assumptions import Serving

RECORDED = Serving(verify_s=0.5, verify="measured", verify_s_by_k=((2, 0.4), (4, 0.6)))
QUICK = RankingRules(resamples=20)


def configuration(k: int, alpha: float = 0.5, device: str = "orin") -> Configuration:
    def exactly(value: float) -> Estimate:
        return Estimate(value=value, low=value, high=value, confidence=1.0, n=0)

    return Configuration(
        id=configuration_id(device, "llama", "1b", "Q4_K_M", k),
        round_s=exactly(0.1 * k),
        acceptance=Acceptance(rate=exactly(alpha), rounds=None, drafted=None, accepted=None),
        power_w=exactly(8.0),
        provenance="derived",
    )


MEASURED = [(configuration(k), RECORDED) for k in (2, 4)]


def test_without_a_question_everything_stays_as_recorded() -> None:
    """The usual objectives, every K, the measured times of verification."""
    rankings = Query(rules=QUICK).answer(MEASURED)
    assert [one.objective for one in rankings] == list(usual())
    assert all(one.serving == RECORDED and len(one.choices) == 2 for one in rankings)


def test_an_assumed_time_of_verification_holds_for_every_k() -> None:
    """It takes the place of what was measured; price and billing stay, unless they are assumed too."""
    assert Query(assumed=Assumed(verify_s=0.1)).serving(RECORDED) == Serving(verify_s=0.1)
    assert Query(assumed=Assumed(usd_per_million_tokens=2.0, bills="drafted+1")).serving(RECORDED) == replace(
        RECORDED, usd_per_million_tokens=2.0, bills="drafted+1"
    )


def test_only_the_k_that_are_asked_for_are_ranked() -> None:
    """And where none of them was measured there is nothing to rank."""
    (ranking,) = Query(objectives=[objective("cost")], ks=(4, 8), rules=QUICK).answer(MEASURED)
    assert [one.configuration.k for one in ranking.choices] == [4]
    assert Query(ks=(8,)).answer(MEASURED) == ()


def test_of_a_configuration_given_twice_the_last_counts() -> None:
    """Its figures, and the assumptions it came with; it keeps its place among the others."""
    later = Serving(verify_s=1.0)
    rankings = Query(objectives=OBJECTIVES[:1], rules=QUICK).answer(
        [*MEASURED, (configuration(4, device="rpi5"), RECORDED), (configuration(2, alpha=0.9), later)]
    )
    assert [(one.device, one.serving) for one in rankings] == [("orin", later), ("rpi5", RECORDED)]
    first, second = rankings[0].choices
    assert (first.configuration, second.configuration) == (configuration(2, alpha=0.9), configuration(4))


def test_the_same_question_has_the_same_answer() -> None:
    """Unless a source of luck is handed in."""
    assert Query(rules=QUICK).answer(MEASURED) == Query(rules=QUICK).answer(MEASURED)
    assert Query(rules=QUICK).answer(MEASURED, np.random.default_rng(3))


def test_a_fourth_objective_is_ranked_by_what_it_says_of_itself() -> None:
    """Without another line: its value, its direction, what it lacks, and when it is unavailable."""
    query = Query(objectives=[*OBJECTIVES, Silence()], rules=QUICK)
    four = (configuration(4), Serving())
    ranking = query.answer([four, (configuration(8), Serving()), (configuration(1), Serving())])[-1]
    assert [choice.configuration.k for choice in ranking.choices] == [8, 4]
    assert [choice.value for choice in ranking.choices] == pytest.approx([0.5 / 5, 0.5 / 3])
    assert ranking.left_out == ("1b Q4_K_M: K=1 is never silent",)
    assert query.answer([(configuration(4), Serving(verify_s=0.0))])[-1].unavailable == "nothing is waited for"


def test_whoever_asks_for_some_k_is_not_told_of_others() -> None:
    """A K that was left out on purpose is no gap, and the largest that is asked for no edge."""
    (whole,) = Query(objectives=[objective("cost")], rules=QUICK).answer(MEASURED)
    (part,) = Query(objectives=[objective("cost")], ks=(2, 4), rules=QUICK).answer(MEASURED)
    assert [one.where for one in whole.untried] == ["below"]
    assert part.untried == ()
