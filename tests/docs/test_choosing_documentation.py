"""What docs/choosing.md shows is what the four commands write; what they print is `test_shown_runs.py`'s."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from weighed import paper_results

from configspec.cli import main
from configspec.cli.choose import limit_flags
from configspec.selection.axes import DIMENSIONS
from configspec.theory.objectives.registry import OBJECTIVES

PAGE = (Path(__file__).parents[2] / "docs" / "choosing.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def in_a_folder_with_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`results.json` is the paper's profile."""
    paper_results(tmp_path / "results.json")
    monkeypatch.chdir(tmp_path)


def keys(value: object) -> Iterator[str]:
    """Every key of a JSON document, but the names that data has."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("unavailable", "not_ranked", "settings", "serving", "left_out", "shared"):
                yield from keys(inner)
            yield key
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


@pytest.mark.parametrize(
    "line",
    [
        "choose results.json --one-for-all k --min-goodput 1",
        "choose results.json --min-goodput 1000",
        "conflicts results.json",
        "map results.json --over verify_s=0.01..2 --over rtt_ms=0..300",
        "explain results.json --device rpi5 --draft 1b-inst --k 6",
    ],
)
def test_every_key_of_the_json_is_described(line, capsys):
    """By its name."""
    main([*line.split(), "--format", "json"])
    found = set(keys(json.loads(capsys.readouterr().out)))
    assert len(found) > 10
    assert [key for key in sorted(found) if f"`{key}`" not in PAGE] == []


def test_every_axis_is_described():
    """In the order in which they come on top of each other."""
    (table,) = re.findall(r"^\| axis \| what \|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert re.findall(r"`(\w+)`", table) == [one.name for one in DIMENSIONS]


def test_the_limits_that_are_named_exist():
    """Each flag of the page that begins with min or max."""
    flags = {flag for one in OBJECTIVES for flag in limit_flags(one)} | {"--max-usd-per-million"}
    assert set(re.findall(r"--(?:min|max)-[a-z-]+", PAGE)) - flags == set()
