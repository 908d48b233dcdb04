"""What a run has to say of its rows, and what `configspec rank` has to say of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from configspec.records.left_out import LeftOutList
from configspec.records.row import Row
from configspec.records.setup import named_parts
from configspec.reporting.agreement_section import agreement_section
from configspec.reporting.asked_section import asked_section
from configspec.reporting.category_section import category_sections, differences_section
from configspec.reporting.document import Document, Section
from configspec.reporting.launch_section import launch_section, launches
from configspec.reporting.left_out_section import left_out_section
from configspec.reporting.prediction_section import PredictionReport, prediction_reports, prediction_section
from configspec.reporting.prompting_section import prompting_section
from configspec.reporting.rankings_section import ranking_sections
from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.reporting.verification_section import verification_section
from configspec.selection.by_category import CategoryRanking, rank_by_category
from configspec.selection.query import Query
from configspec.selection.ranking import DEFAULT_RULES, Ranking
from configspec.targets.server.llama_server_flags import Spelling
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


def ranking_document(
    rankings: Sequence[Ranking],
    top: int,
    decoded: Sequence[PredictionReport] = (),
    left_out: LeftOutList | None = None,
    launch: Section | None = None,
) -> Document:
    """A section for each device and family; one more each for the prediction, and for whatever else is given."""
    return _document(*ranking_sections(rankings, top), prediction_section(decoded), launch, left_out_section(left_out))


def run_document(rows: Sequence[Row], top: int, installed: Spelling | None = None) -> Document:
    """The rankings of all rows, and how to serve the best; the verification, the agreement and the prediction, if any.

    Args:
        rows: At least one.
        top: Configurations of each ranking.
        installed: How the llama-server of this host is told what to draft, if there is one.
    """
    rankings, categories = _ranked(rows, top)
    parts = ((row.id, named_parts(row)) for row in rows)
    return _document(
        Section(heading="rankings", blocks=ranking_sections(rankings, top)),
        asked_section(rows),
        prompting_section(rows),
        categories,
        verification_section(rows),
        agreement_section(rows),
        prediction_section(prediction_reports(rows)),
        launch_section(launches(rankings, parts), installed),
    )


def _ranked(rows: Sequence[Row], top: int) -> tuple[tuple[Ranking, ...], Section | None]:
    """The rankings, and what categories say of them. What was ranked is let go: thousands of rows are not kept."""
    measured = rows_to_rank(rows)
    return Query(rules=replace(DEFAULT_RULES, top=top)).answer(measured), _categories(measured)


def category_document(
    rankings: Sequence[CategoryRanking], top: int, silent: int, left_out: LeftOutList | None = None
) -> Document:
    """A section for each device and family, its rankings by category; `silent` configurations name no category."""
    return _document(*category_sections(rankings, top, silent), left_out_section(left_out))


def _categories(measured: Sequence[tuple[Configuration, Serving]]) -> Section | None:
    """A warning where no configuration serves all categories well; where there is one category, there is none."""
    if len({name for one, _ in measured for name, _ in one.acceptance.categories}) < 2:
        return None
    return differences_section(rank_by_category(measured, Query())[0])


def _document(*sections: Section | None) -> Document:
    return Document(sections=tuple(section for section in sections if section is not None))
