from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_service import TAKES_S, Scripted, any_json

from configspec.agent.power.channels.programs import Output
from configspec.agent.power.command import KIND, UNITS, figure
from configspec.agent.power.meter import BOUNDARIES, JOULES, WATTS, Meter, NoMeterError, ReadingError
from configspec.agent.power.surroundings import Board
from configspec.agent.protocol import AgentError

NEW = {"voltage_mv": 229403, "current_ma": 58, "power_mw": 9120, "total_wh": 50, "err_code": 0}
OLD = {"emeter": {"get_realtime": {"voltage": 229.403, "current": 0.058, "power": 9.12, "total": 0.05}}}
PLAIN = {"command": ["meter"], "key": "power", "unit": "W"}


def found(told: object, **options: object) -> tuple[Meter, Scripted]:
    around = Scripted(output=Output(0, told if isinstance(told, str) else json.dumps(told)))
    return KIND.find(around, {**PLAIN, **options}), around


def refused(output: Output | OSError, **options: object) -> str:
    with pytest.raises(NoMeterError) as caught:
        KIND.find(Scripted(output=output), {**PLAIN, **options})
    return str(caught.value)


def misused(**options: object) -> AgentError:
    with pytest.raises(AgentError) as caught:
        found({"power": 1}, **options)
    assert caught.value.kind == "usage"
    return caught.value


@pytest.mark.parametrize(
    ("told", "key", "unit", "value", "shows"),
    [
        (NEW, "power_mw", "mW", 9.12, WATTS),
        (NEW, "total_wh", "Wh", 180e3, JOULES),
        (OLD, "emeter.get_realtime.power", "W", 9.12, WATTS),
        (OLD, "emeter.get_realtime.total", "kWh", 180e3, JOULES),
    ],
)
def test_both_forms_of_a_kasa_plug_are_the_same_figures(told: object, key: str, unit: str, value: float, shows: str):
    """9.12 W and 0.05 kWh, in milliwatts and Wh or in watts and kWh."""
    meter, _ = found(told, key=key, unit=unit)
    assert list(meter.read().values) == pytest.approx([value])
    assert meter.facts.shows == shows


@pytest.mark.parametrize(
    ("unit", "base"),
    [
        ("uW", 2e-6),
        ("mW", 2e-3),
        ("W", 2.0),
        ("kW", 2e3),
        ("uJ", 2e-6),
        ("mJ", 2e-3),
        ("J", 2.0),
        ("kJ", 2e3),
        ("mWh", 7.2),
        ("Wh", 7200.0),
        ("kWh", 7.2e6),
    ],
)
def test_every_unit_becomes_watts_or_joules(unit: str, base: float):
    """An hour has 3600 seconds."""
    meter, _ = found({"power": 2}, unit=unit)
    assert list(meter.read().values) == pytest.approx([base], rel=1e-12)
    assert meter.facts.shows == (WATTS if unit.endswith("W") else JOULES)
    assert meter.facts.step == pytest.approx(base / 2)


def test_each_unit_is_in_the_table_above():
    """A new one needs its line there."""
    assert len(UNITS) == 11


def test_with_decimals_nobody_tells_the_step():
    """The printed digits are not it."""
    assert found({"power": 2.0})[0].facts.step == 0.0


def test_the_output_itself_may_be_the_figure():
    """Without a key."""
    meter, _ = found("9.3\n", key="")
    assert meter.read().values == (9.3,)
    assert meter.facts.channels[0].name == "figure"
    assert "the output is missing" in refused(Output(0, "null"), key="")


def test_a_path_leads_through_lists():
    """By places, the first of which is 0."""
    assert figure('{"a": [{"w": 1}, {"w": 2}]}', "a.1.w", 1.0) == 2.0
    assert figure("[7, [8]]", "1.0", 10.0) == 80.0


@pytest.mark.parametrize("place", ["2", "-1", "1.5", "x", "²", "", "00000000000000001", "9" * 30])
def test_a_place_that_is_not_in_the_list_is_named(place: str):
    """Places do not count from the end."""
    with pytest.raises(ReadingError, match="nothing is at"):
        figure('{"a": [1, 2]}', f"a.{place}", 1.0)


def test_a_key_that_is_not_there_is_named_with_those_there_are():
    """A typing error is found at once."""
    said = refused(Output(0, json.dumps(NEW)), key="power_mv")
    assert "Did you mean 'power_mw'?" in said
    assert "There are: none" in refused(Output(0, "3"), key="x")


@pytest.mark.parametrize("value", ["9.3", "3,5", None, True, {}, [], -0.1])
def test_what_is_no_figure_is_refused(value: object):
    """Text, nothing, and what flows back."""
    refused(Output(0, json.dumps({"power": value})))


@pytest.mark.parametrize("text", ["", "\n", "power: 9.3", '{"power": 9', '{"power": NaN}', "[" * 100000, "\0", "{} {}"])
def test_what_is_no_json_is_refused(text: str):
    """Empty, cut off, words, several, and what is nested for harm."""
    refused(Output(0, text))


def test_what_is_too_large_for_a_number_is_refused():
    """In the unit of the program, or once it is in joules."""
    assert "not finite" in refused(Output(0, '{"power": 1e999}'))
    assert "not finite" in refused(Output(0, '{"power": 1e308}'), unit="kWh")


