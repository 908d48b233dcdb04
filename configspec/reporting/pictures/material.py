"""What pictures are drawn from: what was ranked, measured, judged and followed, as values."""

from __future__ import annotations

from dataclasses import dataclass

from configspec.histories.judging import Checked
from configspec.histories.trend import Trend
from configspec.regression.accepted import AcceptedChange
from configspec.reporting.prediction_section import PredictionReport
from configspec.reporting.profile_cells import FamilyProfile
from configspec.reporting.ranking_baselines import Alone, alone_of
from configspec.selection.candidates import Group


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
