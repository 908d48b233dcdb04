from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_service import Scripted, answer, any_json

from configspec.agent.power.meter import Meter, NoMeterError, ReadingError
from configspec.agent.power.tasmota import KIND, PATH, watts_of
from configspec.agent.protocol import AgentError, JsonObject

URL = {"url": "http://plug.lab"}
TIME = "2026-02-04T23:17:01"


def status(time: object = TIME, **energy: object) -> JsonObject:
    return {"StatusSNS": {"Time": time, "ENERGY": {"Total": 3.185, "Power": 12, "Voltage": 221, **energy}}}


def found(told: object, **options: object) -> Meter:
    return KIND.find(Scripted({PATH: answer(told)}), {**URL, **options})


def misused(told: object, **options: object) -> AgentError:
    with pytest.raises(AgentError) as caught:
        found(told, **options)
    assert caught.value.kind == "usage"
    return caught.value


def test_the_plugs_own_time_goes_with_the_figure():
    """An old value in a new answer would show by it."""
    assert watts_of(status(), None) == (12.0, TIME)
    assert watts_of(status(time=7), None) == (12.0, None)


def test_whole_watts_are_steps_of_one():
    """Without decimals nothing finer is shown; with them, nobody tells the step."""
    assert found(status(Power=12)).facts.step == 1.0
    assert found(status(Power=12.4)).facts.step == 0.0
    assert found(status(Power=[12, 7]), channel=1).facts.step == 1.0


def test_several_powers_want_a_channel():
    """Nobody can guess which socket the board is in; the error says how many there are."""
    error = misused(status(Power=[12, 7]))
    assert "2 powers" in error.what
    assert "There are: 0, 1." in str(error.hint)


@pytest.mark.parametrize(("channel", "watts"), [(0, 12.0), (1, 7.0)])
def test_a_channel_is_a_place_in_the_list(channel: int, watts: float):
    """0 is the first."""
    meter = found(status(Power=[12, 7]), channel=channel)
    assert meter.read().values == (watts,)
    assert meter.facts.channels[0].name == f"Power[{channel}]"
    assert meter.facts.sensor == {"channel": channel}


def test_a_channel_that_is_not_there_is_named_with_those_there_are():
    """Of a list, and of a single power, which is the first."""
    assert "There are: 0, 1." in str(misused(status(Power=[12, 7]), channel=2).hint)
    assert "There are: 0." in str(misused(status(), channel=1).hint)
    assert found(status(), channel=0).read().values == (12.0,)


def test_a_list_of_one_needs_no_channel():
    """There is no choice."""
    assert found(status(Power=[12])).read().values == (12.0,)


def test_each_channel_has_its_own_voltage():
    """Where Voltage is a list too; a phase that is out spoils itself alone."""
    told = status(Power=[12, 7], Voltage=[230, 0])
    assert found(told, channel=0).read().values == (12.0,)
    with pytest.raises(NoMeterError, match="Voltage is 0 V"):
        found(told, channel=1)


@pytest.mark.parametrize("power", [-1, "12", "3,5", None, True, {}, float("nan"), float("inf")])
def test_what_is_no_power_is_refused(power: object):
    """Backwards, text, missing, and what JSON does not have."""
    with pytest.raises(NoMeterError, match=r"^Power is "):
        found(status(Power=power))


@pytest.mark.parametrize("volts", [0, 84, 266, 2210, "221"])
def test_a_voltage_that_is_no_mains_spoils_the_figure(volts: object):
    """Most plugs show 0 V while they are switched off."""
    with pytest.raises(ReadingError, match="Voltage"):
        watts_of(status(Voltage=volts), None)


def test_a_plug_that_shows_no_voltage_is_read():
    """Some measure the power alone."""
    assert watts_of(status(Voltage=None), None) == (12.0, TIME)


@pytest.mark.parametrize(("told", "channel"), [(status(Power=[12, 7]), None), (status(), 1), (status(Power=[12]), 1)])
def test_powers_that_come_or_go_are_failed_readings(told: JsonObject, channel: int | None):
    """The settings of the plug have changed since it was found."""
    with pytest.raises(ReadingError, match="Power"):
        watts_of(told, channel)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"StatusSNS": {"Time": TIME}}, "does not measure"),
        ({"StatusSNS": 3}, "StatusSNS is 3"),
        ({"Command": "Unknown"}, "StatusSNS is missing"),
        ({"WARNING": "Need user=<username>&password=<password>"}, "power.password"),
        ({"StatusSNS": {"ENERGY": []}}, "ENERGY is a list"),
    ],
)
def test_what_is_no_meter_says_why(told: JsonObject, reason: str):
    """A plug that measures nothing, another command set, and one that wants a password."""
    with pytest.raises(NoMeterError, match=reason):
        found(told)


def test_a_meter_that_loses_its_measurement_fails_a_reading():
    """What was found stays a meter."""
    around = Scripted({PATH: answer(status())})
    meter = KIND.find(around, URL)
    around.answers[PATH] = answer({"StatusSNS": {"Time": TIME}})
    with pytest.raises(ReadingError):
        meter.read()


def test_the_password_is_in_the_query_and_shown_nowhere():
    """Letters that mean something in a query arrive as they are."""
    around = Scripted({PATH: answer(status())})
    meter = KIND.find(around, {**URL, "password": "a&b=c%d e"})
    asked = around.asked[0]
    assert parse_qs(asked.query) == {"user": ["admin"], "password": ["a&b=c%d e"]}
    assert "a%26b" not in repr(asked) + asked.shown + asked.path + repr(meter.facts)
    assert asked.uri == f"{PATH}&{asked.query}"


def test_without_a_password_nothing_is_added():
    """Nor is the user alone."""
    around = Scripted({PATH: answer(status())})
    KIND.find(around, {**URL, "user": "admin"})
    assert around.asked[0].uri == PATH


@given(st.dictionaries(st.sampled_from(["Power", "Voltage"]), any_json), any_json, st.none() | st.integers(0, 3))
def test_whatever_it_answers_is_a_figure_or_a_failed_reading(energy: JsonObject, time: object, channel: int | None):
    """And a figure is never negative."""
    try:
        watts, _ = watts_of({"StatusSNS": {"Time": time, "ENERGY": energy}}, channel)
    except ReadingError:
        return
    assert watts >= 0


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=4), st.data())
def test_watts_are_watts(powers: list[int], data: st.DataObject):
    """As the plug writes them, of each channel."""
    channel = data.draw(st.integers(0, len(powers) - 1))
    assert found(status(Power=powers), channel=channel).read().values == (powers[channel],)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_meter(body: bytes):
    """Nothing but words comes of them."""
    with pytest.raises(NoMeterError):
        found(body)
