"""The baselines of a ranking's best, with what is known of each family's target by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from configspec.reporting.profile_cells import FamilyProfile
from configspec.reporting.target_alone import TargetAlone
from configspec.selection.baselines import Baseline, CloudToken, Held, baselines
from configspec.selection.ranking import Ranking
from configspec.theory.figures import Estimate
from configspec.theory.serving.assumptions import Serving

Alone: TypeAlias = Mapping[str, TargetAlone | None]  # by family; None: nobody timed a pass of its target
NOBODY_TIMED: Alone = MappingProxyType({})

DECLARE = "target_tokens_per_s declares its speed"
UNTIMED = f"no pass of the target was timed (serving: {{verify: measured}} times them, {DECLARE})"
ASSUMED = f"verification is assumed, as of another machine than the one whose passes were timed ({DECLARE})"


def alone_of(families: Sequence[FamilyProfile]) -> Alone:
    """What is known of each family's target."""
    return {one.family: one.alone for one in families}


def baselines_of(ranking: Ranking, alone: Alone, *, points: bool = True) -> tuple[Baseline, ...]:
    """What its best is held against; nothing where it ranks nothing. `points`: whether also where both are equal."""
    if not ranking.choices:
        return ()
    best = ranking.choices[0]
    held = Held(
        configuration=best.configuration,
        objective=ranking.objective,
        serving=ranking.serving,
        value=best.value,
        low=best.low,
        high=best.high,
    )
    return baselines(held, cloud_token(alone.get(ranking.family), ranking.serving), points=points)


def cloud_token(alone: TargetAlone | None, serving: Serving) -> CloudToken | str:
    """How long the target takes for a token, declared, or where its passes are of these rounds; or why nobody knows."""
    if serving.target_tokens_per_s is not None:
        token_s = 1 / serving.target_tokens_per_s
        exactly = Estimate(value=token_s, low=token_s, high=token_s, confidence=1.0, n=0)
        return CloudToken(token_s=exactly, provenance="declared", or_less=False)
    if alone is None:
        return UNTIMED
    if serving.verify != "measured":
        return ASSUMED
    return CloudToken(token_s=alone.pass_s, provenance="derived", or_less=True)
