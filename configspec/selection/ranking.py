"""Which configurations serve best, and which of them are statistically tied with the best.

One ranking is of one device and one family: configurations of two devices, or of two targets, are never compared. A
winner is a set: the best by point value, and with it all that is not shown worse or lies within the indifference.

The interval of a value, and whether it is worse than the best, come from a bootstrap by prompt and by round, paired
wherever two configurations share prompts or rounds (`resampling.py`, `values.py`). It is the doubt within one run: how
runs of different nights differ is not in it.

The best of many flatters itself: of equals, the luckiest comes first. Measure it again before announcing its value.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from configspec.selection.resampling import resampled_figures
from configspec.selection.values import Values
from configspec.theory.decoding import Decoding
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRules:
    """How the best are told from the rest.

    Attributes:
        indifference: How much worse than the best still counts as tied, as a share.
        confidence: Of the intervals, and of the test that shows a configuration worse than the best.
        resamples: Bootstrap resamples.
        top: How many choices to return; None returns all.
    """

    indifference: float = 0.02
    confidence: float = 0.95
    resamples: int = 2000
    top: int | None = None


DEFAULT_RULES = RankingRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One configuration in its place, with its value in the objective's unit and the doubt about it."""

    rank: int
    configuration: Configuration
    value: float
    low: float
    high: float
    tied_with_best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The choices of one device and family by one objective, the best first.

    `unavailable` says why there are none; `left_out` names what could not be ranked though others could. `decoding` is
    that of all configurations; None where nobody says, or they differ.
    """

    device: str
    family: str
    objective: Objective
    serving: Serving
    decoding: Decoding | None
    rules: RankingRules
    unavailable: str | None = None
    choices: tuple[Choice, ...] = ()
    left_out: tuple[str, ...] = ()


def rank(
    configurations: Sequence[Configuration],
    objective: Objective,
    serving: Serving,
    *,
    rng: np.random.Generator,
    rules: RankingRules = DEFAULT_RULES,
) -> Ranking:
    """Rank the configurations of one device and family.

    Args:
        configurations: At least one; all of one device and family, none twice.
        objective: What is ranked by.
        serving: Verification latency and price to rank under.
        rng: Draws the bootstrap resamples.
        rules: How ties are told, and how many choices to return.
    """
    device, family = _one_device_and_family(configurations)
    # In an order of their own, so that the draws do not depend on the order in which they were given.
    ordered = sorted(configurations, key=_by_size)
    ranking = Ranking(
        device=device,
        family=family,
        objective=objective,
        serving=serving,
        decoding=_decoding(configurations),
        rules=rules,
        unavailable=objective.unavailable(serving),
    )
    if ranking.unavailable is not None:
        return ranking
    reasons = [objective.lacks(c) for c in ordered]
    able = tuple(c for c, reason in zip(ordered, reasons, strict=True) if reason is None)
    if not able:
        return replace(ranking, unavailable="; ".join(dict.fromkeys(reason for reason in reasons if reason)))
    figures = resampled_figures(able, serving, resamples=rules.resamples, rng=rng)
    values = Values(configurations=able, objective=objective, serving=serving, figures=figures)
    return replace(
        ranking,
        choices=_choices(values, rules)[: rules.top],
        # The cells that lack a figure, each with its reason, once.
        left_out=tuple(dict.fromkeys(f"{c.id.drafter}: {why}" for c, why in zip(ordered, reasons, strict=True) if why)),
    )


def rank_all(
    configurations: Sequence[Configuration],
    objectives: Sequence[Objective],
    serving_for: Callable[[str, str], Serving],
    *,
    rng: np.random.Generator,
    rules: RankingRules = DEFAULT_RULES,
) -> tuple[Ranking, ...]:
    """A ranking for each device, family and objective, in the order of first appearance.

    `serving_for` gives the serving assumptions of a device and family: a link is the device's. What one device's
    rankings say does not depend on which other devices or objectives are ranked beside it.
    """
    groups: dict[tuple[str, str], list[Configuration]] = {}
    for configuration in configurations:
        groups.setdefault((configuration.device, configuration.family), []).append(configuration)
    seed = int(rng.integers(2**32))
    return tuple(
        rank(
            group,
            objective,
            serving_for(device, family),
            rng=np.random.default_rng([seed, zlib.crc32(f"{device}\n{family}".encode())]),
            rules=rules,
        )
        for (device, family), group in groups.items()
        for objective in objectives
    )


def _choices(values: Values, rules: RankingRules) -> tuple[Choice, ...]:
    """All of them, the best first; equal values keep the order in which the configurations came."""
    point = values.point()
    order = np.argsort(-point if values.higher_is_better else point, kind="stable")
    best = int(order[0])
    low, high = values.interval(rules.confidence)
    tied = values.within(best, rules.indifference) | ~values.shown_worse(best, rules.confidence)
    return tuple(
        Choice(
            rank=place,
            configuration=values.configurations[i],
            value=float(point[i]),
            low=float(low[i]),
            high=float(high[i]),
            tied_with_best=bool(tied[i]),
        )
        for place, i in enumerate(order.tolist(), 1)
    )


def _decoding(configurations: Sequence[Configuration]) -> Decoding | None:
    found = {configuration.acceptance.decoding for configuration in configurations}
    return found.pop() if len(found) == 1 else None


def _one_device_and_family(configurations: Sequence[Configuration]) -> tuple[str, str]:
    groups = sorted({(c.device, c.family) for c in configurations})
    if len(groups) != 1:
        raise ValueError(f"a ranking is of one device and one family, not of {groups}")
    if len({c.id for c in configurations}) < len(configurations):
        raise ValueError(f"a configuration of {groups[0]} is given twice")
    return groups[0]


def _by_size(configuration: Configuration) -> tuple[int, str, str, str]:
    """Which comes first where values are equal: the shorter draft length, then by name."""
    drafter = configuration.id.drafter
    return configuration.k, drafter.draft, drafter.quant, drafter.algorithm
