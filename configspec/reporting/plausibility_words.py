"""What a rule of plausibility found, as a sentence: one for each of its codes that no measuring has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from configspec.reporting.figure_words import figure
from configspec.theory.flags import Code, Flag


def _figure(flag: Flag, name: str) -> str:
    return figure(float(flag[name]))


def _gigabytes(flag: Flag, name: str) -> str:
    return f"{float(flag[name]) / 1e9:.3g} GB/s"


def _above_memory(flag: Flag) -> str:
    return (
        f"faster than memory: to draft so fast, {_gigabytes(flag, 'reached')} of weights would have to be read, and "
        f"the device's memory gives {_gigabytes(flag, 'memory')}: the speed, its unit or the model's size is wrong"
    )


def _quants_out_of_order(flag: Flag) -> str:
    return (
        f"quantisations out of order: a token of {flag['fewer']} takes {_figure(flag, 'times')} times as long as one "
        f"of {flag['more']}, which has more bits: labels changed over, a processor slow at it, or disturbed"
    )


def _bandwidth_apart(flag: Flag) -> str:
    times, others = float(flag["times"]), int(flag["others"])
    than = "the other cell it compares with" if others == 1 else f"the {others} others do, in the median"
    return (
        f"effective bandwidth apart: it reads its weights {figure(times)} times as fast as {than}: another build, mode "
        "or model than its name says, or disturbed"
    )


def _speed_over_k(flag: Flag) -> str:
    return (
        f"not of one speed: a round of K={flag['k']} took {_figure(flag, 'round')} s and one of K={flag['longer']} "
        f"{_figure(flag, 'then')} s"
    )


def _power_modes(flag: Flag) -> str:
    return f"another power mode: measured in {flag['mode']}, and most of the device in {flag['usual']}"


def _power_below_idle(flag: Flag) -> str:
    return (
        f"power below idle: {_figure(flag, 'watts')} W while it drafts and {_figure(flag, 'idle')} W while it waits: "
        "the two are of other meters, boundaries or modes"
    )


def _acceptance_above_one(flag: Flag) -> str:
    return f"acceptance above 1: {_figure(flag, 'rate')} of what was drafted cannot be accepted"


def _little_drafted(flag: Flag) -> str:
    return (
        f"acceptance of almost nothing: {_figure(flag, 'drafted')} tokens were drafted, and with fewer than "
        f"{flag['needed']} the rate is unsure by a fifth and more"
    )


def _accepted_falls(flag: Flag) -> str:
    return (
        f"accepted tokens fall with K: {_figure(flag, 'accepted')} a round at K={flag['k']} and "
        f"{_figure(flag, 'then')} at K={flag['longer']}, which no text does: the K, or the texts, are not those of one "
        "measurement"
    )


def _accepted_jumps(flag: Flag) -> str:
    return (
        f"accepted tokens jump with K: {_figure(flag, 'accepted')} a round at K={flag['k']} and "
        f"{_figure(flag, 'then')} at K={flag['longer']}, more than twice for each step: the K, or the texts, are not "
        "those of one measurement"
    )


def _acceptance_rises(flag: Flag) -> str:
    return (
        f"acceptance rises with K: {_figure(flag, 'rate')} at K={flag['k']} and {_figure(flag, 'then')} at "
        f"K={flag['longer']}: a text can do that, two sources under one name do it more often"
    )


def _energy_identity(flag: Flag) -> str:
    return (
        f"energy contradicts power and speed: its source states {_figure(flag, 'stated')} J/token, and by E eta p = "
        f"P / v_d it is {_figure(flag, 'derived')}: they are of two profiles"
    )


def _goodput_otherwise(flag: Flag) -> str:
    return (
        f"goodput contradicts its figures: its source states {_figure(flag, 'stated')} tokens/s, and "
        f"{_figure(flag, 'derived')} follow from acceptance, drafting speed and verification time"
    )


def _cost_otherwise(flag: Flag) -> str:
    return (
        f"cost contradicts its figures: its source states {_figure(flag, 'stated')} tokens/$, and "
        f"{_figure(flag, 'derived')} follow from acceptance and price"
    )


WORDS: Mapping[Code, Callable[[Flag], str]] = {
    "above_memory": _above_memory,
    "quants_out_of_order": _quants_out_of_order,
    "bandwidth_apart": _bandwidth_apart,
    "speed_over_k": _speed_over_k,
    "power_modes": _power_modes,
    "power_below_idle": _power_below_idle,
    "acceptance_above_one": _acceptance_above_one,
    "little_drafted": _little_drafted,
    "accepted_falls": _accepted_falls,
    "accepted_jumps": _accepted_jumps,
    "acceptance_rises": _acceptance_rises,
    "energy_identity": _energy_identity,
    "goodput_otherwise": _goodput_otherwise,
    "cost_otherwise": _cost_otherwise,
}
