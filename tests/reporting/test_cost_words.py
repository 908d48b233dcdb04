"""What a choice loses by each objective, in words."""

from __future__ import annotations

from configspec.reporting.choice_words import cost_words
from configspec.theory.objectives.cost import Cost
from configspec.theory.objectives.energy import Energy
from configspec.theory.objectives.energy_with_waiting import EnergyWithWaiting
from configspec.theory.objectives.goodput import Goodput


def test_what_rounds_to_1_is_left_out():
    """1.004 times is nothing that anybody would act on."""
    assert cost_words([(Goodput(), 1.2), (Cost(), 1.004)]) == ["1.20x in tokens/s"]


def test_objectives_of_one_unit_are_told_apart():
    """Both are of joules a token, the one that is chosen for and the one that loses."""
    assert cost_words([(EnergyWithWaiting(), 1.1)], Energy()) == ["1.10x in J/token (energy_with_waiting)"]
    assert cost_words([(EnergyWithWaiting(), 1.1), (Energy(), 1.3)]) == [
        "1.10x in J/token (energy_with_waiting)",
        "1.30x in J/token (energy)",
    ]
