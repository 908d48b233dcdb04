"""What pictures are drawn from: what was ranked, measured, judged and followed, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from configspec.histories.judging import Checked
from configspec.histories.trend import Trend
from configspec.regression.accepted import AcceptedChange
from configspec.reporting.power_traces import Traced, power_traces
from configspec.reporting.prediction_section import PredictionReport, prediction_reports
from configspec.reporting.profile_cells import FamilyProfile, family_profiles
from configspec.reporting.ranking_baselines import Alone, alone_of
from configspec.reporting.rows_to_rank import RankedRow
from configspec.selection.candidates import Group
from configspec.selection.query import Query

NO_BASELINE = "no baseline was given: --baseline BASE compares with earlier runs"
NO_HISTORY = "no history was given: --history STORE follows what is chosen over earlier runs"


@dataclass(frozen=True, kw_only=True)
class Material:
    """What there is. What a file does not hold, or nobody gave, is empty.

    Attributes:
        groups: The rankings of each device and family, none of them cut short.
        profiles: What was measured of each family.
        decoded: Predicted against measured goodput.
        checked: The verdicts of a comparison with a base.
        not_compared: Why there are no verdicts, where there are none.
        metrics: Of a comparison, these only; empty: all.
        trends: Series over the runs of a store.
        not_followed: Why there are none, where there are none.
        accepted: Changes that somebody accepted, for the trends.
        traces: What meters showed of cells.
    """

    groups: tuple[Group, ...] = ()
    profiles: tuple[FamilyProfile, ...] = ()
    decoded: tuple[PredictionReport, ...] = ()
    checked: Checked | None = None
    not_compared: str = NO_BASELINE
    metrics: tuple[str, ...] = ()
    trends: tuple[Trend, ...] = ()
    not_followed: str = NO_HISTORY
    accepted: tuple[AcceptedChange, ...] = ()
    traces: tuple[Traced, ...] = ()

    @property
    def alone(self) -> Alone:
        """What is known of each target by itself."""
        return alone_of(self.profiles)


def measured_material(
    rows: Sequence[RankedRow], query: Query, groups: tuple[Group, ...], beside: Path | None = None
) -> Material:
    """What rows give that were ranked; nothing is compared or followed.

    Args:
        rows: What is asked about.
        query: By what it was ranked.
        groups: The rankings.
        beside: The file that side files are beside; without it there are no readings of meters.
    """
    profiles = family_profiles(rows, query)
    return Material(
        groups=groups,
        profiles=profiles,
        decoded=prediction_reports(rows),
        traces=power_traces(profiles, beside),
    )
