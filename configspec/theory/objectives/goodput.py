"""Goodput: verified tokens per second.

Eq. 1 of ConfigSpec (arXiv 2604.09722, section 3.2), on the time of a round instead of the drafting speed:

    G = (K * alpha + 1) / (K / v_d + T_verify)

    K * alpha + 1    tokens that a round yields, the target's own one included
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from configspec.theory.figures import Number
from configspec.theory.objectives.objective import Better, FigureName, Figures, Move
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


def goodput_tokens_per_s(k: Number, alpha: Number, round_s: Number, verify_s: Number) -> Number:
    """Eq. 1: the tokens that a round yields, over the time to draft and to verify it."""
    goodput: Number = (k * alpha + 1) / (round_s + verify_s)
    return goodput


@final
class Goodput:
    """Verified tokens per second."""

    name = "goodput"
    heading = "goodput"
    unit = "tokens/s"
    better: Better = "higher"
    usual = True
    boundary = "from the begin of a round to its verified tokens, link included; not the prompt"

    def moves(self, serving: Serving) -> Mapping[FigureName, Move]:
        """More accepted tokens are faster, a longer round is slower."""
        return {"alpha": "rises", "round_s": "falls"}

    def unavailable(self, serving: Serving) -> None:
        """Never: a verifier may take any time, even none."""

    def lacks(self, configuration: Configuration, serving: Serving) -> None:
        """Nothing: every configuration has an acceptance rate and a time of a round."""

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """Tokens per second."""
        return goodput_tokens_per_s(figures.k, figures.alpha, figures.round_s, figures.verify_s)

    def plain(self, token: PlainToken, serving: Serving) -> float | str:
        """A token in its time; none where that is nothing, or not known."""
        return 1 / token.token_s if token.token_s > 0 else "a token takes no time"
