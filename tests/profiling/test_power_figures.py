"""What a meter's readings come to: known answers, and a reason in the place of a figure that nobody should believe."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from answering import Answering
from hypothesis import given
from hypothesis import strategies as st
from metered_visits import (
    BEGAN_S,
    COUNTER,
    EVERY_S,
    FACTS,
    IDLE_W,
    LOAD_W,
    PLAN,
    ROUND_S,
    SECONDS,
    K,
    counted,
    metered,
    square,
)
from visits import visit

from configspec.devices.device import Device
from configspec.devices.metering import BoardMeter
from configspec.devices.replies.board import Hello
from configspec.devices.transport.client import AgentClient
from configspec.errors import UsageError
from configspec.profiling.meters import Meters, declared_power
from configspec.profiling.power_figures import power_flags, power_of, readings_of
from configspec.profiling.power_window import WINDOW, Load, MeteredVisit, guard_s, measure_power, planned
from configspec.profiling.visit import Visit
from configspec.records.meter import Boundary, LookedFor, MeterFacts
from configspec.records.power import NO_METER, Power
from configspec.records.samples import PowerSamples, read_samples, samples_folder, write_samples
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.power_spec import PowerSpec
from configspec.theory.power.doubts import doubt

ASKED = "ina3221"
WINDOW_S = SECONDS[WINDOW][1] - SECONDS[WINDOW][0]
TIMED = visit([ROUND_S] * 8, k=K)


def with_power(power: MeteredVisit | None, reason: str | None = None) -> Visit:
    return replace(TIMED, power=power, power_reason=reason)


def power(*visits: MeteredVisit) -> Power:
    return power_of([with_power(one) for one in visits], ASKED, (), NO_METER)


def watts(*visits: MeteredVisit) -> float:
    found = power(*visits)
    assert found.watts is not None, found.reason
    return found.watts.value


def reason(*visits: MeteredVisit) -> str:
    """Why there are no watts; what else a row needs is there all the same."""
    found = power(*visits)
    assert found.watts is None
    assert found.reason
    assert len(found.passes) == len(visits)
    assert not any(one.counted for one in found.passes)
    assert [one.tokens_per_s for one in found.passes] == [pytest.approx(K / ROUND_S)] * len(visits)
    return found.reason


def after(seconds: float, show: Callable[[float], float | None], then: float | None) -> Callable[[float], float | None]:
    """`show` for so long, and `then` from there on."""
    return lambda s: show(s) if s < seconds else then


def test_a_load_of_6_watts_over_2_idle_is_60_joules_in_10_seconds() -> None:
    """40 of them above idle; 100 rounds of 4 tokens, 40 tokens/s; 201 readings."""
    found = power(metered())
    (one,) = found.passes
    assert found.watts is not None
    assert found.idle_w is not None
    assert [found.watts.value, found.idle_w.value] == pytest.approx([LOAD_W, IDLE_W])
    assert [one.energy_j, one.energy_above_idle_j, one.tokens_per_s] == pytest.approx([60, 40, 40])
    assert (one.rounds, one.tokens) == (100, 400)
    assert (one.readings, one.method, one.counted, one.reason) == (201, "trapezoid", True, None)
    assert (found.boundary, found.provenance, found.asked, found.reason) == ("module", "measured", ASKED, None)
    assert found.kind == "module, ina3221, measured"


def test_rails_add_up_but_for_those_that_are_part_of_another() -> None:
    """4 W and 2 W are 6; the third is kept in the side file, and is no part of the sum."""
    facts = replace(FACTS, channels=("GPU", "CPU", "CV"), adds=(True, True, False))
    assert watts(metered(square(4.0), square(2.0, 0.0), square(100.0), facts=facts)) == pytest.approx(LOAD_W)


@pytest.mark.parametrize(("first_j", "range_j"), [(0.0, 0.0), (50.0, 100.0), (99.9, 100.0)])
def test_a_counter_that_begins_again_loses_no_joule(first_j: float, range_j: float) -> None:
    """60 J, wherever in the visit it wraps."""
    facts = replace(COUNTER, range_j=range_j or None)
    found = power(metered(counted(first_j=first_j, range_j=range_j), facts=facts))
    assert found.watts is not None
    assert found.passes[0].energy_j == pytest.approx(60)
    assert found.passes[0].method == "counter"
    assert found.idle_w is not None
    assert found.idle_w.value == pytest.approx(IDLE_W)


def test_a_counter_that_was_set_back_is_a_reason() -> None:
    """Nobody knows what it missed."""
    joules = counted()
    told = reason(metered(lambda s: joules(s) - (20.0 if s > 10 else 0.0), facts=COUNTER))
    assert told == "the meter's counter fell by 19.7 J 4.05 s into the window: it began again"


def test_a_meter_that_dies_in_the_midst_is_a_reason_with_its_last_words() -> None:
    """Speed is kept; what it showed until then is no figure of the window."""
    failures = tuple((BEGAN_S + 10.0 + number * 0.05, "the plug is off") for number in range(20))
    dead = replace(metered(until_s=10.0), failures=failures, failed=20, ended="20 readings failed one after another")
    assert reason(dead) == "the meter stopped answering: the plug is off (20 readings failed)"


def test_a_meter_that_falls_silent_is_a_reason_too() -> None:
    """No failure was told: its last reading is 6 s before the window's end."""
    assert reason(metered(until_s=10.0)).startswith("the meter has no sample after the window: the nearest is 6 s away")


