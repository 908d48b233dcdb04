"""The device's energy of whole rounds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weighed import exact

from configspec.theory.objectives.energy import Energy
from configspec.theory.objectives.energy_with_waiting import EnergyWithWaiting
from configspec.theory.objectives.objective import objective_value
from configspec.theory.serving.assumptions import EnergyBoundary, Serving

ones = st.builds(
    exact,
    st.just("1b"),
    st.integers(1, 20),
    st.floats(0, 1),
    st.floats(1e-3, 10),
    power_w=st.floats(0.1, 100),
    idle_w=st.floats(0, 50),
)


@given(ones, st.floats(0, 10), st.sampled_from(["drafting", "drafting+waiting"]))
def test_it_is_energy_with_the_wider_boundary_whatever_is_assumed(one, verify_s: float, boundary: EnergyBoundary):
    """`energy` follows the serving assumptions, this one does not."""
    assumed = Serving(verify_s=verify_s, energy_boundary=boundary)
    wide = replace(assumed, energy_boundary="drafting+waiting")
    assert objective_value(EnergyWithWaiting(), one, assumed) == objective_value(Energy(), one, wide)


def test_known_answer():
    """By hand: 8 W for 0.5 s and 2 W for 0.5 s are 5 J, for 3 tokens."""
    one = exact("1b", 4, 0.5, 0.5, power_w=8.0, idle_w=2.0)
    assert objective_value(EnergyWithWaiting(), one, Serving(verify_s=0.5)) == pytest.approx(5 / 3)


def test_without_a_power_it_says_which_one():
    """Neither is taken for zero."""
    assert EnergyWithWaiting().lacks(exact("1b", 4, 0.5, 0.5, power_w=None, idle_w=2.0), Serving()) == "no meter"
    assert EnergyWithWaiting().lacks(exact("1b", 4, 0.5, 0.5), Serving()) == (
        "its power while waiting was not measured"
    )
