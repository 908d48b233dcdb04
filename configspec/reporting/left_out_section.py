"""What was not taken of the file, at the end of a ranking."""

from __future__ import annotations

from configspec.records.left_out import LeftOutList
from configspec.reporting.document import Notes, Section


def left_out_section(left_out: LeftOutList | None) -> Section | None:
    """The first entries that were left out, each with why; None where there is none."""
    if left_out is None or not left_out.count:
        return None
    return Section(heading="left out", summary=left_out.counted, blocks=(Notes(lines=tuple(left_out.lines())),))