def test_a_meter_that_never_answered_is_a_reason() -> None:
    """Neither readings nor failures."""
    never = replace(metered(), t_s=(), values=((),))
    assert reason(never) == "the meter stopped answering: it gave no reading (0 readings failed)"


def test_a_meter_that_stands_still_is_a_reason() -> None:
    """One value all along, idle and under load, for a minute or for ten seconds."""
    assert "the meter showed nothing new (one value, or one time stamp) in 201 samples, for 10 s" in reason(
        metered(square(5.0, 5.0))
    )


def test_an_old_value_in_new_answers_shows_by_its_stamp() -> None:
    """The service's own time of it stays where it was."""
    old = metered()
    assert "one time stamp" in reason(replace(old, stamps=("10:00:00",) * len(old.t_s)))


def test_the_same_steady_load_is_no_meter_that_stands_still() -> None:
    """It showed another value while idle."""
    assert watts(metered(square(5.0, 2.0))) == pytest.approx(5.0)


@pytest.mark.parametrize("load_w", [-6.0, 0.0, 1e6, 1e-12])
def test_a_power_that_no_device_has_is_a_reason(load_w: float) -> None:
    """Reversed wiring, a plug that feeds in, a unit of a million: not a figure, and never 0."""
    fine = replace(FACTS, step=0.0)
    assert "and a device draws more than 0" in reason(metered(square(load_w, load_w / 2), facts=fine))


def test_a_rail_that_fails_in_the_window_is_a_reason_with_its_name() -> None:
    """Without it the sum is too small."""
    facts = replace(FACTS, channels=("GPU", "CPU"), adds=(True, True))
    failing = metered(square(), lambda s: None if round(s, 2) == 10.0 else 1.0, facts=facts)
    assert reason(failing) == "rail CPU could not be read 4 s into the window, and without it the sum is too small"


def test_a_rail_that_does_not_count_may_fail() -> None:
    """It is no part of the sum."""
    facts = replace(FACTS, channels=("VDD_IN", "CPU"), adds=(True, False))
    assert watts(metered(square(), lambda _: None, facts=facts)) == pytest.approx(LOAD_W)


def test_a_load_below_idle_is_a_reason() -> None:
    """The meter is on another rail, or another plug."""
    assert "it does not see the device draft" in reason(metered(square(2.0, 6.0)))


def test_a_clock_that_moved_is_a_reason_with_how_far() -> None:
    """No reading can be placed."""
    moved = replace(metered(), clock_reason="the clocks moved", moved_s=4.0, uncertainty_s=2.1)
    assert reason(moved) == "the clock of the meter's samples moved by 4 s"


def test_readings_out_of_order_are_a_reason() -> None:
    """A monotonic clock does not go back."""
    one = metered()
    mixed = (*one.t_s[:200], *reversed(one.t_s[200:300]), *one.t_s[300:])
    assert "the clock of the meter's samples moved" in reason(replace(one, t_s=mixed))


def test_a_window_without_time_is_a_reason() -> None:
    """A device that answered two equal stamps."""
    one = metered()
    begin_s, _ = one.spans_s[WINDOW]
    empty = replace(one, spans_s={**one.spans_s, WINDOW: (begin_s, begin_s)}, stamps_s=(begin_s, begin_s))
    found = power(empty)
    assert (found.watts, found.passes[0].tokens_per_s) == (None, 0.0)
    assert "0 samples inside the window" in str(found.reason)


