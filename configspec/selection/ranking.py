"""Which configurations serve best, and which of them cannot be told from the best.

One ranking is of one device and one family: configurations of two boards, or of two targets, are never compared. A
rank is a set: the best by point value, and with it all that is not shown worse or lies within the indifference.

The interval of a value, and whether it is worse than the best, come from a bootstrap by prompt and by round, paired
wherever two configurations share prompts or rounds (`resampling.py`, `values.py`). It is the doubt within one run: how
runs of different nights differ is not in it.

The best of many flatters itself: of equals, the luckiest comes first. Measure it again before announcing its value.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from configspec.selection.resampling import resampled_figures
from configspec.selection.values import Values
from configspec.theory.decoding import Decoding
from configspec.theory.figures import Provenance
from configspec.theory.objectives.objective import SCALES, Better, Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One configuration in its place, with its value in the ranking's unit and the doubt about it."""

    rank: int
    draft: str
    quant: str
    k: int
    value: float
    low: float
    high: float
    tied_with_best: bool
    provenance: Provenance
    warnings: tuple[str, ...]
    configuration: Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The choices of one device and family by one objective, the best first.

    `unavailable` says why there are none; `left_out` names what could not be ranked though others could.
    """

    device: str
    family: str
    objective: Objective
    unit: str
    better: Better
    unavailable: str | None
    choices: tuple[Choice, ...]
    serving: Serving = field(default_factory=Serving)
    decoding: Decoding | None = None  # of all configurations; None where nobody says, or they differ
    left_out: tuple[str, ...] = ()
    confidence: float = 0.95
    indifference: float = 0.02


def rank(
    configurations: Sequence[Configuration],
    objective: Objective,
    serving: Serving,
    *,
    rng: np.random.Generator,
    top: int | None = None,
    indifference: float = 0.02,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> Ranking:
    """Rank the configurations of one device and family; `top` keeps the first few.

    Args:
        configurations: At least one; all of one device and family, no (draft, quant, K) twice.
        objective: What is ranked by; its unit and direction are in `SCALES`.
        serving: Verification latency and price to rank under.
        rng: Draws the bootstrap resamples.
        top: How many choices to return; None returns all.
        indifference: How much worse than the best still counts as tied, as a share.
        confidence: Of the intervals, and of the test that shows a configuration worse than the best.
        resamples: Bootstrap resamples.
    """
    device, family = _one_device_and_family(configurations)
    # In an order of their own, so that the draws do not depend on the order in which they were given.
    ordered = sorted(configurations, key=_by_size)
    ranking = Ranking(
        device=device,
        family=family,
        objective=objective,
        unit=SCALES[objective].unit,
        better=SCALES[objective].better,
        unavailable=None,
        choices=(),
        serving=serving,
        decoding=_decoding(configurations),
        confidence=confidence,
        indifference=indifference,
    )
    if objective == "cost" and serving.usd_per_million_tokens <= 0:
        price = f"{serving.usd_per_million_tokens:g} USD per million tokens"
        return replace(ranking, unavailable=f"the price is {price}; tokens per dollar need one above 0")
    able = [c for c in ordered if objective != "energy" or c.power_w is not None]
    if not able:
        return replace(ranking, unavailable="; ".join(dict.fromkeys(_reason(c) for c in ordered)))
    values = Values(
        configurations=tuple(able),
        objective=objective,
        serving=serving,
        figures=resampled_figures(able, resamples=resamples, rng=rng),
    )
    return replace(
        ranking,
        choices=_choices(values, indifference=indifference, confidence=confidence)[:top],
        left_out=_left_out(ordered) if objective == "energy" else (),
    )


def _decoding(configurations: Sequence[Configuration]) -> Decoding | None:
    found = {configuration.acceptance.decoding for configuration in configurations}
    return found.pop() if len(found) == 1 else None


def rank_all(
    configurations: Sequence[Configuration],
    objectives: Sequence[Objective],
    serving_for: Callable[[str, str], Serving],
    *,
    rng: np.random.Generator,
    top: int | None = None,
    indifference: float = 0.02,
    confidence: float = 0.95,
    resamples: int = 2000,
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
            top=top,
            indifference=indifference,
            confidence=confidence,
            resamples=resamples,
        )
        for (device, family), group in groups.items()
        for objective in objectives
    )


def _choices(values: Values, *, indifference: float, confidence: float) -> tuple[Choice, ...]:
    """All of them, the best first; equal values keep the order in which the configurations came."""
    point = values.point()
    order = np.argsort(-point if values.higher_is_better else point, kind="stable")
    best = int(order[0])
    low, high = values.interval(confidence)
    tied = values.within(best, indifference) | ~values.shown_worse(best, confidence)
    return tuple(
        Choice(
            rank=place,
            draft=values.configurations[i].draft,
            quant=values.configurations[i].quant,
            k=values.configurations[i].k,
            value=float(point[i]),
            low=float(low[i]),
            high=float(high[i]),
            tied_with_best=bool(tied[i]),
            provenance=values.configurations[i].provenance,
            warnings=values.configurations[i].warnings,
            configuration=values.configurations[i],
        )
        for place, i in enumerate(order.tolist(), 1)
    )


def _one_device_and_family(configurations: Sequence[Configuration]) -> tuple[str, str]:
    groups = sorted({(c.device, c.family) for c in configurations})
    if len(groups) != 1:
        raise ValueError(f"a ranking is of one device and one family, not of {groups}")
    if len({_by_size(c) for c in configurations}) < len(configurations):
        raise ValueError(f"a configuration of {groups[0]} is given twice")
    return groups[0]


def _by_size(configuration: Configuration) -> tuple[int, str, str]:
    """Which comes first where values are equal: the shorter draft length, then by name."""
    return configuration.k, configuration.draft, configuration.quant


def _left_out(configurations: Sequence[Configuration]) -> tuple[str, ...]:
    """The cells without power, each with its reason, once."""
    without = [c for c in configurations if c.power_w is None]
    return tuple(dict.fromkeys(f"{c.draft} {c.quant}: {_reason(c)}" for c in without))


def _reason(configuration: Configuration) -> str:
    return configuration.power_reason or "its power was not measured"
