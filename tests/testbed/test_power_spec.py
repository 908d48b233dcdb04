"""What `power:` of a device may say: every mistake that can be seen in the file is told there, and not on the board."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from configspec.agent.power.meter import MeterKind
from configspec.agent.power.metering import names
from configspec.agent.power.registry import METERS
from configspec.errors import UsageError
from configspec.records.bounds import MOST_WATTS
from configspec.testbed.power_spec import MAX_W, PowerSpec, asked_words, places, with_secrets
from configspec.testbed.read import read_inventory

WriteInventory = Callable[[str | bytes], Path]
PLUG = "meter: shelly_gen2, url: 'http://10.0.0.5'"
SSH = "connection: {ssh: orin}"


def told(write_inventory: WriteInventory, devices: str) -> str:
    """The one line of the error, without the file's name."""
    with pytest.raises(UsageError) as refused:
        read_inventory(write_inventory(f"devices: {{{devices}}}"))
    (line,) = str(refused.value).split("\n")
    assert line.startswith("devices.yaml: ")
    return line.removeprefix("devices.yaml: ")


def power_of(write_inventory: WriteInventory, power: str) -> PowerSpec:
    read = read_inventory(write_inventory(f"devices: {{a: {{connection: local, power: {power}}}}}")).devices["a"].power
    assert read is not None
    return read


def test_a_word_is_the_meters_name(write_inventory: WriteInventory) -> None:
    """`power: auto` is all that most owners write."""
    assert power_of(write_inventory, "auto") == PowerSpec(meter="auto")


@pytest.mark.parametrize("meter", ["ina3212", "INA3221", "''", "shelly"])
def test_a_meter_that_does_not_exist_is_told_with_all_that_do(write_inventory: WriteInventory, meter: str) -> None:
    """And with the one that was meant, where one is near."""
    line = told(write_inventory, f"a: {{connection: local, power: {{meter: {meter}}}}}")
    assert line.startswith(f"devices.a.power cannot be: no power meter is called '{meter.strip(chr(39))}'.")
    assert line.endswith(f"There are: {', '.join(names())}.")
    assert ("Did you mean 'ina3221'?" in line) == (meter == "ina3212")


@pytest.mark.parametrize("kind", [one.name for one in METERS if one.asks_boundary])
def test_a_boundary_that_only_the_owner_knows_has_to_be_stated(kind: str, write_inventory: WriteInventory) -> None:
    """Every meter in a lead, every program, every declared figure."""
    more = {"command": ", command: x, unit: W", "declared": ", watts: 5, source: the data sheet"}.get(kind, "")
    line = told(write_inventory, f"a: {{connection: local, power: {{meter: {kind}{more}}}}}")
    assert line == (
        f"devices.a.power needs a `boundary`: only who wired the {kind} meter knows what its figure holds. "
        "Write one of rail, module, board, usb-input, wall."
    )


