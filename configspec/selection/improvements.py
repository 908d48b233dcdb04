"""What would improve one configuration the most: each change by itself, by each objective.

    v            the objective's value
    f            a figure, or an assumption
    elasticity   d ln(v) / d ln(f) where the configuration stands: by how many percent v moves where f grows by one

An elasticity is had from a central difference over `STEP` of a logarithm; its error is about the square of that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from configspec.theory.objectives.objective import Figures, Objective, figures_of
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that could be better, as a person says it, and the figures and assumptions that it leads to.

    `factor` is what its figure is multiplied with.
    """

    words: str
    factor: float
    apply: Callable[[Figures[float], Serving, float], tuple[Figures[float], Serving]]


def _faster(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, round_s=known.round_s * factor), serving


def _accepted(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, alpha=min(known.alpha * factor, 1.0)), serving


def _verified(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, verify_s=known.verify_s * factor, server_s=known.server_s * factor), serving


def _power(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, power_w=known.power_w * factor), serving


def _idle(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, idle_w=known.idle_w * factor), serving


def _prompt(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, prompt_tokens_per_s=known.prompt_tokens_per_s / factor), serving


def _price(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return known, serving.priced(factor)


CHANGES: tuple[Change, ...] = (
    Change(words="drafting 10 % faster", factor=1 / 1.1, apply=_faster),
    Change(words="acceptance 10 % higher", factor=1.1, apply=_accepted),
    Change(words="verification and link in half the time", factor=0.5, apply=_verified),
    Change(words="drafting at 10 % less power", factor=0.9, apply=_power),
    Change(words="waiting at half the power", factor=0.5, apply=_idle),
    Change(words="the prompt read 10 % faster", factor=1 / 1.1, apply=_prompt),
    Change(words="all prices 10 % lower", factor=0.9, apply=_price),
)
STEP = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """What a change makes of an objective's value.

    `times_better` is above 1 where the change helps. `elasticity` is that of the figure that is changed.
    """

    change: Change
    value: float
    times_better: float
    elasticity: float


def improvements(one: Configuration, objective: Objective, serving: Serving) -> tuple[Improvement, ...]:
    """What each change makes of a value that the configuration has, the most helpful first.

    A change that leaves the value as it is, at once and in its slope, is left out.
    """
    known = figures_of(one, serving)
    value = objective.value(known, serving)

    def at(change: Change, factor: float) -> float:
        return objective.value(*change.apply(known, serving, factor))

    found = []
    for change in CHANGES:
        new = at(change, change.factor)
        # Beside what no acceptance can pass, the slope is one to the left.
        high = 1.0 if change.apply is _accepted and known.alpha * math.exp(STEP) > 1 else math.exp(STEP)
        low = math.exp(-STEP)
        slope = math.log(at(change, high) / at(change, low)) / math.log(high / low)
        better = new / value if objective.better == "higher" else value / new
        if new != value or slope != 0:
            found.append(Improvement(change=change, value=new, times_better=better, elasticity=slope))
    return tuple(sorted(found, key=lambda one: -one.times_better))
