"""An objective that nothing in the package knows: what is shown of it needs no line but its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from configspec.theory.figures import Number
from configspec.theory.objectives.objective import Better, FigureName, Figures, Move
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@final
class Silence:
    """Seconds per token in which the device waits for the verifier; K=1 is said to lack it."""

    name = "silence"
    heading = "waiting for the verifier"
    unit = "s/token"
    better: Better = "lower"
    boundary = "all that is waited for"

    def __init__(self, *, usual: bool = True) -> None:
        """`usual`: whether commands take it where nobody names it."""
        self.usual = usual

    def moves(self, serving: Serving) -> Mapping[FigureName, Move]:
        """As its value has it."""
        return {"alpha": "falls"}

    def unavailable(self, serving: Serving) -> str | None:
        """Where verification takes no time."""
        return None if serving.verify_s else "nothing is waited for"

    def lacks(self, configuration: Configuration, serving: Serving) -> str | None:
        """A made-up reason for one configuration."""
        return "K=1 is never silent" if configuration.k == 1 else None

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """The time of verification over the tokens of a round."""
        return figures.verify_s / (figures.k * figures.alpha + 1)

    def plain(self, token: PlainToken, serving: Serving) -> float | str:
        """All that is waited for."""
        return token.waiting_s if token.waiting_s > 0 else "nothing is waited for"
