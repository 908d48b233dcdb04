"""`configspec rank --by category`: the rankings of each category of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.output import say_document, say_pieces, say_text
from configspec.errors import UsageError

if TYPE_CHECKING:
    from configspec.records.left_out import LeftOutList
    from configspec.reporting.rows_to_rank import RankedRow
    from configspec.selection.query import Query
    from configspec.theory.plausibility.rule import Finding


def say_by_category(
    rows: Sequence[RankedRow],
    query: Query,
    left_out: LeftOutList,
    doubts: Sequence[Finding],
    *,
    file: Path,
    form: str,
    top: int | None,
) -> None:
    """Print them in the form that is asked for, with the first `top` choices of each; None prints all.

    `doubts` come first: what is hardly plausible of the rows.

    Raises:
        UsageError: No row says which categories its prompts are of.
    """
    from configspec.reporting.category_json import as_json_by_category
    from configspec.reporting.json_text import json_pieces
    from configspec.reporting.plausibility_section import SHOWN, findings_json, plausibility_section
    from configspec.reporting.rows_to_rank import rows_to_rank
    from configspec.reporting.run_document import category_document
    from configspec.selection.by_category import rank_by_category

    rankings, silent = rank_by_category(rows_to_rank(rows), query)
    if not rankings:
        raise UsageError(
            f"{file}: no row says which categories its prompts are of: each is of recorded figures, or was measured "
            "before rows said it. Measure again, or rank without --by."
        )
    if form == "json":
        serving = query.serving(rows[0].serving)
        document = as_json_by_category(rankings, serving, top=top, silent=silent)
        more = {"left_out": left_out.as_json(), "plausibility": findings_json(doubts)}
        say_pieces(json_pieces({**document, **more}))
        return
    from configspec.reporting.markdown import as_markdown

    as_table = form == "table"
    section = plausibility_section(doubts, SHOWN if as_table else None)
    words = category_document(rankings, top or len(rows), silent, None if as_table else left_out, section)
    if as_table:
        say_document(words)
    else:
        say_text(as_markdown(words))
