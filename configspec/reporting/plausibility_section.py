"""What is hardly plausible of figures, said: as lines, as a section and as JSON, each finding once with its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from configspec.reporting.document import Notes, Section
from configspec.reporting.flag_words import flag_words
from configspec.theory.plausibility.rule import Finding

HEADING = "plausibility"
SHOWN = 10  # findings in a message, and in a section for a terminal


def counted(found: Sequence[Finding]) -> str:
    """How many, as a message says it."""
    return "1 warning of plausibility" if len(found) == 1 else f"{len(found)} warnings of plausibility"


def finding_lines(found: Sequence[Finding], most: int | None = None) -> Iterator[str]:
    """A line for each of the first `most`, then how many more there are; None: all."""
    shown = found[:most]
    for one in shown:
        yield f"{_where(one)}: {flag_words(one.flag)} ({one.flag.code})"
    if len(found) > len(shown):
        yield f"and {len(found) - len(shown)} more"


def plausibility_section(found: Sequence[Finding], most: int | None = None) -> Section | None:
    """The warnings with their cells; None where there is none."""
    if not found:
        return None
    lines = tuple(finding_lines(found, most))
    return Section(
        heading=HEADING,
        summary=f"{counted(found)}: look at them before using the figures",
        blocks=(Notes(lines=lines),),
    )


def findings_json(found: Sequence[Finding]) -> list[dict[str, object]]:
    """All of them, as a program wants them: `docs/plausibility.md` has the keys."""
    return [
        {
            "code": one.flag.code,
            "numbers": dict(one.flag.numbers),
            "device": one.device,
            "cells": [
                {
                    "family": cell.family,
                    "draft": cell.drafter.draft,
                    "quant": cell.drafter.quant,
                    "settings": dict(cell.settings),
                }
                for cell in one.cells
            ],
            "k": list(one.ks) or None,
            "words": flag_words(one.flag),
        }
        for one in found
    ]


def _where(one: Finding) -> str:
    cells = " and ".join(f"{cell.family} {cell.drafter_words}" for cell in one.cells)
    ks = f" K={','.join(map(str, one.ks))}" if one.ks else ""
    return f"{one.device}: {cells}{ks}"
