"""What changed: the states with their counts, and what failed, by name; or why nothing was compared."""

from __future__ import annotations

from configspec.histories.judging import Checked
from configspec.reporting.document import Notes, Paragraph, Section
from configspec.reporting.verdicts_document import check_document

ROWS = 60


def changed_sections(checked: Checked | None, not_compared: str) -> tuple[Section, ...]:
    """As `configspec check` says it, and the runs that were compared."""
    if checked is None:
        return (Section(heading="not compared", blocks=(Paragraph(text=f"Nothing was compared: {not_compared}."),)),)
    lines = (f"new: {', '.join(checked.new)}", f"base: {', '.join(checked.base)}")
    runs = Section(heading="runs that were compared", blocks=(Notes(lines=lines),))
    return (*check_document(checked, ROWS).sections, runs)
