"""Energy: joules of the device per token.

Eq. 3 of ConfigSpec (arXiv 2604.09722, section 3.2), on the time of a round instead of the drafting speed:

    E = P * (K / v_d) / (K * alpha + 1)

It is the device's energy while it drafts. The paper leaves out that the device draws power while it waits for the
verifier and the link; with `serving: {energy: drafting+waiting}` that counts too:

    E = (P * (K / v_d) + P_idle * T_verify) / (K * alpha + 1)

The radio is in it as far as it is inside the meter's boundary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

from configspec.theory.figures import Number
from configspec.theory.objectives.objective import Better, FigureName, Figures, Move
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

WAITING = "drafting+waiting"


def energy_j_per_token(k: Number, alpha: Number, drafting_j: Number, waiting_j: Number) -> Number:
    """Eq. 3: the energy of drafting a round, and of waiting in it, over the tokens that it yields."""
    energy: Number = (drafting_j + waiting_j) / (k * alpha + 1)
    return energy


@final
class Energy:
    """Joules per token, spent on drafting; on waiting too, where the serving assumptions say so."""

    name = "energy"
    heading = "energy of the device"
    unit = "J/token"
    better: Better = "lower"
    usual = True
    boundary = (
        "what the meter holds of the device, while it drafts; its waiting too with drafting+waiting; not the prompt"
    )

    def moves(self, serving: Serving) -> Mapping[FigureName, Move]:
        """More time and more power cost more energy; more accepted tokens share it."""
        return {"alpha": "falls", "round_s": "rises", "power_w": "rises", "idle_w": "rises"}

    def unavailable(self, serving: Serving) -> None:
        """Never: where a verifier takes no time, nothing is waited for."""

    def lacks(self, configuration: Configuration, serving: Serving) -> str | None:
        """The power, where no meter has measured it, or one that stood still; that of waiting, where it counts."""
        waiting = lacks_waiting_power(configuration) if serving.energy_boundary == WAITING else None
        return lacks_power(configuration) or waiting

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """Joules per token."""
        if serving.energy_boundary == WAITING:
            return round_j_per_token(figures)
        drafting_j = figures.power_w * figures.round_s
        return energy_j_per_token(figures.k, figures.alpha, drafting_j, 0.0 * drafting_j)

    def plain(self, token: PlainToken, serving: Serving) -> float | str:
        """Joules of computing a token; of waiting for it too, where that counts."""
        if serving.energy_boundary == WAITING:
            return plain_j_with_waiting(token)
        return _known(_drafting_j(token), "the device only waits, and its energy of waiting is not counted")


def round_j_per_token(figures: Figures[Number]) -> Number:
    """Drafting and waiting, per token."""
    drafting_j, waiting_j = figures.power_w * figures.round_s, figures.idle_w * figures.verify_s
    return energy_j_per_token(figures.k, figures.alpha, drafting_j, waiting_j)


def lacks_power(configuration: Configuration) -> str | None:
    """Why the power while drafting is not known; None where it is."""
    power_w = configuration.power_w
    if power_w is None:
        return configuration.power_reason or "its power was not measured"
    if power_w.value <= 0:
        return f"its meter shows {power_w.value:g} W, and a device draws more"
    return None


def lacks_waiting_power(configuration: Configuration) -> str | None:
    """Why that while waiting is not known; None where it is."""
    return "its power while waiting was not measured" if configuration.idle_w is None else None


def plain_j_with_waiting(token: PlainToken) -> float | str:
    """Joules of computing a token without speculation, and of waiting for it; or why there are none."""
    waiting_j = token.idle_w * token.waiting_s if token.waiting_s != 0 else 0.0
    return _known(_drafting_j(token) + waiting_j, "nothing is waited for")


def _drafting_j(token: PlainToken) -> float:
    return token.power_w * token.drafting_s if token.drafting_s > 0 else 0.0


def _known(joules: float, nothing: str) -> float | str:
    if math.isnan(joules):
        return "the power was not measured"
    return joules if joules > 0 else nothing
