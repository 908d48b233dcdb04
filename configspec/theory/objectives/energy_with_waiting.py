"""Energy with waiting: joules of the device per token, over the whole round.

    E = (P * (K / v_d) + P_idle * T_verify) / (K * alpha + 1)

Eq. 3 of ConfigSpec (arXiv 2604.09722, section 3.2) counts drafting alone. A device that waits for the verifier and the
link still draws power, and the shorter K waits more often for as many tokens: counting it moves the best K upwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from configspec.theory.figures import Number
from configspec.theory.objectives.energy import (
    lacks_power,
    lacks_waiting_power,
    plain_j_with_waiting,
    round_j_per_token,
)
from configspec.theory.objectives.objective import Better, FigureName, Figures, Move
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@final
class EnergyWithWaiting:
    """Joules per token, spent on drafting and on waiting, whatever `serving: {energy: ...}` says."""

    name = "energy_with_waiting"
    heading = "energy of the device, waiting included"
    unit = "J/token"
    better: Better = "lower"
    usual = False
    boundary = "what the meter holds of the device, from the begin of a round to its verified tokens; not the prompt"

    def moves(self, serving: Serving) -> Mapping[FigureName, Move]:
        """More time and more power cost more energy; more accepted tokens share it."""
        return {"alpha": "falls", "round_s": "rises", "power_w": "rises", "idle_w": "rises"}

    def unavailable(self, serving: Serving) -> None:
        """Never: where a verifier takes no time, nothing is waited for."""

    def lacks(self, configuration: Configuration, serving: Serving) -> str | None:
        """The power, where no meter has measured it, or one that stood still; and that of waiting."""
        return lacks_power(configuration) or lacks_waiting_power(configuration)

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """Joules per token."""
        return round_j_per_token(figures)

    def plain(self, token: PlainToken, serving: Serving) -> float | str:
        """Joules of computing a token, and of waiting for it."""
        return plain_j_with_waiting(token)