@pytest.mark.parametrize(
    ("power", "line"),
    [
        (
            "{meter: ina3221, boundary: plug}",
            ".boundary is 'plug', which configspec does not know. Known: rail, module",
        ),
        ("{meter: auto, root: host}", ".root is 'host'. Write an absolute path on the device, or one that begins with"),
        ("{meter: auto, window_s: 0}", ".window_s is 0. It has to be more than 0."),
        ("{meter: auto, window_s: -1}", ".window_s is -1. It has to be more than 0."),
        ("{meter: auto, window_s: .inf}", ".window_s is inf. It has to be a finite number."),
        ("{meter: auto, window_s: .nan}", ".window_s is nan. It has to be a finite number."),
        ("{meter: auto, window_s: true}", ".window_s is True. It has to be a number."),
        ("{meter: auto, window_s: 1e9}", ".window_s is 1000000000.0. It has to be 3,600 or less."),
        ("{meter: auto, read_by: host}", " has `read_by`, which means nothing beside auto"),
        ("{meter: ina3221, read_by: host}", " has `read_by`, which means nothing beside ina3221: the device reads it."),
        ("{meter: auto, rials: [a]}", " has the unknown key `rials`. Did you mean 'rails'? Known: meter, boundary,"),
        ("{meter: auto, 1: 2}", " has the unknown key `1`. Known: meter"),
        ("{meter: auto, rails: VDD_IN}", " cannot be: power.rails must be a list of texts, found 'VDD_IN'."),
        ("{meter: auto, rails: []}", " cannot be: power.rails must be a list of texts, found []."),
        ("{meter: shelly_gen2, url: }", ".url is empty. Give it a value, or delete it."),
        ("{meter: auto, rails: }", ".rails is empty. Give it a value, or delete it."),
        ("{meter: auto, rails: [{a: b}]}", " cannot be: power.rails must be a list of texts, found [{'a': 'b'}]."),
        (
            "{meter: ina3221, url: 'http://x'}",
            " has `url`, a key of shelly_gen2, shelly_gen1, tasmota, home_assistant ",
        ),
        ("{meter: auto, watts: 5}", " has `watts`, a key of declared and not of auto. Name that meter, or delete"),
        ("{meter: shelly_gen2}", " cannot be: power.url is missing: Its address, such as http://192.168.1.20, without"),
        ("{meter: tasmota, url: plug}", " cannot be: power.url is no address of a service: it does not begin with"),
        (
            "{meter: shelly_gen2, url: 'http://u:p@x'}",
            " cannot be: power.url is no address of a service: it holds a user",
        ),
        (f"{{{PLUG}, component: em}}", " cannot be: power.phase is missing: this meter has three."),
        (f"{{{PLUG}, component: em, phase: d}}", " cannot be: power.phase is 'd'."),
        (f"{{{PLUG}, phase: a}}", " cannot be: power.phase belongs to a three-phase meter. Leave it out, or say"),
        (f"{{{PLUG}, component: swich}}", " cannot be: power.component is 'swich'. Did you mean 'switch'?"),
        (f"{{{PLUG}, channel: -1}}", " cannot be: power.channel must be a whole number, 0 or more, found -1."),
        (f"{{{PLUG}, channel: 1.5}}", " cannot be: power.channel must be a whole number, 0 or more, found 1.5."),
        (f"{{{PLUG}, channel: true}}", " cannot be: power.channel must be a whole number, 0 or more, found True."),
        ("{meter: command, boundary: wall, command: x, unit: MW}", " cannot be: power.unit is 'MW'. There are: uW, mW"),
        ("{meter: command, boundary: wall, command: 'a \"b', unit: W}", " cannot be: power.command cannot be split"),
        ("{meter: declared, boundary: wall, watts: 0, source: x}", " cannot be: power.watts is 0. Say watts, more"),
        ("{meter: declared, boundary: wall, watts: .inf, source: x}", " cannot be: power.watts must be a number, 0 or"),
        (
            "{meter: declared, boundary: wall, watts: 1e9, source: x}",
            " has watts 1e+09, which no device draws. At most",
        ),
        ("{meter: declared, boundary: wall, watts: 5, source: ' '}", " cannot be: power.source is missing."),
        (
            "{meter: declared, boundary: wall, watts: 5, idle_watts: 9, source: x}",
            " cannot be: power.idle_watts is 9, more than power.watts, 5. Exchange them?",
        ),
        ("[ina3221]", " is ['ina3221']. It has to be a mapping of keys to values."),
        ("{meter: [ina3221]}", ".meter is ['ina3221']. It has to be text"),
        ("{meter: }", ".meter is empty. Give it a value, or delete it."),
        ("3", " is 3. It has to be a mapping of keys to values."),
    ],
)
def test_what_cannot_be_is_told_with_key_what_was_found_and_what_would_do(
    power: str, line: str, write_inventory: WriteInventory
) -> None:
    """In the words of whoever writes the file; the board is not asked."""
    found = told(write_inventory, f"a: {{connection: local, power: {power}}}")
    assert found.startswith(f"devices.a.power{line}")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (f"rails: ['{'x' * 1001}']", "a text that is too long"),
        (f"rails: [{', '.join(f'r{number}' for number in range(65))}]", "65 values of `rails`; at most 64 can be"),
        ('rails: ["VDD\\e[31m"]', "a text that is too long, or holds what no terminal could show"),
        ('rails: ["VDD\\u202e"]', "a text that is too long, or holds what no terminal could show"),
        (f"gpu: {'9' * 400}", "power.gpu must be a whole number, 0 or more, found 999"),
    ],
)
def test_an_option_that_is_too_large_or_cannot_be_shown_is_refused(
    option: str, words: str, write_inventory: WriteInventory
) -> None:
    """In a line that can be read."""
    found = told(write_inventory, f"a: {{connection: local, power: {{meter: auto, {option}}}}}")
    assert words in found
    assert len(found) < 500
    assert found.isprintable()


