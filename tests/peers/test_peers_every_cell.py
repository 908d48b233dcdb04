"""What is said of two ways to know every configuration's goodput."""

from __future__ import annotations

import pytest
from every_cell import Known, best_notes, times_less

from configspec.theory.ids import Drafter

XS, S = Drafter(draft="xs", quant="Q8_0"), Drafter(draft="s", quant="Q8_0")
OURS = Known(goodput={(XS, 1): 90.0, (S, 4): 100.0}, seconds=10.0)
THEIRS = Known(goodput={(XS, 1): 95.0, (S, 4): 94.0}, seconds=50.0)


def test_the_best_is_the_configuration_of_the_highest_goodput() -> None:
    """Each side's own."""
    assert OURS.best == (S, 4)
    assert THEIRS.best == (XS, 1)


def test_seconds_are_compared_in_proportion_to_the_prompts_that_were_run() -> None:
    """50 s for 4 of 24 prompts are 300 s for all: 30 times our 10 s. Of all prompts nothing is extrapolated."""
    line = times_less("goodput", "2 cells", OURS, THEIRS, 4, 24)
    assert line.judged == pytest.approx(30.0)
    assert line.met
    assert "the rest is in proportion" in line.notes[1]
    whole = times_less("goodput", "2 cells", OURS, THEIRS, 24, 24)
    assert whole.judged == pytest.approx(5.0)
    assert not whole.met
    assert whole.notes == ("2 cells",)


def test_both_bests_are_named_with_what_either_says_of_them() -> None:
    """So that a reader sees by how much they differ."""
    assert best_notes(OURS, THEIRS) == (
        "predicted best: s Q8_0 K=4; 100 tokens/s predicted, 94 counted",
        "counted best: xs Q8_0 K=1; 90 tokens/s predicted, 95 counted",
    )