def test_a_window_that_was_cut_keeps_its_figure_and_says_so() -> None:
    """The flag has both times; no reader takes it for what the meter needs."""
    cut = replace(metered(), plan=replace(PLAN, cut=doubt("budget_cut", needed=120.0, given=60.0)))
    assert watts(cut) == pytest.approx(LOAD_W)
    (flag,) = power_flags([with_power(cut)])
    assert (flag.code, dict(flag.numbers)["text"]) == (
        "power_doubt",
        "the power has 60 s of time, and this meter needs 120 s",
    )


def test_passes_that_disagree_are_one_figure_whose_interval_holds_both() -> None:
    """6 W and 8 W for the same time: 7 W."""
    found = power(metered(square(6.0)), metered(square(8.0)))
    assert found.watts is not None
    assert found.watts.value == pytest.approx(7.0)
    assert found.watts.low <= 6.0 + 1e-9
    assert found.watts.high >= 8.0 - 1e-9
    assert [one.counted for one in found.passes] == [True, True]


def test_a_pass_without_watts_does_not_count_and_says_why() -> None:
    """The figure is the other's."""
    found = power(metered(square(8.0)), replace(metered(until_s=10.0), ended="gone", failed=20))
    assert found.watts is not None
    assert found.watts.value == pytest.approx(8.0)
    assert found.reason is None
    assert [one.counted for one in found.passes] == [True, False]
    assert str(found.passes[1].reason).startswith("the meter stopped answering")


def test_a_pass_with_another_meter_is_no_pass_beside_it() -> None:
    """`auto` found another one when the board came back: volts of two places are not added."""
    other = replace(FACTS, meter="tegrastats", boundary="board")
    found = power(metered(square(50.0), facts=other), metered())
    assert found.watts is not None
    assert found.watts.value == pytest.approx(LOAD_W)
    assert (found.passes[0].counted, found.passes[0].reason) == (False, "another meter was read")
    assert found.meter == FACTS
    assert power_flags([with_power(metered(square(50.0), facts=other)), with_power(metered())]) == ()


def test_idle_that_drifts_is_a_flag() -> None:
    """2 W before, 3 W after: 2.5 W, more or less by what lies between them, which is counted on both sides."""
    found = power(metered(lambda s: 6.0 if 6 <= s <= 16 else 2.0 if s < 6 else 3.0))
    assert found.idle_w is not None
    assert [found.idle_w.low, found.idle_w.high] == pytest.approx([1.5, 3.5])
    assert "idle_drift" in [code for code, _ in found.passes[0].doubts]


def test_where_idle_failed_gross_power_is_known_and_idle_is_not() -> None:
    """With a reason each."""
    load = square()
    found = power(metered(lambda s: None if s < 5 else load(s) + (round(s / EVERY_S) % 2) / 100))
    assert found.watts is not None
    assert found.watts.value == pytest.approx(LOAD_W, abs=0.01)
    assert (found.idle_w, found.passes[0].energy_above_idle_j) == (None, None)
    assert found.idle_reason


def test_without_a_meter_the_reason_is_the_one_of_looking() -> None:
    """What was looked for stands in the record."""
    looked = (LookedFor(meter="ina3221", reason="no hwmon chip is named ina3221"),)
    found = power_of([with_power(None, "no power meter was found (...)")], "auto", looked, NO_METER)
    assert (found.watts, found.reason, found.looked_for) == (None, "no power meter was found (...)", looked)
    assert power_of([TIMED], None, (), NO_METER).reason == NO_METER


def test_what_the_owner_declares_is_a_figure_without_an_interval() -> None:
    """It says so, and where it is from."""
    options = {"watts": 9, "idle_watts": 3.5, "source": "the data sheet, table 4"}
    found = declared_power(PowerSpec(meter="declared", boundary="board", options=options))
    assert found.watts is not None
    assert found.idle_w is not None
    assert (found.watts.low, found.watts.value, found.watts.high, found.watts.n) == (9.0, 9.0, 9.0, 0)
    assert (found.idle_w.value, found.provenance, found.boundary) == (3.5, "declared", "board")
    assert (found.declared_words, found.kind) == ("the data sheet, table 4", "board, declared")


@pytest.mark.parametrize(("round_s", "flagged"), [(ROUND_S, False), (ROUND_S * 1.02, False), (ROUND_S * 2, True)])
def test_another_speed_under_the_meter_is_a_flag(round_s: float, flagged: bool) -> None:
    """Beyond noise and 5 %: the board heated, or was disturbed."""
    found = power_flags([with_power(metered(round_s=round_s))])
    assert [one.code for one in found] == (["window_speed"] if flagged else [])


