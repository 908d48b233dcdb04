"""Which prompts of each family's set were asked, where they are not all of it and whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from configspec.records.asked_prompts import AskedPrompts
from configspec.records.row import Row
from configspec.reporting.document import Notes, Section


def asked_section(rows: Iterable[Row]) -> Section | None:
    """A line for each thing that is not asked as the file has it; None where all is."""
    lines: dict[str, None] = {}
    for row in rows:
        asked = row.acceptance.asked
        if asked is not None:
            lines.update((f"{row.family}: {words}", None) for words in _words(asked))
            more = 0 if row.refined is None else row.refined.prompts
            if more:
                lines[f"{row.family}, on {row.device}: {more:,} of them behind the sweep's own, by --refine"] = None
    return Section(heading="prompt set", blocks=(Notes(lines=tuple(lines)),)) if lines else None


def _words(asked: AskedPrompts) -> Iterator[str]:
    chosen = asked.prompts + asked.skipped
    if chosen < asked.in_file:
        kinds = len({category for category, _ in asked.categories})
        of_kinds = f", of {kinds} categories" if kinds > 1 else ""
        yield f"{chosen:,} of the {asked.in_file:,} prompts in the file were chosen{of_kinds}"
    if asked.skipped:
        yield f"{asked.skipped:,} of {chosen:,} prompts were too long for the context, and are left out"
    if asked.shortened:
        yield f"{asked.shortened:,} of {chosen:,} prompts were too long for the context, and lack some of their middle"
    if asked.not_taken:
        not_taken = ", ".join(f"{what} ({count:,})" for what, count in asked.not_taken)
        yield f"in the file, and in no prompt: {not_taken}"
