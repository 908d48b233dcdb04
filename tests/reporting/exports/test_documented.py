"""docs/exports.md says what is exported, and in which forms."""

from __future__ import annotations

import re
from pathlib import Path

from configspec.reporting.exports import rows_to_export
from configspec.reporting.exports.columns import COLUMNS
from configspec.reporting.exports.registry import EXPORTS
from configspec.reporting.exports.series import Metric
from configspec.theory.objectives.registry import OBJECTIVES

PAGE = (Path(__file__).parents[3] / "docs" / "exports.md").read_text(encoding="utf-8")
METRICS = [one for one in vars(rows_to_export).values() if isinstance(one, Metric)]


def rows(header: str) -> list[list[str]]:
    """The cells of the table that begins with this line."""
    table = PAGE.split(f"\n{header}\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_every_form_is_documented():
    """In the order of the tuple."""
    assert [row[0] for row in rows("| `--format` | read by | what is written |")] == [
        f"`{one.name}`" for one in EXPORTS
    ]


def test_every_column_is_documented_in_its_own_words():
    """Where this fails, put what it expects into docs/exports.md."""
    expected = [[f"`{column.name}`", column.meaning] for column in COLUMNS]
    assert rows("| column | what |") == expected


def test_every_metric_is_documented():
    """With its unit and which way is better."""
    assert len(METRICS) >= 6
    first, *others = rows("| metric | unit | better | what |")
    assert [row[:3] for row in others] == [[f"`{one.name}`", f"`{one.unit}`", one.better] for one in METRICS]
    for one in OBJECTIVES:
        assert f"`{one.name}`" in first[0]
        assert f"`{one.unit}`" in first[1]


def test_no_metric_has_an_objectives_name():
    """A series is known by it."""
    names = [*(one.name for one in METRICS), *(one.name for one in OBJECTIVES)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
