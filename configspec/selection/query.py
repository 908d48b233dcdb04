"""A question to what was measured: by which objectives, for which K, under which assumptions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from configspec.selection.ranking import DEFAULT_RULES, Ranking, RankingRules
from configspec.selection.rankings import rank_all
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import usual
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumed import Assumed
from configspec.theory.serving.assumptions import Serving

if TYPE_CHECKING:  # what nobody asks for is not imported
    from configspec.selection.filling import Group

SEED = 2604_09722  # any fixed number: the same figures and question give the same intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to rank, and what to assume in place of what was assumed when it was measured.

    `fill`: whether what nobody measured is modelled, and ranked too (`filling.py`).
    """

    objectives: Sequence[Objective] = usual()
    ks: Sequence[int] | None = None
    assumed: Assumed = field(default_factory=Assumed)
    fill: bool = False
    rules: RankingRules = DEFAULT_RULES

    def serving(self, recorded: Serving) -> Serving:
        """The recorded assumptions, with this question's in their place."""
        return self.assumed.over(recorded)

    def answer(
        self,
        measured: Sequence[tuple[Configuration, Serving]],
        rng: np.random.Generator | None = None,
        only: Collection[Group] | None = None,
    ) -> tuple[Ranking, ...]:
        """The rankings per device, family and objective, in the order of what was measured.

        Of a configuration that is given twice the last figures count, and of a device and family the last assumptions.

        Args:
            measured: Each configuration with the assumptions that it was recorded with.
            rng: Draws the bootstrap resamples; None draws the same ones each time.
            only: The devices and families that are asked for; what was measured of others may still tell of them. None:
                all.
        """
        known: Sequence[tuple[Configuration, Serving]] = self._assumed(measured)
        refused: Mapping[Group, tuple[str, ...]] = {}
        if self.fill:
            from configspec.selection.filling import fill

            filled = fill(known, self.ks)
            known, refused = filled.configurations, filled.refused
        asked = [pair for pair in known if only is None or (pair[0].device, pair[0].family) in only]
        return tuple(
            replace(one, left_out=(*one.left_out, *why)) if (why := refused.get((one.device, one.family))) else one
            for one in self._ranked(asked, rng)
        )

    def _assumed(self, measured: Sequence[tuple[Configuration, Serving]]) -> list[tuple[Configuration, Serving]]:
        """Each with what is assumed in place of what was recorded."""
        each = {id(recorded): recorded for _, recorded in measured}  # rows share them, and to compare them is dear
        servings = {recorded: self.serving(recorded) for recorded in each.values()}
        asked = {place: servings[recorded] for place, recorded in each.items()}
        return [(one, asked[id(recorded)]) for one, recorded in measured]

    def _ranked(
        self, asked: Iterable[tuple[Configuration, Serving]], rng: np.random.Generator | None
    ) -> tuple[Ranking, ...]:
        """Of configurations with the assumptions that are asked for."""
        latest: dict[ConfigurationId, Configuration] = {}
        serving: dict[tuple[str, str], Serving] = {}
        for configuration, assumed in asked:
            serving[configuration.device, configuration.family] = assumed
            if self.ks is None or configuration.k in self.ks:
                latest[configuration.id] = configuration
        if not latest:
            return ()
        return rank_all(
            tuple(latest.values()),
            self.objectives,
            lambda device, family: serving[device, family],
            rng=np.random.default_rng(SEED) if rng is None else rng,
            rules=replace(self.rules, every_k=self.ks is None and self.rules.every_k),
        )