@pytest.mark.parametrize(("share", "flagged"), [(0.3, True), (0.004, False)])
def test_rounds_that_took_long_now_and_then_are_a_flag(share: float, flagged: bool) -> None:
    """The watts are a mean over the window: a share of long rounds is in them, though the median is what it was."""
    visit = metered()
    numbers = range(len(visit.stamps_s))
    long = [int((number + 1) * share * 5) > int(number * share * 5) and number % 5 == 0 for number in numbers]
    begin_s = visit.stamps_s[0]
    rounds_s = [ROUND_S * (10 if one else 1) for one in long[1:]]
    stamps_s = tuple(begin_s + sum(rounds_s[:number]) for number in numbers)
    found = power_flags([with_power(replace(visit, stamps_s=stamps_s))])
    assert [one.code for one in found] == (["window_speed"] if flagged else [])


@pytest.mark.parametrize(
    ("boundary", "watts", "is_told"),
    [("usb-input", 9.0, True), ("usb-input", 900.0, False), ("module", 900.0, True), ("module", 9000.0, False)],
)
def test_a_power_that_cannot_be_inside_the_boundary_is_none(boundary: Boundary, watts: float, is_told: bool) -> None:
    """Behind a USB plug are 240 W at most; a module takes no kilowatts: milliwatts were taken for watts."""
    found = power(metered(square(watts), facts=replace(FACTS, boundary=boundary)))
    assert (found.watts is not None) == is_told
    assert is_told or "a device draws more than 0 and at most" in (found.reason or "")


def test_a_draft_that_cannot_roll_back_has_no_flag_of_its_speed() -> None:
    """Its rounds of the window hold going back, and the timed ones do not."""
    assert power_flags([with_power(metered(round_s=ROUND_S * 2))], rolls_back=False) == ()


def test_without_a_metered_visit_there_are_no_flags_and_no_side_file() -> None:
    """As in every run before there were meters."""
    assert power_flags([TIMED]) == ()
    assert power_flags([]) == ()
    assert readings_of([TIMED]) is None


def test_readings_come_back_from_their_side_file(tmp_path: Path) -> None:
    """Every value, every time, stamps and parts: a better rule can be asked of an old recording."""
    facts = replace(FACTS, channels=("VDD_IN", "CPU"), adds=(True, False))
    one = metered(square(), lambda s: None if s > 20 else 1 / 3, facts=facts)
    one = replace(one, stamps=tuple(None if n % 2 else f"10:00:{n}" for n in range(len(one.t_s))))
    samples = readings_of([with_power(one), TIMED, with_power(one)])
    assert samples is not None
    sha256 = write_samples(samples_folder(tmp_path / "r.json"), samples)
    back = read_samples(tmp_path / "r.json", sha256, PowerSamples)
    assert back == samples
    (first, second) = back.passes
    assert first == second
    assert (first.values, first.stamps) == (one.values, one.stamps)
    assert first.t_s == pytest.approx(one.t_s, abs=1e-8)
    assert first.spans_s == one.spans_s


def device() -> Device:
    """One that answers nothing: whoever asks it is shown."""

    def answer(_: dict[str, Any]) -> bytes:
        raise AssertionError("the device was asked")

    client = AgentClient(Answering(answer), device="orin")
    hello = Hello(configspec_agent=1, sha256="this", python="3.8", pid=7, clock_s=1.0)
    spec = DeviceSpec(name="orin", connection="local")
    return Device(spec=spec, client=client, hello=hello, taken=None, mark="mark")


@pytest.mark.parametrize("facts", [FACTS, replace(FACTS, lag_s=5.0), replace(FACTS, period_s=600.0)])
def test_a_budget_without_room_for_a_window_is_told_before_the_device_is_asked(facts: MeterFacts) -> None:
    """A meter that averages for long, or that has a value every ten minutes, would take hours otherwise."""
    here = device()
    meter = BoardMeter(client=here._client, facts=facts)
    with pytest.raises(UsageError, match=r"and this meter needs .* s: raise sweep.seconds_per_cell"):
        measure_power(here, meter, Load(k=4, budget_s=0.25))


