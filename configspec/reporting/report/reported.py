"""All that a report is of, as one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configspec.records.left_out import LeftOutList
from configspec.records.row import Row
from configspec.reporting.pictures.material import Material
from configspec.theory.plausibility.rule import Finding


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What was measured, ranked, judged and followed.

    Attributes:
        title: What heads the page: the file's name.
        source: What the page was made of: the file, its hash, when it was measured, a line each.
        command: The command line that made the page.
        rows: Every row of the file that is asked for, the last of each configuration.
        material: What is drawn, and what sentences are made of.
        findings: What of the rows is hardly plausible.
        left_out: What of the file was not taken; None: nobody looked.
        failed: Why the file could not be read or ranked, where that is so; all else is empty then.
    """

    title: str
    source: tuple[str, ...]
    command: str
    rows: Sequence[Row] = ()
    material: Material
    findings: tuple[Finding, ...] = ()
    left_out: LeftOutList | None = None
    failed: str | None = None
