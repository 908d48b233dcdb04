from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_service import Scripted, answer, any_json

from configspec.agent.power.meter import Meter, NoMeterError, ReadingError
from configspec.agent.power.shelly_gen1 import KIND, watts_of
from configspec.agent.protocol import AgentError, JsonObject

URL = {"url": "http://plug.lab"}
PLUG: JsonObject = {"power": 9.5, "overpower": 0.0, "is_valid": True, "timestamp": 1707330528, "total": 5230}
PHASE: JsonObject = {"power": 10.66, "pf": 0.58, "voltage": 232.06, "is_valid": True, "total": 5.3}


def found(told: object, path: str = "/meter/0", **options: object) -> Meter:
    return KIND.find(Scripted({path: answer(told)}), {**URL, **options})


def test_the_plugs_own_time_goes_with_the_figure():
    """An old value in a new answer would show by it."""
    assert watts_of(PLUG) == (9.5, "1707330528")


@pytest.mark.parametrize("time", [0, None, "now", [1]])
def test_a_plug_without_the_time_tells_none(time: object):
    """Its clock is not set yet."""
    assert watts_of({**PLUG, "timestamp": time}) == (9.5, None)


def test_a_phase_is_asked_by_its_number():
    """The third phase of a 3EM."""
    meter = found(PHASE, "/emeter/2", component="emeter", channel=2)
    assert meter.read().values == (10.66,)
    assert meter.facts.channels[0].name == "emeter/2"
    assert meter.facts.sensor == {"component": "emeter", "channel": 2}


def test_a_relay_that_does_not_measure_is_no_meter():
    """It shows what its owner typed in, and counts nothing."""
    with pytest.raises(NoMeterError, match="typed in"):
        found({"power": 40.0, "is_valid": True})


@pytest.mark.parametrize("valid", [False, None, "true", 1])
def test_a_meter_that_does_not_trust_itself_is_not_read(valid: object):
    """`is_valid` has to be true."""
    with pytest.raises(ReadingError, match="is_valid"):
        watts_of({**PLUG, "is_valid": valid})


@pytest.mark.parametrize("power", [-0.01, "9.5", "9,5", None, True, [9.5], float("nan")])
def test_what_is_no_power_is_refused(power: object):
    """Backwards, text, missing, and what JSON does not have."""
    with pytest.raises(ReadingError, match=r"^power is "):
        watts_of({**PLUG, "power": power})


@pytest.mark.parametrize("volts", [0, 84, 266, "232"])
def test_a_voltage_that_is_no_mains_spoils_the_figure(volts: object):
    """A phase that is not connected reads 0 V."""
    with pytest.raises(ReadingError, match=r"^voltage is "):
        watts_of({**PHASE, "voltage": volts})


def test_nothing_drawn_is_a_figure():
    """A true 0 stays 0."""
    assert found({**PLUG, "power": 0.0}).read().values == (0.0,)


def test_a_component_that_is_not_there_is_named_with_those_there_are():
    """The device itself lists them."""
    around = Scripted({"/meter/4": answer(b"", 404), "/status": answer({"meters": [{}, {}], "emeters": [{}], "x": 1})})
    with pytest.raises(AgentError) as caught:
        KIND.find(around, {**URL, "channel": 4})
    assert caught.value.what == "this Shelly has no meter/4"
    assert "There are: meter/0, meter/1, emeter/0." in str(caught.value.hint)


def test_a_component_that_is_there_and_fails_is_no_mistake_of_the_person():
    """The device is in trouble."""
    around = Scripted({"/meter/0": answer(b"", 404), "/status": answer({"meters": [{}]})})
    with pytest.raises(NoMeterError, match="404"):
        KIND.find(around, URL)
    with pytest.raises(NoMeterError, match="503"):
        KIND.find(Scripted({"/meter/0": answer(b"", 503), "/status": answer({"meters": []})}), URL)


def test_a_device_without_these_pages_may_be_of_a_later_generation():
    """The error names the meter that reads it."""
    with pytest.raises(NoMeterError, match="shelly_gen2"):
        KIND.find(Scripted({"/meter/0": answer(b"", 404)}), URL)


def test_an_unknown_component_is_named_with_those_there_are():
    """As every option that names something."""
    with pytest.raises(AgentError) as caught:
        found(PLUG, component="emetr")
    assert "Did you mean 'emeter'?" in str(caught.value.hint)


def test_user_and_password_go_with_the_request():
    """By basic authentication, where the service asks for it."""
    around = Scripted({"/meter/0": answer(PLUG)})
    KIND.find(around, {**URL, "user": "lab", "password": "hush-hush"})
    assert around.asked[0].login == ("lab", "hush-hush")


@given(st.dictionaries(st.sampled_from(["power", "is_valid", "voltage", "timestamp"]), any_json))
def test_whatever_it_answers_is_a_figure_or_a_failed_reading(told: JsonObject):
    """And a figure is never negative."""
    try:
        watts, _ = watts_of(told)
    except ReadingError:
        return
    assert watts >= 0


@given(st.floats(0, 4000))
def test_watts_are_watts(watts: float):
    """As the device writes them, to the last digit."""
    assert found({**PLUG, "power": watts}).read().values == (watts,)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_meter(body: bytes):
    """Nothing but words comes of them."""
    with pytest.raises(NoMeterError):
        found(body)
