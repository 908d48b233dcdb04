"""What pictures are drawn from: what was ranked, measured, judged and followed, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configspec.histories.judging import Checked
from configspec.histories.trend import Trend
from configspec.regression.accepted import AcceptedChange
from configspec.reporting.prediction_section import PredictionReport, prediction_reports
from configspec.reporting.profile_cells import FamilyProfile, family_profiles
from configspec.reporting.ranking_baselines import Alone, alone_of
from configspec.reporting.rows_to_rank import RankedRow
from configspec.selection.candidates import Group
from configspec.selection.query import Query


@dataclass(frozen=True, kw_only=True)
class Material:
    """What there is. What a file does not hold, or nobody gave, is empty.

    Attributes:
        groups: The rankings of each device and family, none of them cut short.
        profiles: What was measured of each family.
        decoded: Predicted against measured goodput.
        checked: The verdicts of a comparison with a base.
        trends: Series over the runs of a store.
        accepted: Changes that somebody accepted, for the trends.
    """

    groups: tuple[Group, ...] = ()
    profiles: tuple[FamilyProfile, ...] = ()
    decoded: tuple[PredictionReport, ...] = ()
    checked: Checked | None = None
    trends: tuple[Trend, ...] = ()
    accepted: tuple[AcceptedChange, ...] = ()

    @property
    def alone(self) -> Alone:
        """What is known of each target by itself."""
        return alone_of(self.profiles)


def measured_material(rows: Sequence[RankedRow], query: Query, groups: tuple[Group, ...]) -> Material:
    """What rows give that were ranked; nothing is compared or followed."""
    return Material(groups=groups, profiles=family_profiles(rows, query), decoded=prediction_reports(rows))
