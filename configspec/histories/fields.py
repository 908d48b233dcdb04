"""What must be equal for two runs of a series to compare: of a row's setup, the fields that the series depends on.

    every series              the board, its build of llama.cpp and how the draft is opened there, the draft's file
    what looks at speed       governor and power mode, and how rounds were timed
    what looks at acceptance  the target, its prompts and its text, and how tokens are chosen
    what looks at power       the kind of meter, its boundary, and whether it was measured
    an objective              the serving assumptions that its value depends on

Texts only, in this order; what is not known is not there. Figures, temperatures, kernels and dates are no part of it:
they differ from run to run. Verification that was measured is the text `measured`, whatever it took.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from configspec.records.known_setups import NamedParts
from configspec.records.row import Row
from configspec.records.setup import DeviceSetup, DrafterSetup, SetupPart, TargetSetup
from configspec.regression.metrics import ACCEPTANCE, DRAFTING, Metric, metric_of
from configspec.regression.series import Disturbance, Setup
from configspec.theory.decoding import Decoding
from configspec.theory.flags import Code, Flag
from configspec.theory.objectives.energy import WAITING
from configspec.theory.objectives.objective import Figures, Objective
from configspec.theory.serving.assumptions import Serving

# Processors that others had, a quota, or the disk: the rounds were timed, and of something else besides the draft.
DISTURBED: Mapping[Code, Disturbance] = {
    "throttled": "throttled",
    "clock_changed": "throttled",
    "passes_disagree": "unstable",
    "processors_taken": "unstable",
    "processors_waited_for": "unstable",
    "quota_reached": "unstable",
    "swapped": "unstable",
}
METERED: Mapping[Code, Disturbance] = {"window_speed": "unstable"}  # the meter was read at another speed
_PROBE = Figures(k=4.0, alpha=0.5, round_s=0.1, verify_s=0.0, power_w=5.0, idle_w=2.0)
_UNNAMED = frozenset(("governor",))  # stands with the power mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A metric with what its value looks at; `objective` is that which it is the value of, if it is one."""

    metric: Metric
    objective: Objective | None
    speed: bool
    acceptance: bool
    power: bool


def followed(objectives: Sequence[Objective]) -> tuple[Followed, ...]:
    """Every series that a row can have: its objectives, its drafting speed and its acceptance."""
    return (
        *(
            Followed(
                metric=metric_of(one),
                objective=one,
                speed="round_s" in one.moves,
                acceptance="alpha" in one.moves,
                power="power_w" in one.moves or "idle_w" in one.moves,
            )
            for one in objectives
        ),
        Followed(metric=DRAFTING, objective=None, speed=True, acceptance=False, power=False),
        Followed(metric=ACCEPTANCE, objective=None, speed=False, acceptance=True, power=False),
    )


def setup_of(one: Followed, row: Row, parts: NamedParts) -> Setup:
    """The fields of one row's setup that this series depends on."""
    return tuple((name, text) for name, text in _fields(one, row, {type(part): part for _, part in parts}) if text)


def disturbances(one: Followed, flags: Sequence[Flag]) -> tuple[Disturbance, ...]:
    """Why a value is no evidence: of what a run's flags say, that which this series could have been moved by."""
    codes: dict[Code, Disturbance] = {**(DISTURBED if one.speed or one.power else {}), **(METERED if one.power else {})}
    found = (codes.get(flag.code) for flag in flags if flag.part != "end_to_end")
    return tuple(dict.fromkeys(why for why in found if why is not None))


def _fields(one: Followed, row: Row, parts: Mapping[type, SetupPart]) -> Iterator[tuple[str, str]]:
    device, drafter, target = parts.get(DeviceSetup), parts.get(DrafterSetup), parts.get(TargetSetup)
    health, board = row.environment.health, row.environment.device
    if device is not None:
        yield from _texts("device", device, _UNNAMED)
    if one.speed or one.power:
        yield "device.power_mode", _text(None if health is None else health.power_mode)
        governors = (None if board is None else board.governor, None if health is None else health.governor)
        yield "device.governor", _text(governors[0] or governors[1])
    timing = frozenset[str]() if one.speed else frozenset(found.name for found in fields(DrafterSetup)) - {"file_sha256"}
    if drafter is not None:
        yield from _texts("drafter", drafter, timing)
    if target is not None and one.acceptance:
        yield from _texts("target", target, frozenset())
    if one.power:
        yield "power.kind", row.power.kind
    if one.objective is not None:
        yield from _assumptions(one.objective, row.serving)


@lru_cache(maxsize=1024)
def _assumptions(objective: Objective, serving: Serving) -> Setup:
    """The assumptions that the objective's value depends on: those with which it changes."""
    declared = replace(serving, verify="declared", verify_s_by_k=())
    others = {
        "verify_s": replace(declared, verify_s=2 * serving.verify_s + 1),
        "usd_per_million_tokens": replace(declared, usd_per_million_tokens=2 * serving.usd_per_million_tokens + 1),
        "bills": replace(declared, bills="drafted" if serving.bills == "drafted+1" else "drafted+1"),
        "energy": replace(declared, energy="drafting" if serving.energy == WAITING else WAITING),
    }
    texts = {name: _text(getattr(serving, name)) for name in others}
    if serving.verify == "measured":
        texts["verify_s"] = "measured"
    value = _probed(objective, declared)
    return tuple((f"serving.{name}", texts[name]) for name, other in others.items() if _probed(objective, other) != value)


def _probed(objective: Objective, serving: Serving) -> float | None:
    if objective.unavailable(serving) is not None:
        return None
    return objective.value(replace(_PROBE, verify_s=serving.verify_s), serving)


def _texts(name: str, part: SetupPart, without: frozenset[str]) -> Iterator[tuple[str, str]]:
    for one in fields(part):
        if one.name not in without:
            yield f"{name}.{one.name}", _text(getattr(part, one.name))


def _text(value: object) -> str:
    """As a text that is the same in every version; empty where there is nothing."""
    match value:
        case None | ():
            return ""
        case Decoding():
            return value.words() + ("" if value.greedy else f", seed {value.seed}")
        case tuple():
            return ", ".join(map(_item, value))
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _item(value: object) -> str:
    return "=".join(map(str, value)) if isinstance(value, tuple) else str(value)