@given(
    st.floats(0, 1e6),
    st.floats(0, 1e4),
    st.floats(0.001, 1e6),
    st.none() | st.floats(0.001, 3600),
)
def test_no_visit_takes_longer_than_its_budget(
    period_s: float, lag_s: float, budget_s: float, asked_s: float | None
) -> None:
    """Whatever a meter says of itself: all its parts and the reading around them, or no window at all."""
    facts = replace(FACTS, period_s=period_s, lag_s=lag_s)
    parts = planned(facts, Load(k=4, budget_s=budget_s, asked_s=asked_s))
    total_s = parts.total_s + 2 * guard_s(facts)
    assert parts.window_s <= 0 or total_s <= budget_s * (1 + 1e-9)


sizes: list[st.SearchStrategy[float | None]] = [
    st.floats(-1e18, 1e18),
    st.floats(0, 1e-9),
    st.floats(0, 100),
    st.floats(99_000, 101_000),
    st.sampled_from([0.0, 1e-300, 6.0, 1e18]),
]
few = st.integers(0, 40)


@st.composite
def hostile_visits(draw: st.DrawFn) -> MeteredVisit:
    """Whatever can be an answer of a device: times in any order, values of any size, gaps, stamps, failures."""
    count, channels = draw(few), draw(st.integers(1, 3))
    times = draw(st.lists(st.floats(BEGAN_S, BEGAN_S + 22), min_size=count, max_size=count))
    times = [BEGAN_S, *times, BEGAN_S + 22] if draw(st.booleans()) else times
    count, one = len(times), draw(st.sampled_from(sizes))
    one = one | st.none() if draw(st.booleans()) else one
    values = [draw(st.lists(one, min_size=count, max_size=count)) for _ in range(channels)]
    facts = MeterFacts(
        meter="odd",
        shows=draw(st.sampled_from(["watts", "joules"])),
        boundary="wall",
        channels=tuple(f"c{number}" for number in range(channels)),
        adds=(True,) * channels,
        period_s=draw(st.sampled_from([0.0, 0.05, 1.0, 1e9])),
        lag_s=draw(st.sampled_from([0.0, 0.5, 1e9])),
        step=draw(st.sampled_from([0.0, 0.01, 1e18])),
        range_j=draw(st.sampled_from([None, 1e-12, 100.0, 1e18])),
        supply_w=draw(st.sampled_from([None, 0.0, 65.0, 1e9])),
    )
    stamps = draw(st.none() | st.lists(st.sampled_from(["a", "b"]), min_size=count, max_size=count))
    return replace(
        metered(facts=FACTS),
        meter=facts,
        t_s=tuple(times if draw(st.booleans()) else sorted(times)),
        values=tuple(map(tuple, values)),
        stamps=None if stamps is None else tuple(stamps),
        failures=((BEGAN_S + 10.0, "no"),) * draw(st.integers(0, 2)),
        uncertainty_s=draw(st.sampled_from([0.0, 0.1, 1e6])),
    )


@given(hostile_visits(), hostile_visits())
def test_whatever_a_meter_shows_the_row_can_be_written_and_read(first: MeteredVisit, second: MeteredVisit) -> None:
    """Watts with their interval, or a reason; a record that can be read back; a side file too."""
    visits = [with_power(first), with_power(second)]
    found = power_of(visits, ASKED, (), NO_METER)
    assert (found.watts is None) == bool(found.reason)
    assert msgspec.convert(json.loads(msgspec.json.encode(found)), Power) == found
    assert found.watts is None or math.isfinite(found.watts.value)
    samples = readings_of(visits)
    assert samples is not None
    assert msgspec.convert(json.loads(msgspec.json.encode(samples)), PowerSamples) == samples
    power_flags(visits)


def test_a_device_without_power_is_not_asked_for_a_meter() -> None:
    """Nor one whose figure is declared: both say why nothing was measured."""
    here = device()
    assert Meters({}).of(here).reason == NO_METER
    here.spec = replace(
        here.spec, power=PowerSpec(meter="declared", boundary="wall", options={"watts": 5, "source": "x"})
    )
    assert Meters({}).of(here).reason == "devices.yaml declares the power of this device: nothing is measured"


def test_a_secret_that_is_not_set_is_the_reason_and_names_the_variable() -> None:
    """Throughput is measured all the same; the device is not asked."""
    here = device()
    options = {"url": "http://plug", "password": "${PLUG_PASSWORD}"}
    here.spec = replace(here.spec, power=PowerSpec(meter="shelly_gen2", options=options))
    told = Meters({}).of(here).reason
    assert told is not None
    assert told.startswith("devices.orin.power.password is taken from this host's variable PLUG_PASSWORD, which is not")
