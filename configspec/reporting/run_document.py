"""What a run has to say of its rows, and what `configspec rank` has to say of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from configspec.records.left_out import LeftOutList
from configspec.records.row import Row
from configspec.reporting.agreement_section import agreement_section
from configspec.reporting.asked_section import asked_section
from configspec.reporting.category_section import category_sections, differences_section
from configspec.reporting.document import Document, Section
from configspec.reporting.launch_section import Launch, launch_section, launches
from configspec.reporting.left_out_section import left_out_section
from configspec.reporting.plausibility import flagged, implausible
from configspec.reporting.plausibility_section import SHOWN, plausibility_section
from configspec.reporting.positions import Positions
from configspec.reporting.prediction_section import (
    PredictionReport,
    prediction_reports,
    prediction_section,
    prediction_verdicts,
)
from configspec.reporting.profile_cells import family_profiles
from configspec.reporting.profile_section import profile_section
from configspec.reporting.prompting_section import prompting_section
from configspec.reporting.ranking_baselines import NOBODY_TIMED, Alone, alone_of
from configspec.reporting.rankings_section import ranking_sections
from configspec.reporting.report.to_run import ToRun, to_run, to_run_section
from configspec.reporting.rows_to_rank import ranked_row, rows_to_rank
from configspec.reporting.verification_section import verification_section
from configspec.selection.by_category import CategoryRanking, rank_by_category
from configspec.selection.candidates import groups_of
from configspec.selection.query import Query
from configspec.selection.ranking import DEFAULT_RULES, Ranking, RankingRules
from configspec.targets.server.llama_server_flags import Spelling
from configspec.theory.plausibility.rule import Finding
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


def ranking_document(
    rankings: Sequence[Ranking],
    top: int,
    decoded: Sequence[PredictionReport] = (),
    left_out: LeftOutList | None = None,
    launch: Section | None = None,
    profiles: Section | None = None,
    alone: Alone = NOBODY_TIMED,
    doubts: Section | None = None,
) -> Document:
    """A section for each device and family; around them, one for whatever else is given: doubts come first."""
    return _document(
        doubts,
        profiles,
        *ranking_sections(rankings, top, alone),
        prediction_section(decoded),
        launch,
        left_out_section(left_out),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run says at its end: what to run, and all else."""

    to_run: tuple[ToRun, ...]
    behind: Document
    proved: tuple[str, ...] = ()  # how far off the predictions were, a line for each device and family

    @property
    def whole(self) -> Document:
        """The recommendation, before all that it rests on."""
        return Document(sections=(to_run_section(self.to_run), *self.behind.sections))


def run_report(
    rows: Sequence[Row],
    top: int,
    installed: Spelling | None = None,
    beside: Path | None = None,
    *,
    allow_throttled: bool = False,
) -> RunReport:
    """What to run; what was measured, the rankings of all rows, how to serve the best, what was verified and predicted.

    Args:
        rows: At least one.
        top: Configurations of each ranking.
        installed: How the llama-server of this host is told what to draft, if there is one.
        beside: The journal or results file that side files are beside; without it, acceptance by position is not shown.
        allow_throttled: Whether what was measured while a device throttled is ranked too.

    """
    rules = replace(DEFAULT_RULES, top=top, allow_throttled=allow_throttled)
    found = _ranked(rows, rules, Positions(beside))
    behind = _document(
        plausibility_section(found.doubts, SHOWN),
        found.profiles,
        Section(heading="rankings", blocks=ranking_sections(found.rankings, top, found.alone)),
        asked_section(rows),
        prompting_section(rows),
        found.categories,
        verification_section(rows),
        agreement_section(rows),
        prediction_section(found.predictions),
        launch_section(found.launches, installed),
    )
    return RunReport(
        to_run=tuple(to_run(group, found.alone) for group in groups_of(found.rankings)),
        behind=behind,
        proved=prediction_verdicts(found.predictions),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranked:
    """What is said of all rows together."""

    doubts: tuple[Finding, ...]
    profiles: Section
    rankings: tuple[Ranking, ...]
    alone: Alone
    categories: Section | None
    predictions: tuple[PredictionReport, ...]
    launches: tuple[Launch, ...]


def _ranked(rows: Sequence[Row], rules: RankingRules, positions: Positions) -> _Ranked:
    """Each row is read once for all of it. What was ranked is let go: thousands of rows are not kept."""
    kept = list(map(ranked_row(), rows))
    doubts = implausible(kept)
    kept = flagged(kept, doubts)
    query = Query(rules=rules)
    measured = rows_to_rank(kept)
    rankings = query.answer(measured)
    families = family_profiles(kept, query)
    return _Ranked(
        doubts=doubts,
        profiles=profile_section(families, positions),
        rankings=rankings,
        alone=alone_of(families),
        categories=_categories(measured),
        predictions=prediction_reports(kept),
        launches=launches(rankings, ((row.id, row.parts) for row in kept)),
    )


def category_document(
    rankings: Sequence[CategoryRanking],
    top: int,
    silent: int,
    left_out: LeftOutList | None = None,
    doubts: Section | None = None,
) -> Document:
    """A section for each device and family, its rankings by category; `silent` configurations name no category.

    What is hardly plausible comes first, what was left out last, where they are given.
    """
    return _document(doubts, *category_sections(rankings, top, silent), left_out_section(left_out))


def _categories(measured: Sequence[tuple[Configuration, Serving]]) -> Section | None:
    """A warning where no configuration serves all categories well; where there is one category, there is none."""
    if len({name for one, _ in measured for name, _ in one.acceptance.categories}) < 2:
        return None
    return differences_section(rank_by_category(measured, Query())[0])


def _document(*sections: Section | None) -> Document:
    return Document(sections=tuple(section for section in sections if section is not None))
