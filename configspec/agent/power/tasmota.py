"""Plugs and meters with the Tasmota firmware, over HTTP.

https://tasmota.github.io/docs/Commands/: `GET /cm?cmnd=Status%208` answers with StatusSNS.ENERGY: Power in W, Voltage
in V, Total in kWh. Where there are several, Power is a list, and Voltage may be one. StatusSNS.Time is the clock of
the plug. User and password travel in the query, and are therefore neither shown nor recorded.

Power is in whole watts unless the owner has set `WattRes`, and wants calibration. The power is shown, not the counter:
three decimals of a kWh are 3600 J.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional
from urllib.parse import quote, urlencode

from ..protocol import JsonObject, usage_error
from .channels.http import Asked
from .channels.json_service import (
    PASSWORD,
    URL,
    USER,
    ServiceMeter,
    Watts,
    ask,
    login_of,
    looked_for,
    service_facts,
    service_url,
)
from .channels.json_values import check_mains, drawn_w, inside, number_of
from .meter import Meter, MeterKind, Option, ReadingError, did_you_mean
from .surroundings import Surroundings

PATH = "/cm?cmnd=Status%208"
WHOLE_W = 1.0  # the step of power without decimals


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The plug; of several figures, the one that `channel` names."""
    login = login_of(options)
    query = "" if login is None else urlencode({"user": login[0], "password": login[1]}, quote_via=quote)
    asked = Asked(service_url(options), PATH, query)
    with looked_for():
        told = ask(around, asked)
        power = _energy(told).get("Power")
        channel = _channel(power, options.get("channel"))
        watts_of(told, channel)
    step_w = WHOLE_W if isinstance(_one_of(power, channel), int) else 0.0
    name, sensor = ("Power", {}) if channel is None else (f"Power[{channel}]", {"channel": channel})
    facts = service_facts("tasmota", name, sensor, step_w=step_w)
    return ServiceMeter(around, asked, lambda told: watts_of(told, channel), facts)


def watts_of(told: JsonObject, channel: Optional[int]) -> Watts:
    """The watts of an answer, and the plug's own time of them. `channel` is None where Power is no list."""
    energy = _energy(told)
    found, volts = energy.get("Power"), energy.get("Voltage")
    if isinstance(found, list) != (channel is not None):
        raise ReadingError("Power has become a list, or is none any more: the plug's settings have changed")
    check_mains(_one_of(volts, channel), "Voltage")
    watts = drawn_w(number_of(_one_of(found, channel), "Power"), "Power")
    time = inside(told, "StatusSNS").get("Time")
    return watts, time[:30] if isinstance(time, str) else None


def _energy(told: JsonObject) -> JsonObject:
    if "WARNING" in told:  # older firmware says so with status 200
        raise ReadingError("it asks for a user and a password: power.user and power.password")
    sensors = inside(told, "StatusSNS")
    if "ENERGY" not in sensors:
        raise ReadingError("StatusSNS has no ENERGY: this device does not measure power")
    return inside(sensors, "ENERGY")


def _channel(power: object, asked: object) -> Optional[int]:
    """Which figure is meant; None where there is only one, which is no list."""
    count = len(power) if isinstance(power, list) else 1
    numbers = [str(number) for number in range(count)]
    if asked is None and count > 1:
        raise usage_error(
            f"power.channel is missing: this Tasmota shows {count} powers", hint=did_you_mean("", numbers)
        )
    if asked is not None and str(asked) not in numbers:
        raise usage_error(f"power.channel: this Tasmota has no power {asked}", hint=did_you_mean(str(asked), numbers))
    return int(str(asked or 0)) if isinstance(power, list) else None


def _one_of(found: object, channel: Optional[int]) -> object:
    """The figure of a channel; a figure that is no list belongs to all of them."""
    if not isinstance(found, list):
        return found
    return found[channel] if channel is not None and channel < len(found) else None


KIND = MeterKind(
    name="tasmota",
    find=find,
    page="https://tasmota.github.io/docs/Commands/",
    options=(
        URL,
        Option("channel", "Which power, if it shows a list: 0 is the first", "whole"),
        USER,
        PASSWORD,
    ),
    boundary="wall",
    on_network=True,
)
