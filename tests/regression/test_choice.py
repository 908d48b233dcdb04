"""Whether an earlier choice still holds."""

from __future__ import annotations

import pytest

from configspec.regression.choice import Measurements, regret_allowed, still_among_best
from configspec.regression.metrics import GOODPUT
from configspec.regression.series import SeriesKey
from configspec.theory.figures import Estimate
from configspec.theory.ids import configuration_id

TWO, FOUR, EIGHT = (configuration_id("orin", "llama", "xs", "Q4_K_M", k) for k in (2, 4, 8))
CHOICE = SeriesKey(configuration=FOUR, metric=GOODPUT)
NOW = Measurements(ranked={TWO, FOUR, EIGHT}, tied={TWO, FOUR})


def regret(low: float, value: float, high: float) -> Estimate:
    return Estimate(value=value, low=low, high=high, confidence=0.95, n=8)


def test_a_choice_that_is_tied_with_the_best_holds() -> None:
    """Also where another one comes first; not where it is shown worse."""
    assert still_among_best(CHOICE, NOW).state == "PASS"
    lost = still_among_best(CHOICE, Measurements(ranked={TWO, FOUR}, tied={TWO}))
    assert lost.state == "REGRESSED"
    assert "K=2" in lost.reason


@pytest.mark.parametrize(
    ("bounds", "state"),
    [
        ((0, 0, 0), "PASS"),
        ((0, 0.01, 0.02), "PASS"),
        ((0, 0.01, 0.05), "UNDECIDED"),
        ((0.021, 0.04, 0.06), "REGRESSED"),
    ],
)
def test_a_regret_is_judged_with_its_doubt(bounds: tuple[float, float, float], state: str) -> None:
    """All of it allowed, some, or none."""
    assert regret_allowed(CHOICE, NOW, regret(*bounds)).state == state


def test_a_choice_that_was_not_measured_is_missing() -> None:
    """Or nothing was: neither is a pass."""
    for now in (Measurements(ranked={TWO}, tied={TWO}), Measurements(ranked=(), tied=())):
        assert still_among_best(CHOICE, now).state == "MISSING"
        assert regret_allowed(CHOICE, now, regret(0, 0, 0)).state == "MISSING"


def test_an_unknown_regret_is_no_pass() -> None:
    """A figure was not measured."""
    assert regret_allowed(CHOICE, NOW, None).state == "NO_BASELINE"


def test_what_cannot_be_is_our_own_mistake() -> None:
    """A best that was not ranked, none at all, a negative regret."""
    for tied in ((EIGHT,), ()):
        with pytest.raises(ValueError, match="the best are"):
            still_among_best(CHOICE, Measurements(ranked={FOUR}, tied=tied))
    with pytest.raises(ValueError, match="a regret is"):
        regret_allowed(CHOICE, NOW, regret(-0.1, 0, 0))
