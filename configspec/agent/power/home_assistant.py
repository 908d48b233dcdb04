"""A power sensor of Home Assistant, over its REST API: for meters that nothing here reads itself.

https://developers.home-assistant.io/docs/api/rest/: `GET /api/states/<entity>` with a long-lived access token answers
with `state`, a text, and attributes.unit_of_measurement. `last_reported` is when the sensor last told its value,
`last_updated` when it last told another one; servers older than 2024.4 have the second only.

How often a value comes is the sensor's affair, and its owner may say it: a second with one, a minute with another.
A sensor that counts energy is refused: nobody tells how far it advances at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..protocol import JsonObject, usage_error
from .channels.http import Asked
from .channels.json_service import (
    URL,
    ServiceMeter,
    StatusError,
    Watts,
    ask,
    looked_for,
    period_of,
    service_facts,
    service_url,
)
from .channels.json_values import drawn_w, inside, number_of, shown
from .meter import Meter, MeterKind, Option, ReadingError
from .surroundings import Surroundings, option_text

WATTS_OF = {"mW": 1e-3, "W": 1.0, "kW": 1e3}
ENTITY = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+", re.ASCII)
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)
PERIOD_S = 10.0  # most have a new value in that time; to wait too long costs time, too short looks stale
ABSENT = ("unavailable", "unknown")
MISSING = 404


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The sensor that `entity` names."""
    entity = option_text(options, "entity")
    if not ENTITY.fullmatch(entity):
        raise usage_error(f"power.entity is {entity!r:.60}", hint="Write it as sensor.plug_power.")
    headers = {"Authorization": f"Bearer {option_text(options, 'token')}"}
    asked = Asked(service_url(options), f"/api/states/{entity}", headers=headers)
    with looked_for():
        try:
            told = ask(around, asked)
        except StatusError as problem:
            if problem.status == MISSING:
                hint = "Its page Developer tools, States lists all entities."
                raise usage_error(f"Home Assistant has no entity {entity}", hint=hint) from None
            raise
        _check_unit(told, entity)
        watts_of(told)
    facts = service_facts("home_assistant", "power", {"entity": entity}, period_s=period_of(options, PERIOD_S))
    return ServiceMeter(around, asked, watts_of, facts)


def watts_of(told: JsonObject) -> Watts:
    """The watts of a state, and when the sensor told them."""
    state = _state(told)
    unit = inside(told, "attributes").get("unit_of_measurement")
    if not isinstance(unit, str) or unit not in WATTS_OF:
        raise ReadingError(f"its unit has become {shown(unit)}")
    if not NUMBER.fullmatch(state):
        raise ReadingError(f"state is {shown(state)}, where a number belongs")
    stamp = told.get("last_reported") or told.get("last_updated")
    watts = drawn_w(number_of(float(state) * WATTS_OF[unit], "state"), "state")
    return watts, stamp[:40] if isinstance(stamp, str) else None


def _state(told: JsonObject) -> str:
    state = told.get("state")
    if not isinstance(state, str):
        raise ReadingError(f"state is {shown(state)}, where a text belongs")
    if state in ABSENT:
        raise ReadingError(f"the sensor is {state}: Home Assistant does not reach it")
    return state


def _check_unit(told: JsonObject, entity: str) -> None:
    """AgentError where the entity is no power: the person named another one than they meant."""
    _state(told)  # what is not reached may show no unit either
    unit = inside(told, "attributes").get("unit_of_measurement")
    if not isinstance(unit, str) or unit not in WATTS_OF:
        what = f"{entity} is in {shown(unit)}" if unit else f"{entity} has no unit"
        raise usage_error(what, hint=f"Name the sensor that shows power, in one of {', '.join(WATTS_OF)}.")


KIND = MeterKind(
    name="home_assistant",
    find=find,
    page="https://developers.home-assistant.io/docs/api/rest/",
    options=(
        URL,
        Option("entity", "The sensor that shows power, such as sensor.plug_power", needed=True),
        Option("token", "A long-lived access token, from your profile's page", needed=True, secret=True),
        Option("period_s", "How often the sensor has a new value, seconds; default: 10", "number"),
    ),
    boundary="wall",
    on_network=True,
)
