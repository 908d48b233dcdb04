"""Makes rankings: one of each device, family and objective, whose draws are shared where they rank the same.

What may not be ranked is left out by name: what throttled, what lacks a figure that the objective needs. Powers of
several kinds of meter are rankings of their own.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from configspec.selection.ranking import BARRED, DEFAULT_RULES, Ranking, RankingRules
from configspec.selection.standing import judged
from configspec.theory.decoding import Decoding
from configspec.theory.ids import Setting
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


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
    return _rank_by_each(configurations, (objective,), serving, lambda: rng, rules)[0]


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
    rankings: list[Ranking] = []
    for (device, family), group in groups.items():
        seeds = [seed, zlib.crc32(f"{device}\n{family}".encode())]
        begin = partial(np.random.default_rng, seeds)
        rankings += _rank_by_each(group, objectives, serving_for(device, family), begin, rules)
    return tuple(rankings)


def _rank_by_each(
    configurations: Sequence[Configuration],
    objectives: Sequence[Objective],
    serving: Serving,
    begin: Callable[[], np.random.Generator],
    rules: RankingRules,
) -> list[Ranking]:
    """One device and family by each objective; those that rank the same configurations share their draws."""
    device, family = _one_device_and_family(configurations)
    # In an order of their own, so that the draws do not depend on the order in which they were given.
    ordered = sorted(configurations, key=_by_size)
    decoding = _decoding(configurations)
    rankings: list[Ranking] = []
    alike: dict[tuple[int, ...], list[int]] = {}  # which rankings rank the configurations at these positions
    for objective in objectives:
        whole = Ranking(
            device=device,
            family=family,
            objective=objective,
            serving=serving,
            decoding=decoding,
            rules=rules,
            unavailable=objective.unavailable(serving),
        )
        for ranking, able in _with_able(whole, ordered):
            if able:
                alike.setdefault(able, []).append(len(rankings))
            rankings.append(ranking)
    for able, places in alike.items():
        some = [ordered[position] for position in able]
        found = judged(some, [rankings[place] for place in places], begin())
        for place, ranking in zip(places, found, strict=True):
            rankings[place] = ranking
    return rankings


def _with_able(whole: Ranking, ordered: Sequence[Configuration]) -> list[tuple[Ranking, tuple[int, ...]]]:
    """The rankings by one objective, each with the positions of what it ranks: one for each kind of power it looks at.

    What cannot be ranked is named, each cell with its reason, once.
    """
    if whole.unavailable is not None:
        return [(whole, ())]
    reasons = [_barred(whole.rules, c) or whole.objective.lacks(c, whole.serving) for c in ordered]
    able = [position for position, reason in enumerate(reasons) if reason is None]
    if not able:
        return [(replace(whole, unavailable="; ".join(dict.fromkeys(filter(None, reasons)))), ())]
    left_out = (f"{c.cell.drafter_words}: {why}" for c, why in zip(ordered, reasons, strict=True) if why)
    named = replace(whole, left_out=tuple(dict.fromkeys(left_out)))
    if "power_w" not in whole.objective.moves(whole.serving):
        return [(named, tuple(able))]
    kinds: dict[str, list[int]] = {}
    for position in able:
        kinds.setdefault(ordered[position].power_kind, []).append(position)
    largest_first = sorted(kinds.items(), key=lambda one: -len(one[1]))
    return [(replace(named, power_kind=kind), tuple(positions)) for kind, positions in largest_first]


def _barred(rules: RankingRules, configuration: Configuration) -> str | None:
    """Why it may not be ranked at all; None where it may."""
    if rules.allow_throttled:
        return None
    found = [one.code for one in configuration.flags if one.code in BARRED]
    return BARRED[found[0]] if found else None


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


def _by_size(configuration: Configuration) -> tuple[int, str, str, str, tuple[Setting, ...]]:
    """Which comes first where values are equal: the shorter draft length, then by name."""
    drafter = configuration.id.drafter
    return configuration.k, drafter.draft, drafter.quant, drafter.algorithm, configuration.cell.settings
