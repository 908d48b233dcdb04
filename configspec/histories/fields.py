"""What must be equal for two runs of a series to compare: of a row's setup, the fields that the series depends on.

    every series              the board, its build of llama.cpp and how the draft is opened there, the draft's file
    what looks at speed       governor and power mode, and how rounds were timed
    what looks at acceptance  the target, its prompts and its text, and how tokens are chosen
    what looks at power       the kind of meter, its boundary, and whether it was measured
    an objective              the serving assumptions that its value depends on

Texts only, in this order; what is not known is not there. Figures, temperatures, kernels and dates are no part of it:
they differ from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

from configspec.records.known_setups import NamedParts
from configspec.records.row import Row
from configspec.records.setup import DeviceSetup, DrafterSetup, SetupPart, TargetSetup
from configspec.regression.metrics import ACCEPTANCE, DRAFTING, Metric, metric_of
from configspec.regression.series import Disturbance, Setup
from configspec.theory.decoding import Decoding
from configspec.theory.flags import Code, Flag
from configspec.theory.objectives.objective import Objective
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
_GOVERNOR = frozenset(("governor",))  # stands with the power mode
_TIMING = frozenset(one.name for one in fields(DrafterSetup)) - {"file_sha256"}
_NONE = frozenset[str]()


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
    usual = [(one, one.moves(Serving())) for one in objectives]
    return (
        *(
            Followed(
                metric=metric_of(one),
                objective=one,
                speed="round_s" in moves or "prompt_tokens_per_s" in moves,
                acceptance="alpha" in moves,
                power="power_w" in moves or "idle_w" in moves,
            )
            for one, moves in usual
        ),
        Followed(metric=DRAFTING, objective=None, speed=True, acceptance=False, power=False),
        Followed(metric=ACCEPTANCE, objective=None, speed=False, acceptance=True, power=False),
    )


def setup_of(one: Followed, row: Row, parts: NamedParts, assumed: Setup) -> Setup:
    """The fields of one row's setup that this series depends on; `assumed` are its `assumptions`."""
    by_kind = {type(part): part for _, part in parts}
    device, drafter, target = by_kind.get(DeviceSetup), by_kind.get(DrafterSetup), by_kind.get(TargetSetup)
    kind = row.power.kind
    return (
        *(() if device is None else _texts("device", device, _GOVERNOR)),
        *(_mode(row) if one.speed or one.power else ()),
        *(() if drafter is None else _texts("drafter", drafter, _NONE if one.speed else _TIMING)),
        *(() if target is None or not one.acceptance else _texts("target", target, _NONE)),
        *((("power.kind", kind),) if one.power and kind else ()),
        *assumed,
    )


def disturbances(one: Followed, flags: Sequence[Flag]) -> tuple[Disturbance, ...]:
    """Why a value is no evidence: of what a run's flags say, that which this series could have been moved by."""
    codes: dict[Code, Disturbance] = {**(DISTURBED if one.speed or one.power else {}), **(METERED if one.power else {})}
    found = (codes.get(flag.code) for flag in flags if flag.part != "end_to_end")
    return tuple(dict.fromkeys(why for why in found if why is not None))


def _mode(row: Row) -> Setup:
    health, board = row.environment.health, row.environment.device
    governor = (None if board is None else board.governor) or (None if health is None else health.governor)
    mode = None if health is None else health.power_mode
    return tuple((f"device.{name}", text) for name, text in (("power_mode", mode), ("governor", governor)) if text)


@lru_cache(maxsize=1024)
def _texts(name: str, part: SetupPart, without: frozenset[str]) -> Setup:
    """What is known of a part; cells of one device have equal ones."""
    texts = ((one.name, _text(getattr(part, one.name))) for one in fields(part) if one.name not in without)
    return tuple((f"{name}.{field}", text) for field, text in texts if text)


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