def test_a_true_zero_is_a_figure():
    """It stays 0."""
    assert found({"power": 0})[0].read().values == (0.0,)


def test_a_program_that_fails_says_why():
    """Its status, and the first line of its complaint; what it printed, where it does not complain."""
    said = refused(Output(3, '{"power": 9}', "no such plug\nTraceback"))
    assert said == "meter ended with status 3: no such plug"
    assert refused(Output(1, "sorry\n")) == "meter ended with status 1: sorry"
    assert refused(Output(-9, "")) == "meter ended with status -9: it says nothing"
    assert len(refused(Output(1, "", "x" * 1000))) < 200


def test_a_program_that_cannot_be_run_says_why():
    """It is not installed, or too slow."""
    assert refused(FileNotFoundError(2, "No such file or directory")) == "meter: No such file or directory"
    assert "in time" in refused(OSError("it did not end in time"))


def test_a_later_failure_is_a_failed_reading():
    """The next run may succeed."""
    meter, around = found({"power": 1})
    around.output = Output(1, "", "busy")
    with pytest.raises(ReadingError, match="busy"):
        meter.read()


def test_the_time_of_a_reading_is_the_middle_of_the_run():
    """A program may take seconds."""
    meter, around = found({"power": 1})
    before_s = around.now_s()
    assert meter.read().t_s == before_s + TAKES_S / 2


def test_a_text_is_split_into_words_as_a_shell_would():
    """And a list is taken as it is."""
    _, around = found({"power": 1}, command="kasa --host 'a b' --json")
    assert around.started[0] == (("kasa", "--host", "a b", "--json"), 10.0)
    _, around = found({"power": 1}, command=["my meter", "$HOME", ";", "rm"])
    assert around.started[0][0] == ("my meter", "$HOME", ";", "rm")


@pytest.mark.parametrize("command", ["", "  ", [], [""], "kasa 'open", None])
def test_a_command_without_words_is_a_mistake(command: object):
    """Nothing is started."""
    assert "power.command" in misused(command=command).what


@pytest.mark.parametrize("unit", ["", "watt", "w", "MW", "KWh"])
def test_an_unknown_unit_is_named_with_those_there_are(unit: str):
    """Nothing is guessed: MW is a factor of 1e9 away from mW."""
    hint = str(misused(unit=unit).hint)
    assert hint.startswith("There are: uW, mW, W,")


def test_the_period_is_the_owners_word():
    """A second where they do not say it."""
    assert found({"power": 1})[0].facts.period_s == 1.0
    assert found({"power": 1}, period_s=5)[0].facts.period_s == 5.0
    assert "power.period_s" in misused(period_s=0).what


def test_what_the_program_is_told_is_in_no_fact():
    """Its words may hold an address or a password."""
    meter, _ = found({"power": 1}, command=["/opt/bin/kasa", "--host", "192.0.2.40", "--password", "hush-hush"])
    assert meter.facts.sensor == {"program": "kasa", "key": "power", "unit": "W"}
    assert not {"hush-hush", "192.0.2.40"} & set(repr(meter.facts).split("'"))


def test_the_owner_has_to_say_what_is_inside_the_figure():
    """Only they know where their meter sits; a host may run the program where the board cannot."""
    meter, _ = found({"power": 1})
    assert (meter.facts.meter, meter.facts.boundary in BOUNDARIES) == ("command", True)
    assert (KIND.boundary, KIND.asks_boundary, KIND.on_network, KIND.auto) == (None, True, True, False)


@given(st.text(max_size=50) | any_json.map(json.dumps), st.text(max_size=10))
def test_whatever_is_printed_is_a_figure_or_a_failed_reading(text: str, key: str):
    """And a figure is never negative."""
    try:
        value = figure(text, key, 1.0)
    except ReadingError:
        return
    assert value >= 0


@given(st.floats(0, 1e9), st.lists(st.text("abc", min_size=1), max_size=4))
def test_a_figure_is_found_where_it_was_put(value: float, parts: list[str]):
    """However deep."""
    told: object = value
    for part in reversed(parts):
        told = {"zzz": 0, part: told}
    assert figure(json.dumps(told), ".".join(parts), 1.0) == value


@pytest.mark.real
def test_a_real_program_is_run_without_a_shell():
    """What a shell would do something with arrives as a word."""
    script = "import json, sys; print(json.dumps({'words': sys.argv[1:], 'power': 12.5}))"
    command = [sys.executable, "-c", script, "$HOME; echo 1"]
    meter = KIND.find(Board(), {"command": command, "key": "power", "unit": "W"})
    assert meter.read().values == (12.5,)
    meter.close()


@pytest.mark.real
def test_a_real_program_that_complains_is_quoted():
    """By its first line."""
    command = [sys.executable, "-c", "import sys; sys.exit('no plug at that address')"]
    with pytest.raises(NoMeterError, match="ended with status 1: no plug at that address"):
        KIND.find(Board(), {"command": command, "key": "power", "unit": "W"})
    with pytest.raises(NoMeterError, match="no-such-program: No such file"):
        KIND.find(Board(), {**PLAIN, "command": "/no-such-program"})
