"""One choice for a fleet: against all that could be shared, in plain loops; and the paper's three devices."""

from __future__ import annotations

import math
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weighed import QUICK, exact, paper_groups

from configspec.selection.candidates import groups_of
from configspec.selection.choosing import Decision, decide
from configspec.selection.criterion import Criterion
from configspec.selection.fleet import PARTS, fleets
from configspec.selection.limits import Limit
from configspec.selection.query import Query
from configspec.theory.objectives.registry import objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

law = settings(deadline=None, max_examples=40)
GOODPUT = objective("goodput")
BEST = Criterion(way="objective", objectives=(GOODPUT,))

on_devices = st.lists(
    st.builds(
        exact,
        st.sampled_from(["1b", "3b"]),
        st.integers(1, 3),
        st.floats(0.1, 0.9),
        st.floats(0.1, 3),
        device=st.sampled_from(["orin", "rpi5", "rpi4"]),
        quant=st.sampled_from(["Q4_K_M", "Q8_0"]),
    ),
    min_size=2,
    max_size=20,
    unique_by=lambda one: one.id,
)
any_parts = st.sampled_from([("draft",), ("k",), ("quant",), ("draft", "k"), ("draft", "quant", "k")])


def decisions(configurations: list[Configuration]) -> list[Decision]:
    groups = groups_of(Query(objectives=(GOODPUT,), rules=QUICK).answer([(one, Serving()) for one in configurations]))
    return [decide(group, BEST, ()) for group in groups]


@law
@given(on_devices, any_parts)
def test_a_fleet_is_the_one_of_a_plain_loop(configurations, parts):
    """Of all values that every device has: the largest loss is the smallest, and so is each device's."""
    made = decisions(configurations)
    (fleet,) = fleets(made, parts)
    goodput = {one.configuration.id: 1 / one.loss for one in chain.from_iterable(it.alternatives for it in made)}
    devices = {one.device for one in configurations}
    found = {}
    for value in {tuple(PARTS[part](one) for part in parts) for one in configurations}:
        own = [
            max(
                (
                    goodput[one.id]
                    for one in configurations
                    if one.device == device and tuple(PARTS[part](one) for part in parts) == value
                ),
                default=None,
            )
            for device in devices
        ]
        if None not in own:
            found[value] = max(1 / each for each in own if each is not None)
    assert {one.values: one.worst for one in fleet.choices} == pytest.approx(found)
    assert [one.worst for one in fleet.choices] == sorted(one.worst for one in fleet.choices)
    assert (fleet.lacking is None) == bool(found)


@law
@given(on_devices)
def test_sharing_less_never_costs_more(configurations):
    """What is shared by draft and K is shared by K too."""
    made = decisions(configurations)
    (tight,), (loose,) = fleets(made, ("draft", "quant", "k")), fleets(made, ("k",))
    if tight.choices:
        assert loose.choices[0].worst <= tight.choices[0].worst * (1 + 1e-12)
        assert all(1 <= one.mean <= one.worst * (1 + 1e-12) for one in tight.choices)


def test_one_k_for_the_paper_s_devices_is_5():
    """By goodput with Llama: 2.18, 4.41, 6.73 at K=5 are 1.12, 1.02, 1.14 times worse than 2.44, 4.50, 7.65."""
    made = [decide(one, BEST, ()) for one in paper_groups() if one.family == "llama-3.1-70b"]
    (fleet,) = fleets(made, ("k",))
    first = fleet.choices[0]
    assert first.values == (5,)
    assert {one.device: one.times_worse for one in first.shares} == pytest.approx(
        {"rpi4b": 2.44 / 2.18, "rpi5": 4.50 / 4.41, "jetson": 7.65 / 6.73}, abs=0.006
    )
    assert first.worst == pytest.approx(7.65 / 6.73, abs=0.005)
    assert first.mean == pytest.approx(math.prod(one.times_worse for one in first.shares) ** (1 / 3))


def test_what_one_device_lacks_cannot_be_shared():
    """The nearest is what the most devices have, and who lacks it is named."""
    every = [
        exact("1b", 2, 0.5, 1.0, device="a"),
        exact("1b", 2, 0.5, 1.0, device="b"),
        exact("1b", 4, 0.5, 1.0, device="c"),
    ]
    (fleet,) = fleets(decisions(every), ("k",))
    assert fleet.choices == ()
    assert fleet.lacking == ((2,), ("c",))


def test_a_device_without_a_choice_has_no_part_in_it():
    """It is named, and the others share."""
    groups = [one for one in paper_groups() if one.family == "llama-3.1-70b"]
    made = [decide(one, BEST, [Limit(objective=objective("energy"), value=9.0)]) for one in groups]
    (fleet,) = fleets(made, ("draft",))
    assert fleet.without == ("rpi4b",)
    assert fleet.devices == ("rpi5", "jetson")
    assert fleet.choices
