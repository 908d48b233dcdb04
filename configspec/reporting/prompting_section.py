"""How each family's prompts became what its target read."""

from __future__ import annotations

from collections.abc import Iterable

from configspec.records.row import Row
from configspec.reporting.document import Notes, Section


def prompting_section(rows: Iterable[Row]) -> Section | None:
    """A line for each way of each family, and how many prompts; None where no row says."""
    lines: dict[str, None] = {}
    for row in rows:
        counted = row.acceptance
        if counted.prompting is not None:
            count = "prompts" if counted.prompts is None else f"{counted.prompts} prompts"
            lines[f"{row.family}: {count} as {counted.prompting.words()}"] = None
    return Section(heading="prompts", blocks=(Notes(lines=tuple(lines)),)) if lines else None
