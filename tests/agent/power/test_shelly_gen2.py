from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_service import TAKES_S, Scripted, answer, any_json

from configspec.agent.power.meter import Meter, NoMeterError, ReadingError
from configspec.agent.power.shelly_gen2 import KIND, watts_of
from configspec.agent.protocol import AgentError

SWITCH = "/rpc/Switch.GetStatus?id=0"
URL = {"url": "http://plug.lab"}
ON = {"id": 0, "output": True, "apower": 2.7, "voltage": 227.9, "current": 0.121, "aenergy": {"total": 7258.589}}
PHASES = {"a_act_power": 1.0, "b_act_power": 20.0, "c_act_power": 300.0, "total_act_power": 321.0}
VOLTS = {"a_voltage": 229.0, "b_voltage": 230.0, "c_voltage": 231.0}


def found(told: object, path: str = SWITCH, **options: object) -> tuple[Meter, Scripted]:
    around = Scripted({path: answer(told)})
    return KIND.find(around, {**URL, **options}), around


def refused(told: object, path: str = SWITCH, **options: object) -> str:
    with pytest.raises(NoMeterError) as caught:
        found(told, path, **options)
    return str(caught.value)


def misused(told: object, path: str = SWITCH, **options: object) -> AgentError:
    with pytest.raises(AgentError) as caught:
        found(told, path, **options)
    assert caught.value.kind == "usage"
    return caught.value


def test_the_time_of_a_reading_is_the_middle_of_asking():
    """The plug measured between the question and the answer."""
    meter, around = found(ON)
    before_s = around.now_s()
    assert meter.read().t_s == before_s + TAKES_S / 2


@pytest.mark.parametrize(("component", "method"), [("switch", "Switch"), ("pm1", "PM1")])
def test_each_component_is_asked_by_its_own_method(component: str, method: str):
    """The third one of a kind is asked by number."""
    meter, _ = found(ON, f"/rpc/{method}.GetStatus?id=2", component=component, channel=2)
    assert meter.facts.channels[0].name == f"{component}:2"
    assert meter.facts.sensor == {"component": component, "channel": 2}
    assert meter.read().values == (2.7,)


def test_a_clamp_shows_its_active_power():
    """Its apparent power, in VA, is another figure."""
    meter, _ = found({"act_power": 501.8, "aprt_power": 612.4}, "/rpc/EM1.GetStatus?id=0", component="em1")
    assert meter.read().values == (501.8,)


@pytest.mark.parametrize(("phase", "watts"), [("a", 1.0), ("b", 20.0), ("c", 300.0), ("total", 321.0)])
def test_each_phase_of_three_is_its_own(phase: str, watts: float):
    """A phase, or the meter's own sum, is shown under its name."""
    meter, _ = found({**PHASES, **VOLTS}, "/rpc/EM.GetStatus?id=0", component="em", phase=phase)
    assert meter.read().values == (watts,)
    assert meter.facts.channels[0].name == f"em:0.{phase}"
    assert meter.facts.sensor == {"component": "em", "channel": 0, "phase": phase}


def test_a_three_phase_meter_wants_a_phase():
    """Nobody can guess where the board is; the error names the phases."""
    assert "a, b, c, total" in str(misused(PHASES, "/rpc/EM.GetStatus?id=0", component="em").hint)
    wrong = misused(PHASES, "/rpc/EM.GetStatus?id=0", component="em", phase="totl")
    assert "Did you mean 'total'?" in str(wrong.hint)
    assert "'totl'" in wrong.what


def test_a_phase_of_a_plug_is_a_mistake():
    """A plug has one."""
    assert "three-phase" in misused(ON, phase="a").what


def test_an_unknown_component_is_named_with_those_there_are():
    """As every option that names something."""
    assert "Did you mean 'switch'?" in str(misused(ON, component="swich").hint)


def test_a_model_that_does_not_measure_is_no_meter():
    """Its answer has no power, which is not 0 W."""
    assert "does not measure" in refused({"id": 0, "output": True, "temperature": {"tC": 32.1}})


def test_a_plug_that_is_off_has_no_figure():
    """The board is off, and 0 W is not what it draws."""
    assert "switched off" in refused({**ON, "output": False, "apower": 0.0})


def test_nothing_drawn_is_a_figure():
    """A true 0 stays 0."""
    meter, _ = found({**ON, "apower": 0})
    assert meter.read().values == (0.0,)


@pytest.mark.parametrize("volts", [85, 118.6, 265])
def test_every_mains_is_taken(volts: float):
    """From the lowest to the highest there are."""
    assert watts_of({**ON, "voltage": volts}, "apower", ("",)) == (2.7, None)


