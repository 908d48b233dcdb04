"""Shelly plugs, relays and meters of the first generation, over HTTP.

https://shelly-api-docs.shelly.cloud/gen1/

    GET /meter/0    power W, is_valid, timestamp, total in watt-minutes
    GET /emeter/0   power W, voltage V, is_valid, total in Wh: a clamp of Shelly EM, or a phase of 3EM

A Shelly 1 measures nothing: its /meter/0 has a figure that its owner typed in, and no `total`. The power is shown, not
the counter, which is whole watt-minutes: 60 J. Authentication is basic, and the user is `admin`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..protocol import JsonObject, usage_error
from .channels.http import Asked
from .channels.json_service import (
    PASSWORD,
    URL,
    USER,
    ServiceMeter,
    StatusError,
    Watts,
    ask,
    login_of,
    looked_for,
    not_there,
    service_facts,
    service_url,
)
from .channels.json_values import check_mains, drawn_w, number_of, shown
from .meter import Meter, MeterKind, NoMeterError, Option, ReadingError, did_you_mean
from .surroundings import Surroundings, option_text

COMPONENTS = ("meter", "emeter")
MISSING = 404


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The component that `component` and `channel` name; its first is the default."""
    component = option_text(options, "component") or COMPONENTS[0]
    if component not in COMPONENTS:
        raise usage_error(f"power.component is {component!r:.40}", hint=did_you_mean(component, COMPONENTS))
    channel = options.get("channel", 0)
    asked = Asked(service_url(options), f"/{component}/{channel}", login=login_of(options))
    with looked_for():
        try:
            told = ask(around, asked)
        except StatusError as problem:
            if problem.status == MISSING:
                raise _missing(around, asked, str(problem)) from None
            raise
        if "total" not in told:
            raise NoMeterError(f"{asked.shown}: it counts no energy, so its power is a figure that was typed in")
        watts_of(told)
    facts = service_facts("shelly_gen1", f"{component}/{channel}", {"component": component, "channel": channel})
    return ServiceMeter(around, asked, watts_of, facts)


def watts_of(told: JsonObject) -> Watts:
    """The watts of an answer, and the meter's own time of them, where it has the time."""
    if told.get("is_valid") is not True:
        raise ReadingError(f"is_valid is {shown(told.get('is_valid'))}: the meter does not trust itself")
    check_mains(told.get("voltage"), "voltage")
    stamp = told.get("timestamp")  # 0 until the clock is set
    watts = drawn_w(number_of(told.get("power"), "power"), "power")
    return watts, str(stamp) if isinstance(stamp, int) and stamp else None


def _missing(around: Surroundings, asked: Asked, problem: str) -> Exception:
    """Why a component did not answer: the person named one that this device has not, or it is no such device."""
    try:
        told = ask(around, replace(asked, path="/status"))
    except ReadingError:
        return NoMeterError(f"{problem}. Is it of the second generation or later? That is the meter shelly_gen2")
    counts = {one: found for one in COMPONENTS for found in [told.get(f"{one}s")] if isinstance(found, list)}
    there = [f"{one}/{number}" for one, found in counts.items() for number in range(min(len(found), 8))]
    return not_there("Shelly", asked.path[1:], there, problem)


KIND = MeterKind(
    name="shelly_gen1",
    find=find,
    page="https://shelly-api-docs.shelly.cloud/gen1/",
    options=(
        URL,
        Option("component", "What measures: meter (the default), or emeter: a clamp of an EM, a phase of a 3EM"),
        Option("channel", "Which of them; default: 0, the first", "whole"),
        USER,
        PASSWORD,
    ),
    boundary="wall",
    on_network=True,
)
