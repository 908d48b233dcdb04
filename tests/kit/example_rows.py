"""Figures of a measured and of a decoded configuration, for tests of what is shown of them."""

from __future__ import annotations

from typing import Any

from configspec.records.decoded import EndToEnd
from configspec.records.row import Row
from configspec.theory.figures import Estimate
from configspec.theory.prediction import RoundCost
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

ONE = Estimate(value=0.5, low=0.4, high=0.6, confidence=0.95, n=9)
DECODED = EndToEnd(
    goodput_tokens_per_s=4.0,
    goodput_by_repeat_tokens_per_s=(4.0,),
    repeats_s=(25.0,),
    predicted_goodput_tokens_per_s=5.0,
    tokens=100,
    rounds=40,
    drafted=80,
    accepted=60,
    catch_ups=10,
    predicted_rounds=40.0,
    predicted_catch_ups=10.0,
    drafting_s=5.0,
    link_s=2.5,
    verification_s=15.0,
    bookkeeping_s=2.5,
    total_s=25.0,
    cost=RoundCost(round_s=0.125, catch_up_s=0.025, verify_s=0.375, exchange_s=0.05),
    prompts=("p",),
    new_tokens=100,
    rule="match-greedy-draft",
    output="equal",
    link=None,
    energy_reason="no meter",
)


def measured_row(k: int, *, device: str = "board", **more: Any) -> Row:
    """A row of draft xs of the family `pair` at K; `more` are other fields of the row."""
    configuration = Configuration(
        device=device,
        family="pair",
        draft="xs",
        quant="Q8_0",
        k=k,
        round_s=ONE,
        acceptance=Acceptance(rate=ONE, rounds=None, drafted=None, accepted=None),
        power_w=None,
        power_reason="no meter",
        provenance="measured",
    )
    return Row(configuration=configuration, serving=Serving(), **more)