@pytest.mark.parametrize("volts", [0, 12.0, 84.9, 265.1, 2279, "227", None, True])
def test_a_voltage_that_is_no_mains_spoils_the_figure(volts: object):
    """A factor of ten, or a text, shows there; a meter that shows none is taken."""
    if volts is None:
        assert watts_of({**ON, "voltage": volts}, "apower", ("",)) == (2.7, None)
        return
    with pytest.raises(ReadingError, match=r"^voltage is "):
        watts_of({**ON, "voltage": volts}, "apower", ("",))


@pytest.mark.parametrize("phase", ["a", "b", "c"])
def test_a_phase_that_is_out_spoils_itself_and_the_sum(phase: str):
    """And no other phase."""
    told = {**PHASES, **VOLTS, f"{phase}_voltage": 0.0}
    for other in ("a", "b", "c", "total"):
        options = {"component": "em", "phase": other}
        if other in (phase, "total"):
            assert f"{phase}_voltage" in refused(told, "/rpc/EM.GetStatus?id=0", **options)
        else:
            found(told, "/rpc/EM.GetStatus?id=0", **options)


@pytest.mark.parametrize("error", ["power_meter_failure", "out_of_range:act_power", "ct_type_not_set"])
@pytest.mark.parametrize("key", ["errors", "b_errors"])
def test_an_error_of_the_measurement_spoils_the_figure(error: str, key: str):
    """The device says itself that it is wrong."""
    told = {**PHASES, **VOLTS, key: ["other", error]}
    assert error in refused(told, "/rpc/EM.GetStatus?id=0", component="em", phase="b")


def test_other_errors_do_not():
    """The order of the phases is none of our business, nor is another phase's error."""
    told = {**PHASES, **VOLTS, "errors": ["phase_sequence", 7], "a_errors": ["power_meter_failure"]}
    meter, _ = found(told, "/rpc/EM.GetStatus?id=0", component="em", phase="b")
    assert meter.read().values == (20.0,)


@pytest.mark.parametrize("power", [-0.1, -88.9, "2.7", "2,7", True, [2.7], {}, float("nan"), float("inf")])
def test_what_is_no_power_is_refused(power: object):
    """Backwards, text, and what JSON does not have."""
    refused({**ON, "apower": power})


def test_a_figure_that_vanishes_later_is_a_failed_reading():
    """The meter was found with it; the next reading may have it again."""
    meter, around = found(ON)
    around.answers[SWITCH] = answer({"id": 0, "output": True})
    with pytest.raises(ReadingError, match="apower is missing, where a number belongs"):
        meter.read()


@pytest.mark.parametrize("status", [404, 500])
def test_a_component_that_is_not_there_is_named_with_those_there_are(status: int):
    """The device itself lists them."""
    around = Scripted(
        {
            "/rpc/Switch.GetStatus?id=3": answer({"code": -105}, status),
            "/rpc/Shelly.GetStatus": answer({"ble": {}, "em1:0": {}, "switch:0": {}, "sys": {}}),
        }
    )
    with pytest.raises(AgentError) as caught:
        KIND.find(around, {**URL, "channel": 3})
    assert caught.value.what == "this Shelly has no switch:3"
    assert "Did you mean 'switch:0'? There are: em1:0, switch:0." in str(caught.value.hint)


def test_a_component_that_is_there_and_fails_is_no_mistake_of_the_person():
    """The device is in trouble."""
    around = Scripted({SWITCH: answer({}, 500), "/rpc/Shelly.GetStatus": answer({"switch:0": {}})})
    with pytest.raises(NoMeterError, match="HTTP status 500"):
        KIND.find(around, URL)


def test_a_device_without_these_pages_may_be_of_the_first_generation():
    """The error names the meter that reads it."""
    with pytest.raises(NoMeterError, match="shelly_gen1"):
        KIND.find(Scripted({SWITCH: answer({}, 404)}), URL)


def test_user_and_password_go_with_the_request_and_nowhere_else():
    """The user of these devices is always admin; facts and errors show neither."""
    meter, around = found(ON, password="hush-hush")
    assert around.asked[0].login == ("admin", "hush-hush")
    assert "hush-hush" not in repr(meter.facts) + repr(around.asked)
    assert "hush-hush" not in refused([], password="hush-hush")
    assert found(ON)[1].asked[0].login is None


@given(st.dictionaries(st.sampled_from(["output", "apower", "voltage", "errors"]), any_json))
def test_whatever_it_answers_is_a_figure_or_a_failed_reading(told: dict[str, object]):
    """And a figure is never negative."""
    try:
        watts, _ = watts_of(told, "apower", ("",))
    except ReadingError:
        return
    assert watts >= 0


@given(st.floats(0, 4000), st.floats(85, 265))
def test_watts_are_watts(watts: float, volts: float):
    """As the device writes them, to the last digit."""
    meter, _ = found({**ON, "apower": watts, "voltage": volts})
    assert meter.read().values == (watts,)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_meter(body: bytes):
    """Nothing but words comes of them."""
    refused(body)
