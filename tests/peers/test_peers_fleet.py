"""The fleet: that its configurations are what they should be, and that equal means equal."""

from __future__ import annotations

import fleet
import numpy as np
import pytest

from configspec.errors import TestbedError
from configspec.selection.resampling import Resampling
from configspec.theory.objectives.registry import OBJECTIVES
from configspec.theory.profile import Configuration


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two drafts of one quantisation, four K."""
    for name, value in {"DRAFTS": 2, "QUANTS": 1, "LARGEST_K": 4, "EACH": 8}.items():
        monkeypatch.setattr(fleet, name, value)


def made(device: int) -> list[Configuration]:
    return fleet.configurations(device, np.random.default_rng(device), fleet.acceptances())


@pytest.mark.usefixtures("small")
def test_devices_share_acceptance_and_nothing_that_is_timed():
    """As in a real fleet: prompts are scored once for all devices."""
    first, second = made(0), made(1)
    assert len({one.id for one in (*first, *second)}) == 16
    assert [one.acceptance for one in first] == [one.acceptance for one in second]
    assert not {one.round_samples_s for one in first} & {one.round_samples_s for one in second}


@pytest.mark.usefixtures("small")
def test_every_value_has_its_interval():
    """By each objective; seconds are had for it."""
    assert fleet.valued([0, 1]) > 0


@pytest.mark.usefixtures("small")
def test_a_value_without_an_interval_is_no_quick_one(monkeypatch: pytest.MonkeyPatch):
    """What was left out took no time."""
    monkeypatch.setattr(Resampling, "blocks", lambda self: iter(()))
    with pytest.raises(TestbedError, match="of board-0 have no interval"):
        fleet.valued([0])


@pytest.mark.usefixtures("small")
def test_points_are_those_of_the_loop():
    """Of each objective; both took time."""
    pair = fleet._points()
    assert pair.peer > 0 < pair.ours


def test_a_loop_that_says_something_else_is_an_error():
    """By more than rounding."""
    values = np.array([1.0, 2.0])
    fleet._equal(OBJECTIVES[0], values, values * (1 + 1e-15))
    with pytest.raises(TestbedError, match=f"{OBJECTIVES[0].name}: .* differ by"):
        fleet._equal(OBJECTIVES[0], values, values * 1.001)