@pytest.mark.parametrize("secret", ["hunter2", "${}", "$PLUG", "${PLUG", "a${PLUG}", ""])
def test_a_secret_in_plain_text_is_refused_and_not_repeated(secret: str, write_inventory: WriteInventory) -> None:
    """The file is shared; the error is on a screen."""
    found = told(write_inventory, f"a: {{connection: local, power: {{{PLUG}, password: '{secret}'}}}}")
    assert found.startswith("devices.a.power has a `password` in plain text, and this file is shared.")
    assert found.endswith("as in `password: ${PLUG_PASSWORD}`.")
    assert not secret or secret == "${}" or secret not in found.replace("${PLUG_PASSWORD}", "")


def test_a_secret_is_taken_from_the_environment_when_it_is_needed(write_inventory: WriteInventory) -> None:
    """And so may any text be; the others stay."""
    spec = power_of(write_inventory, f"{{{PLUG}, password: '${{PLUG_PASSWORD}}', channel: 1}}")
    filled = with_secrets("a", spec, {"PLUG_PASSWORD": "hunter2"})
    assert filled == {"url": "http://10.0.0.5", "password": "hunter2", "channel": 1}
    assert "hunter2" not in f"{spec}{asked_words(spec)}"


@pytest.mark.parametrize(
    ("of_host", "why"),
    [
        ({}, "is not set. Export it."),
        ({"P": ""}, "is empty, too long, or holds what no terminal could show."),
        ({"P": "x" * 5000}, "is empty, too long, or holds what no terminal could show."),
        ({"P": "hunter2\n"}, "is empty, too long, or holds what no terminal could show."),
        ({"P": "hunter2\udc80"}, "is empty, too long, or holds what no terminal could show."),
    ],
)
def test_a_variable_that_cannot_be_a_secret_is_named_and_its_text_is_not(of_host: dict[str, str], why: str) -> None:
    """The board would refuse it with the text in its error."""
    spec = PowerSpec(meter="tasmota", options={"url": "http://x", "password": "${P}"})
    with pytest.raises(
        UsageError, match=r"^devices.a.power.password is taken from this host's variable P, "
    ) as refused:
        with_secrets("a", spec, of_host)
    assert why in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_an_address_from_the_environment_is_checked_where_it_is_known(write_inventory: WriteInventory) -> None:
    """Here nobody knows it."""
    spec = power_of(write_inventory, "{meter: shelly_gen2, url: '${PLUG_URL}'}")
    assert with_secrets("a", spec, {"PLUG_URL": "http://x"}) == {"url": "http://x"}


@pytest.mark.parametrize(
    "other",
    [
        PLUG,
        "meter: shelly_gen2, url: 'http://10.0.0.5/'",
        "meter: shelly_gen2, url: 'HTTP://10.0.0.5:80'",
        f"{PLUG}, channel: 0",
        f"{PLUG}, component: switch",
        f"{PLUG}, user: admin",
        f"{PLUG}, window_s: 9",
    ],
)
def test_two_boards_on_one_plug_are_refused(other: str, write_inventory: WriteInventory) -> None:
    """Each would be charged with both, however its address is written."""
    found = told(write_inventory, f"a: {{connection: local, power: {{{PLUG}}}}}, b: {{{SSH}, power: {{{other}}}}}")
    assert found == (
        "devices.b.power is the same meter as devices.a.power: it would charge each with both. "
        "Give each a meter, or a channel, of its own."
    )


