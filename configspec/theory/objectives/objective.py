"""What a configuration is worth: goodput, verification cost, drafting energy.

Equations 1 to 3 of ConfigSpec (arXiv 2604.09722, section 3.2), on the time of a round instead of the drafting speed:

    K         k                      tokens drafted a round
    alpha     alpha                  acceptance rate, accepted / drafted
    y         K * alpha + 1          tokens a round yields, the target's own one included
    K / v_d   round_s                seconds to draft K tokens
    T_verify  verify_s               seconds to verify a round, link included
    p         usd_per_million_tokens / 1e6
    P         power_w                mean device power while drafting

Each function takes plain numbers or arrays that broadcast against one another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Bills, Serving

Objective = Literal["goodput", "cost", "energy"]
Better = Literal["higher", "lower"]
Number = TypeVar("Number", float, NDArray[np.float64])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """An objective's unit, and which way is better."""

    unit: str
    better: Better


SCALES: Mapping[Objective, Scale] = MappingProxyType(
    {
        "goodput": Scale(unit="tokens/s", better="higher"),
        "cost": Scale(unit="tokens/$", better="higher"),
        "energy": Scale(unit="J/token", better="lower"),
    }
)


def goodput_tokens_per_s(k: Number, alpha: Number, round_s: Number, verify_s: float | Number) -> Number:
    """Eq. 1: tokens a round yields, over the time to draft and to verify it. `verify_s` may differ from K to K."""
    goodput: Number = (k * alpha + 1) / (round_s + verify_s)
    return goodput


def tokens_per_usd(k: Number, alpha: Number, usd_per_million_tokens: float, bills: Bills = "drafted") -> Number:
    """Eq. 2: tokens a round yields, over what it is billed. The paper bills K tokens; `drafted+1` bills K + 1."""
    billed = k if bills == "drafted" else k + 1
    return 1_000_000 * (k * alpha + 1) / (billed * usd_per_million_tokens)


def energy_j_per_token(k: Number, alpha: Number, round_s: Number, power_w: Number) -> Number:
    """Eq. 3: the device's energy while it drafts, over the tokens that yields. LockWait and radio are left out."""
    return power_w * round_s / (k * alpha + 1)


def objective_value(objective: Objective, configuration: Configuration, serving: Serving) -> float:
    """One configuration's point value under the serving assumptions, in the unit of `SCALES`."""
    power_w = configuration.power_w
    if objective == "energy" and power_w is None:
        raise ValueError(f"energy without power: {configuration.power_reason}")
    return evaluate(
        objective,
        serving,
        k=float(configuration.k),
        alpha=configuration.acceptance.rate.value,
        round_s=configuration.round_s.value,
        power_w=math.nan if power_w is None else power_w.value,
    )


def evaluate(
    objective: Objective, serving: Serving, *, k: Number, alpha: Number, round_s: Number, power_w: Number
) -> Number:
    """The objective by name. `power_w` is looked at by energy alone."""
    if objective == "goodput":
        return goodput_tokens_per_s(k, alpha, round_s, _verify_s(serving, k))
    if objective == "cost":
        return tokens_per_usd(k, alpha, serving.usd_per_million_tokens, serving.bills)
    return energy_j_per_token(k, alpha, round_s, power_w)


def _verify_s(serving: Serving, k: Number) -> Number:
    """T_verify of each K: the one that is assumed for all, or the measured one; of the shape of `k`."""
    if isinstance(k, np.ndarray):
        return np.array([serving.verify_s_at(int(one)) for one in k.flat]).reshape(k.shape)
    return serving.verify_s_at(int(k))
