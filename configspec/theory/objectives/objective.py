"""What an objective is: a name, a unit, a direction, and a formula over the figures of a round.

    K         k           tokens drafted per round
    alpha     alpha       acceptance rate, accepted / drafted
    K / v_d   round_s     seconds to draft K tokens, and to go back where the draft's memory cannot be cut
    T_verify  verify_s    seconds that a round of K waits to be verified, link included
    T_server  server_s    the verifier's own part of these
    P         power_w     mean device power while drafting
    P_idle    idle_w      mean device power while it waits, its model loaded
    v_d'      prompt_tokens_per_s    tokens/s with which the device evaluates a prompt

One file beside this one is one objective. `registry.py` lists them; rankings, regret, JSON, Markdown and the command
line take whatever is listed. Nothing here computes with numpy, so the command line lists them without loading it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol

from configspec.theory.figures import Estimate, Number
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

Better = Literal["higher", "lower"]
FigureName = Literal[
    "alpha", "round_s", "power_w", "idle_w", "prompt_tokens_per_s"
]  # those that were measured, and may be in doubt
Move = Literal["rises", "falls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Generic[Number]):
    """The figures of one configuration, or of many as arrays that broadcast against one another.

    `power_w`, `idle_w` and `prompt_tokens_per_s` are NaN where they were not measured.
    """

    k: Number
    alpha: Number
    round_s: Number
    verify_s: Number
    server_s: Number
    power_w: Number
    idle_w: Number
    prompt_tokens_per_s: Number


class Objective(Protocol):
    """One way to tell which configuration serves best."""

    @property
    def name(self) -> str:
        """As `--objective` and the JSON have it, and as in `the goodput winner`."""

    @property
    def heading(self) -> str:
        """What heads its table."""

    @property
    def unit(self) -> str:
        """The unit of its values, as people read it: `tokens/s`."""

    @property
    def better(self) -> Better:
        """Which way its values are better."""

    @property
    def usual(self) -> bool:
        """Whether it is one of those that are ranked in full, chosen by and judged where nobody names any."""

    @property
    def boundary(self) -> str:
        """What its value holds, and what it leaves out."""

    def moves(self, serving: Serving) -> Mapping[FigureName, Move]:
        """Which way its value moves where a figure grows; what is not in it, the value does not look at."""

    def unavailable(self, serving: Serving) -> str | None:
        """Why no configuration at all has a value under these assumptions; None where one may have."""

    def lacks(self, configuration: Configuration, serving: Serving) -> str | None:
        """Why this configuration has no value under these assumptions; None where it has one."""

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """The value, or an array of them: finite and above 0, where neither `unavailable` nor `lacks` has a reason."""

    def plain(self, token: PlainToken, serving: Serving) -> float | str:
        """The value where nothing is speculated, finite and above 0, or why there is none.

        It is asked where `unavailable` has no reason.
        """


def figures_of(configuration: Configuration, serving: Serving) -> Figures[float]:
    """The point estimates of one configuration."""
    return figures_at(configuration, times_at(configuration.k, serving))


def figures_of_each(configurations: Sequence[Configuration], serving: Serving) -> list[Figures[float]]:
    """The point estimates of some, in their order; what a round of K is verified in is asked once for each K."""
    times_s = {k: times_at(k, serving) for k in {one.k for one in configurations}}
    return [figures_at(one, times_s[one.k]) for one in configurations]


def times_at(k: int, serving: Serving) -> tuple[float, float]:
    """What a round of K takes to verify, and the verifier to serve, in seconds: it takes longer than all else of it."""
    return serving.verify_s_at(k), serving.server_s_at(k)


def figures_at(one: Configuration, times_s: tuple[float, float]) -> Figures[float]:
    """The point estimates of one configuration, whose K has these `times_at`."""
    verify_s, server_s = times_s
    return Figures(
        k=float(one.k),
        alpha=one.acceptance.rate.value,
        round_s=one.round_s.value + one.going_back_s,
        verify_s=verify_s,
        server_s=server_s,
        power_w=_value(one.power_w),
        idle_w=_value(one.idle_w),
        prompt_tokens_per_s=_value(one.prompt_tokens_per_s),
    )


def _value(figure: Estimate | None) -> float:
    return math.nan if figure is None else figure.value


def objective_value(objective: Objective, configuration: Configuration, serving: Serving) -> float:
    """One configuration's point value under the serving assumptions, in the objective's unit.

    Raises:
        ValueError: It has none, with the reason.
    """
    reason = objective.unavailable(serving) or objective.lacks(configuration, serving)
    if reason is not None:
        raise ValueError(f"no {objective.name} of {configuration.id}: {reason}")
    return objective.value(figures_of(configuration, serving), serving)
