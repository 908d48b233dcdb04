"""The values of configurations in each bootstrap draw, by one objective.

A figure that was sampled is drawn. One that is only known by an interval is no chance: it stays at its point, or at the
end that makes the value best or worst, whichever a comparison must grant (`values.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from configspec.selection.drawn_figures import DrawnFigures, Draws, End
from configspec.theory.objectives.objective import FigureName, Figures, Objective
from configspec.theory.serving.assumptions import Serving

PROMPTS: tuple[FigureName, ...] = ("alpha",)  # what differs with the prompts that were asked
TIMES: tuple[FigureName, ...] = tuple(name for name in get_args(FigureName) if name not in PROMPTS)  # with the rounds
Favour = Literal["none", "best", "worst"]
Floats: TypeAlias = NDArray[np.float64]


def drawn_values(
    objective: Objective, serving: Serving, drawn: DrawnFigures, favour: Favour, common: NDArray[np.bool_] | None = None
) -> Floats:
    """The values in each draw, (N, draws).

    Args:
        objective: What they are values by.
        serving: The assumptions.
        drawn: The figures of N configurations, or of one where `common` has several.
        favour: Where the figures are that were not sampled.
        common: Which configurations have the power of what they are compared with, (N, 1): a cell's power is one
            reading for all its K, so whatever it truly was, it cancels within the cell.
    """
    if favour == "none":
        return objective.value(_middle(drawn, objective.moves(serving)), serving)
    figures = drawn.at(_ends(objective, serving, favour))
    if common is not None:
        figures = replace(
            figures,
            power_w=np.where(common, drawn.power_w.point, figures.power_w),
            idle_w=np.where(common, drawn.idle_w.point, figures.idle_w),
            prompt_tokens_per_s=np.where(common, drawn.prompt_tokens_per_s.point, figures.prompt_tokens_per_s),
        )
    return objective.value(figures, serving)


def at_points(drawn: DrawnFigures) -> DrawnFigures:
    """The figures without their doubt."""
    return only_drawn(drawn, ())


def only_drawn(drawn: DrawnFigures, names: Collection[FigureName]) -> DrawnFigures:
    """The figures with the doubt of these alone."""

    def kept(name: FigureName, draws: Draws) -> Draws:
        return draws if name in names else Draws(point=draws.point, low=draws.point, high=draws.point)

    return replace(
        drawn,
        alpha=kept("alpha", drawn.alpha),
        round_s=kept("round_s", drawn.round_s),
        power_w=kept("power_w", drawn.power_w),
        idle_w=kept("idle_w", drawn.idle_w),
        prompt_tokens_per_s=kept("prompt_tokens_per_s", drawn.prompt_tokens_per_s),
    )


def _ends(objective: Objective, serving: Serving, favour: Favour) -> dict[FigureName, End]:
    """Where the figures are when the value is best, or worst."""
    raised = (objective.better == "higher") == (favour == "best")
    moves = objective.moves(serving)
    return {name: "high" if (move == "rises") == raised else "low" for name, move in moves.items()}


def _middle(drawn: DrawnFigures, looked_at: Collection[FigureName]) -> Figures[Floats]:
    def middle(name: FigureName, draws: Draws) -> Floats:
        return _sampled(draws) if name in looked_at else draws.point

    return Figures(
        k=drawn.k,
        verify_s=drawn.verify_s,
        server_s=drawn.server_s,
        alpha=middle("alpha", drawn.alpha),
        round_s=middle("round_s", drawn.round_s),
        power_w=middle("power_w", drawn.power_w),
        idle_w=middle("idle_w", drawn.idle_w),
        prompt_tokens_per_s=middle("prompt_tokens_per_s", drawn.prompt_tokens_per_s),
    )


def _sampled(draws: Draws) -> Floats:
    """The draws of what was sampled; the points of what is bounded, whose ends differ."""
    return draws.low if draws.sampled else np.where(draws.low == draws.high, draws.low, draws.point)
