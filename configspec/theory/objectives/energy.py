"""Drafting energy: joules of the device per token.

Eq. 3 of ConfigSpec (arXiv 2604.09722, section 3.2), on the time of a round instead of the drafting speed:

    E = P * (K / v_d) / (K * alpha + 1)

It is the device's energy while it drafts. Waiting for the verifier, and the radio, are left out, as in the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from configspec.theory.figures import Number
from configspec.theory.objectives.objective import Better, FigureName, Figures, Move
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


def energy_j_per_token(k: Number, alpha: Number, round_s: Number, power_w: Number) -> Number:
    """Eq. 3: the energy of drafting a round, over the tokens that it yields."""
    return power_w * round_s / (k * alpha + 1)


@final
class Energy:
    """Joules per token, spent on drafting."""

    name = "energy"
    heading = "drafting energy"
    unit = "J/token"
    better: Better = "lower"
    moves: Mapping[FigureName, Move] = {"alpha": "falls", "round_s": "rises", "power_w": "rises"}

    def unavailable(self, serving: Serving) -> None:
        """Never: the verifier has no part in it."""

    def lacks(self, configuration: Configuration) -> str | None:
        """The power, where no meter has measured it, or one that stood still."""
        power_w = configuration.power_w
        if power_w is None:
            return configuration.power_reason or "its power was not measured"
        return None if power_w.value > 0 else f"its meter shows {power_w.value:g} W, and a device draws more"

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """Joules per token."""
        return energy_j_per_token(figures.k, figures.alpha, figures.round_s, figures.power_w)