@pytest.mark.parametrize(("one", "other"), [("total", "b"), ("c", "total"), ("a", "a")])
def test_the_sum_of_three_phases_is_each_of_them(one: str, other: str, write_inventory: WriteInventory) -> None:
    """A board on one phase, and another on their sum, would both be charged with that phase."""
    here, there = (f"power: {{{PLUG}, component: em, phase: {phase}}}" for phase in (one, other))
    assert "the same meter" in told(write_inventory, f"a: {{connection: local, {here}}}, b: {{{SSH}, {there}}}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"connection: local, power: {{{PLUG}}}", f"{SSH}, power: {{{PLUG}, channel: 1}}"),
        *(
            (
                f"connection: local, power: {{{PLUG}, component: em, phase: a}}",
                f"{SSH}, power: {{{PLUG}, component: {other}}}",
            )
            for other in ("'em', phase: b", "em1")
        ),
        (f"connection: local, power: {{{PLUG}}}", f"{SSH}, power: {{meter: shelly_gen2, url: 'http://10.0.0.6'}}"),
        ("connection: local, power: {meter: auto}", f"{SSH}, power: {{meter: auto}}"),
        # A port and a program are each board's own.
        (
            "connection: local, power: {meter: um25c, port: /dev/rfcomm0}",
            f"{SSH}, power: {{meter: um25c, port: /dev/rfcomm0}}",
        ),
        (
            "connection: local, power: {meter: command, command: read-it, unit: W, boundary: wall}",
            f"{SSH}, power: {{meter: command, command: read-it, unit: W, boundary: wall}}",
        ),
        # One board in two settings has one plug.
        (f"{SSH}, power: {{{PLUG}}}", f"{SSH}, llama_cpp: {{threads: 2}}, power: {{{PLUG}}}"),
    ],
)
def test_meters_that_are_two_and_boards_that_are_one_are_taken(
    one: str, other: str, write_inventory: WriteInventory
) -> None:
    """Another channel, another plug, what is in the board itself; and a board that is declared twice."""
    assert set(read_inventory(write_inventory(f"devices: {{a: {{{one}}}, b: {{{other}}}}}")).devices) == {"a", "b"}


def test_a_program_of_this_host_is_one_meter_for_all_boards(write_inventory: WriteInventory) -> None:
    """`read_by: host`: it runs here for both."""
    power = "power: {meter: command, command: read-it, unit: W, boundary: wall, read_by: host}"
    assert "the same meter" in told(write_inventory, f"a: {{connection: local, {power}}}, b: {{{SSH}, {power}}}")


def test_what_was_asked_is_told_without_addresses_and_commands() -> None:
    """It stands in every row; a hash tells whether it is the same."""
    spec = PowerSpec(meter="shelly_gen2", options={"url": "http://10.0.0.5", "password": "${P}", "channel": 1})
    words = asked_words(spec)
    assert words.startswith("shelly_gen2, channel 1 (")
    assert not any(one in words for one in ("10.0.0.5", "http", "password"))
    assert asked_words(PowerSpec(meter="ina3221", options={"rails": ["A", "B"]})) == "ina3221, rails A B"
    assert asked_words(PowerSpec()) == "auto"


@pytest.mark.parametrize(
    "change",
    [
        {"meter": "shelly_gen1"},
        {"boundary": "board"},
        {"window_s": 5.0},
        {"root": "/host"},
        {"read_by": "host"},
        {"options": {"url": "http://10.0.0.6"}},
        {"options": {"url": "http://10.0.0.5", "channel": 1}},
        {"options": {"url": "http://10.0.0.5", "password": "${OTHER}"}},
    ],
)
def test_whatever_changes_what_is_read_changes_what_was_asked(change: dict[str, object]) -> None:
    """So that `--resume` measures such a row again, and a visit before it is no pass beside one after it."""
    spec = PowerSpec(meter="shelly_gen2", options={"url": "http://10.0.0.5"})
    assert asked_words(replace(spec, **change)) != asked_words(spec)  # type: ignore[arg-type]


def test_a_declared_figure_fits_into_the_record() -> None:
    """The most that may be declared is less than the most that a row takes."""
    assert MAX_W < MOST_WATTS


@pytest.mark.parametrize("kind", METERS, ids=lambda kind: kind.name)
def test_every_secret_of_a_kind_has_to_be_a_variable(kind: MeterKind) -> None:
    """A new meter's secret is refused in plain text without a word here."""
    for option in kind.options:
        if option.secret:
            given = {**{one.name: "x" for one in kind.options if one.needed}, option.name: "hunter2"}
            with pytest.raises(ValueError, match=f"has a `{option.name}` in plain text"):
                TypeAdapter(PowerSpec).validate_python({"meter": kind.name, "boundary": "wall", **given})


def test_the_options_of_a_meter_can_be_hashed_and_written() -> None:
    """Whatever was read from YAML."""
    spec = PowerSpec(meter="command", options={"command": ["a", "b"], "key": "x", "unit": "W", "period_s": 0.5})
    assert json.dumps(spec.options)
    assert places(spec) == ()
    assert places(replace(spec, read_by="host"))
