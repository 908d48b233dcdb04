from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_service import Scripted, answer, any_json

from configspec.agent.power.home_assistant import KIND, watts_of
from configspec.agent.power.meter import Meter, NoMeterError, ReadingError
from configspec.agent.protocol import AgentError, JsonObject

PATH = "/api/states/sensor.plug_power"
OPTIONS = {"url": "http://home.lab:8123", "entity": "sensor.plug_power", "token": "hush-hush"}
UPDATED = "2026-02-04T23:17:01.120000+00:00"


def state(text: object = "9.3", unit: object = "W", **more: object) -> JsonObject:
    return {"state": text, "attributes": {"unit_of_measurement": unit}, "last_updated": UPDATED, **more}


def found(told: object, **options: object) -> Meter:
    return KIND.find(Scripted({PATH: answer(told)}), {**OPTIONS, **options})


def misused(told: object, **options: object) -> AgentError:
    with pytest.raises(AgentError) as caught:
        found(told, **options)
    assert caught.value.kind == "usage"
    return caught.value


@pytest.mark.parametrize(("unit", "watts"), [("W", 250.0), ("kW", 250e3), ("mW", 0.25)])
def test_every_unit_of_power_becomes_watts(unit: str, watts: float):
    """Milli and kilo stay at the door."""
    assert list(found(state("250", unit)).read().values) == pytest.approx([watts])


def test_the_time_of_the_sensors_last_report_goes_with_the_figure():
    """An unchanged value that was told again is new; older servers tell only when it changed."""
    assert watts_of(state()) == (9.3, UPDATED)
    assert watts_of(state(last_reported="2026-02-04T23:17:03+00:00"))[1] == "2026-02-04T23:17:03+00:00"
    assert watts_of(state(last_updated=None))[1] is None


@pytest.mark.parametrize("text", ["unavailable", "unknown"])
def test_a_sensor_that_is_not_reached_has_no_figure(text: str):
    """It is no meter now, whatever its unit; later it is a failed reading."""
    with pytest.raises(NoMeterError, match=text):
        found(state(text))
    with pytest.raises(NoMeterError, match=text):
        found({"state": text, "attributes": {}})
    with pytest.raises(ReadingError, match=text):
        watts_of(state(text))


@pytest.mark.parametrize(
    "text", ["", "3,5", "9.3 W", "nan", "inf", "1e999", "٣", "0x10", "1_0", " 9.3", "-0.1", 9.3, None]
)
def test_what_is_no_number_is_refused(text: object):
    """Localised numbers, units inside, and what Python would read but nobody means."""
    with pytest.raises(ReadingError, match="state is"):
        watts_of(state(text))


def test_what_is_too_large_once_it_is_in_watts_is_refused():
    """Infinity is no figure."""
    with pytest.raises(ReadingError, match="not finite"):
        watts_of(state("1e308", "kW"))


def test_nothing_drawn_is_a_figure():
    """A true 0 stays 0."""
    assert watts_of(state("0"))[0] == 0.0


@pytest.mark.parametrize("unit", ["kWh", "Wh", "J", "°C", "w", "", None, ["W"]])
def test_an_entity_that_shows_no_power_is_a_mistake(unit: object):
    """The error says what it shows, and what is wanted."""
    error = misused(state("9.3", unit))
    assert "sensor.plug_power" in error.what
    assert "W" in str(error.hint)


def test_a_unit_that_changes_is_a_failed_reading():
    """Nothing is guessed."""
    with pytest.raises(ReadingError, match="unit"):
        watts_of(state("9.3", "kWh"))


@pytest.mark.parametrize(
    "entity", ["", "plug", "sensor.x/../../config", "sensor.x?y", "sensor.x#", "Sensor.X", "a.b\n"]
)
def test_what_is_no_entity_is_never_asked_for(entity: str):
    """It could lead to another page."""
    around = Scripted({})
    with pytest.raises(AgentError, match=r"power\.entity"):
        KIND.find(around, {**OPTIONS, "entity": entity})
    assert around.asked == []


def test_an_entity_that_is_not_there_is_a_mistake():
    """The error says where to look."""
    with pytest.raises(AgentError, match=r"has no entity sensor\.plug_power") as caught:
        KIND.find(Scripted({PATH: answer({"message": "Entity not found."}, 404)}), OPTIONS)
    assert "States" in str(caught.value.hint)


def test_other_refusals_are_no_meter():
    """A token that is not taken, and a server in trouble."""
    with pytest.raises(NoMeterError, match="token"):
        KIND.find(Scripted({PATH: answer(b"401: Unauthorized", 401)}), OPTIONS)
    with pytest.raises(NoMeterError, match="502"):
        KIND.find(Scripted({PATH: answer(b"", 502)}), OPTIONS)


def test_the_token_is_a_bearer_token_and_shown_nowhere():
    """Neither in the facts nor in what an error could show."""
    around = Scripted({PATH: answer(state())})
    meter = KIND.find(around, OPTIONS)
    assert around.asked[0].headers == {"Authorization": "Bearer hush-hush"}
    assert "hush-hush" not in repr(around.asked) + repr(meter.facts)
    assert meter.facts.sensor == {"entity": "sensor.plug_power"}


def test_the_owner_says_how_often_there_is_a_new_value():
    """Ten seconds where they do not; no time at all is a mistake."""
    assert found(state()).facts.period_s == 10.0
    assert found(state(), period_s=1).facts.period_s == 1.0
    assert found(state(), period_s=3599.9).facts.period_s == 3599.9
    for wrong in (0, float("nan"), 3600, float("inf")):
        assert "power.period_s" in misused(state(), period_s=wrong).what


@given(st.dictionaries(st.sampled_from(["state", "attributes", "last_updated", "last_reported"]), any_json))
def test_whatever_it_answers_is_a_figure_or_a_failed_reading(told: JsonObject):
    """Any value under any key."""
    with pytest.raises(ReadingError):  # nobody writes attributes with a unit by chance
        watts_of(told)


@given(st.text(max_size=30))
def test_any_text_of_a_state_is_a_figure_or_a_failed_reading(text: str):
    """And a figure is never negative."""
    try:
        watts, _ = watts_of(state(text))
    except ReadingError:
        return
    assert watts >= 0


@given(st.floats(0, 1e5), st.sampled_from([("W", 1.0), ("kW", 1e3), ("mW", 1e-3)]))
def test_a_state_is_read_as_it_was_written(value: float, unit: tuple[str, float]):
    """In every unit, to the last digit."""
    assert watts_of(state(str(value), unit[0]))[0] == value * unit[1]


@given(st.binary(max_size=200))
def test_any_bytes_are_no_meter(body: bytes):
    """Nothing but words comes of them."""
    with pytest.raises(NoMeterError):
        found(body)
