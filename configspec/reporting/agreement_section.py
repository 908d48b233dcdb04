"""Where devices disagree with the host about a draft, in a line each."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.records.acceptance import AgreementCheck
from configspec.records.row import Row
from configspec.reporting.document import Paragraph, Section
from configspec.theory.ids import Cell

HEADING = "acceptance on the devices"


def agreement_section(rows: Sequence[Row]) -> Section | None:
    """One line a cell whose arg-max differs somewhere; None where none does."""
    differing: dict[Cell, AgreementCheck] = {}
    for row in rows:
        check = row.acceptance.check
        if check is not None and check.differ:
            differing[row.cell] = check
    if not differing:
        return None
    return Section(heading=HEADING, blocks=tuple(Paragraph(text=_line(*one)) for one in differing.items()))


def _line(cell: Cell, check: AgreementCheck) -> str:
    gap = "" if check.largest_gap is None else f", with up to {check.largest_gap:.3g} logits between the best two"
    exceed = "exceeds" if check.beyond_ties == 1 else "exceed"
    verdict = f"{check.beyond_ties} {exceed} rounding" if check.beyond_ties else "all within rounding"
    return f"{cell}: {check.differ} of {check.positions} positions differ from this host's{gap}: {verdict}"
