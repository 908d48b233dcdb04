"""Shelly plugs, relays and meters of the second generation and later (Plus, Pro, Gen3, Gen4), over HTTP.

https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/Switch and the pages of PM1, EM1 and EM beside it:

    GET /rpc/Switch.GetStatus?id=0   apower W, voltage V, output; PM1 the same without output
    GET /rpc/EM1.GetStatus?id=0      act_power W, voltage V, of one clamp
    GET /rpc/EM.GetStatus?id=0       a_act_power, b_..., c_..., total_act_power W, a_voltage ... V, of three phases

Models that do not measure leave these fields out. Authentication is by digest with SHA-256, and the user is `admin`.

The power is shown, not the counter: `aenergy.total` has three decimals of a Wh, but how far it advances at once is
told nowhere. Its `minute_ts` moves once a minute, so that it cannot show whether a value of a second is new.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Dict, Tuple

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
from .channels.json_values import check_mains, drawn_w, number_of
from .meter import Meter, MeterKind, NoMeterError, Option, ReadingError, did_you_mean
from .surroundings import Surroundings, option_text

THREE_PHASES = "em"
COMPONENTS = {"switch": "Switch", "pm1": "PM1", "em1": "EM1", THREE_PHASES: "EM"}
POWER = {"switch": "apower", "pm1": "apower", "em1": "act_power"}
# The keys of each phase's voltage and errors. A sum is no better than its parts.
PARTS: Dict[str, Tuple[str, ...]] = {"a": ("a_",), "b": ("b_",), "c": ("c_",), "total": ("a_", "b_", "c_")}
SPOILS = ("power_meter_failure", "out_of_range", "ct_type_not_set")  # others, as of the order of phases, do not
MISSING = (404, 500)  # of a component that is not there: which of the two depends on the firmware


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The component that `component` and `channel` name; its first is the default."""
    component, phase = _component(options), _phase(options)
    channel = options.get("channel", 0)
    name = f"{component}:{channel}"
    path = f"/rpc/{COMPONENTS[component]}.GetStatus?id={channel}"
    asked = Asked(service_url(options), path, login=login_of(options))
    key, parts = (f"{phase}_act_power", PARTS[phase]) if phase else (POWER[component], ("",))
    with looked_for():
        try:
            told = ask(around, asked)
        except StatusError as problem:
            if problem.status in MISSING:
                raise _missing(around, asked, name, str(problem)) from None
            raise
        if told.get(key) is None:
            raise NoMeterError(f"{asked.shown}: there is no {key}, so this model does not measure power")
        watts_of(told, key, parts)
    sensor = {"component": component, "channel": channel, **({"phase": phase} if phase else {})}
    facts = service_facts("shelly_gen2", f"{name}.{phase}" if phase else name, sensor)
    return ServiceMeter(around, asked, lambda told: watts_of(told, key, parts), facts)


def watts_of(told: JsonObject, key: str, parts: Tuple[str, ...]) -> Watts:
    """The watts under `key`, if nothing in the answer speaks against them; `parts`: how its phases' keys begin."""
    if told.get("output") is False:
        raise ReadingError("output is false: the plug is switched off, and so is the board")
    for name in ("errors", *(f"{part}errors" for part in parts)):
        errors = told.get(name)
        for error in errors if isinstance(errors, list) else ():
            if isinstance(error, str) and error.startswith(SPOILS):
                raise ReadingError(f"{name} has {error!r:.40}")
    for part in parts:
        check_mains(told.get(f"{part}voltage"), f"{part}voltage")
    return drawn_w(number_of(told.get(key), key), key), None


def _component(options: Mapping[str, object]) -> str:
    component = option_text(options, "component") or "switch"
    if component not in COMPONENTS:
        raise usage_error(f"power.component is {component!r:.40}", hint=did_you_mean(component, list(COMPONENTS)))
    return component


def _phase(options: Mapping[str, object]) -> str:
    """The phase of a three-phase meter; the empty text of any other."""
    phase, three = option_text(options, "phase"), option_text(options, "component") == THREE_PHASES
    if three and phase not in PARTS:
        what = f"power.phase is {phase!r:.40}" if phase else "power.phase is missing: this meter has three"
        raise usage_error(what, hint=did_you_mean(phase, list(PARTS)))
    if phase and not three:
        raise usage_error("power.phase belongs to a three-phase meter", hint="Leave it out, or say component: em.")
    return phase


def _missing(around: Surroundings, asked: Asked, name: str, problem: str) -> Exception:
    """Why a component did not answer: the person named one that this device has not, or it is no such device."""
    try:
        told = ask(around, replace(asked, path="/rpc/Shelly.GetStatus"))
    except ReadingError:
        return NoMeterError(f"{problem}. Is it of the first generation? That is the meter shelly_gen1")
    there = [one for one in told if re.fullmatch(rf"({'|'.join(COMPONENTS)}):\d{{1,3}}", one)]
    return not_there("Shelly", name, there, problem)


KIND = MeterKind(
    name="shelly_gen2",
    find=find,
    page="https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/Switch",
    options=(
        URL,
        Option("component", "What measures: switch (the default), pm1, em1, or em, which has three phases"),
        Option("channel", "Which of them; default: 0, the first", "whole"),
        Option("phase", "Of a three-phase meter: a, b, c or total"),
        USER,
        PASSWORD,
    ),
    boundary="wall",
    on_network=True,
)
