"""Where devices disagree with the host, in the summary's lines."""

from __future__ import annotations

from typing import Any

from configspec.records.row import Row
from configspec.reporting.agreement_section import acceptance_check_text
from configspec.theory.decoding import Decoding
from configspec.theory.figures import Estimate
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

ONE = Estimate(value=1.0, low=1.0, high=1.0, confidence=0.95, n=1)


def row(draft: str, k: int, check: dict[str, Any] | None) -> Row:
    configuration = Configuration(
        device="orin",
        family="pair",
        draft=draft,
        quant="Q8_0",
        k=k,
        round_s=ONE,
        acceptance=Acceptance(rate=ONE, rounds=1, drafted=1, accepted=1, decoding=Decoding()),
        power_w=None,
        provenance="measured",
    )
    return Row(configuration=configuration, serving=Serving(), acceptance={"check": check})


def differing(count: int, beyond: int, gap: float | None) -> dict[str, Any]:
    return {"positions": 96, "differ": count, "beyond_ties": beyond, "largest_gap": gap}


def test_one_line_a_draft_that_differs() -> None:
    """Whatever the number of K; what agrees, or was not checked, is not mentioned."""
    text = acceptance_check_text(
        [
            *(row("a", k, differing(1, 0, 0.0123)) for k in (1, 2)),
            row("b", 1, differing(0, 0, None)),
            row("c", 1, differing(90, 80, 7.5)),
            row("d", 1, None),
        ]
    )
    beginning = "orin: pair {} Q8_0: {} of 96 positions differ from this host's, up to"
    assert text.splitlines() == [
        f"{beginning.format('a', 1)} 0.0123 logits between the best two: near ties",
        f"{beginning.format('c', 90)} 7.5 logits between the best two: 80 are no near ties",
    ]
