"""What of a row profiles show: power, heat, and the target's passes of the smallest K."""

from __future__ import annotations

from dataclasses import replace

import pytest
from example_rows import measured_row
from healthy_board import WELL
from heated_boards import COOL

from configspec.records.heat import HeatSeen, heat_between
from configspec.records.passes import RecordedPass
from configspec.records.row import Environment, Row
from configspec.records.verification import TimedPass, Verification
from configspec.reporting.shown_facts import facts_of_rows, shown_heat
from configspec.theory.figures import Estimate

SECOND = Estimate(value=1.0, low=1.0, high=1.0, confidence=0.95, n=1)
TIMED = Verification(clock="here", passes=(TimedPass(context_tokens=8, requests=1, seconds=SECOND, samples_s=(1.0,)),))


@pytest.mark.parametrize(("ks", "kept"), [((1, 2, 4), (1,)), ((4, 2, 1), (4, 2, 1)), ((2, 2, 4), (2, 2))])
def test_passes_are_kept_of_the_smallest_k(ks: tuple[int, ...], kept: tuple[int, ...]):
    """Of those that came so far; thousands of larger ones are let go."""
    taken = facts_of_rows()
    rows = [measured_row(k, verification=TIMED) for k in ks]
    assert tuple(row.k for row in rows if taken(row).verification is not None) == kept


def test_each_device_keeps_its_own():
    """One may have been measured at larger K only, and be asked for by itself."""
    taken = facts_of_rows()
    assert taken(measured_row(1, verification=TIMED)).verification
    assert taken(measured_row(4, device="other", verification=TIMED)).verification


def heated(start_c: float | None, end_c: float | None, seen_c: float | None) -> RecordedPass:
    start, end = (replace(COOL, temperature_c=degrees) for degrees in (start_c, end_c))
    seen = HeatSeen(max_c=seen_c, max_readings=1, pi_bits_seen=None)
    return RecordedPass(
        began="",
        counted=True,
        round_samples_s=(0.5,),
        load=None,
        load_reason="",
        memory=None,
        memory_reason="",
        heat=heat_between(start, end, seen),
    )


@pytest.mark.parametrize(
    ("passes", "degrees"),
    [
        ((heated(45.0, 50.0, 61.0), heated(41.0, 55.0, None)), (41.0, 61.0)),
        ((heated(None, None, None), heated(41.0, None, None)), (41.0, 41.0)),
        ((heated(None, None, None),), (47.5, None)),
    ],
)
def test_heat_is_from_the_coolest_beginning_to_the_hottest_seen(passes, degrees):
    """Over all passes of the cell; where none shows a temperature, that of the board when the cell began."""
    row = replace(measured_row(2), environment=Environment(health=replace(WELL, temperature_c=47.5)))
    heat = shown_heat(replace(row, drafting=replace(row.drafting, passes=passes, round_samples_s=(0.5,) * len(passes))))
    assert (heat.from_c, heat.to_c) == degrees


def test_without_passes_the_temperature_is_that_of_the_board_at_first():
    """What it rose to is not known."""
    row = replace(measured_row(2), environment=Environment(health=replace(WELL, temperature_c=47.5)))
    heat = shown_heat(row)
    assert (heat.from_c, heat.to_c, heat.reason) == (47.5, None, None)


def test_a_board_that_shows_no_temperature_says_why():
    """Its own reason."""
    health = replace(WELL, temperature_c=None, temperature_reason="no thermal zone")
    row: Row = replace(measured_row(2), environment=Environment(health=health))
    assert shown_heat(row).reason == "no thermal zone"
