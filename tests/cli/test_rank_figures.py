"""Ranking has become fast and careful; its figures are those of a revision that was neither."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from configspec.cli import main

RECORDINGS = Path(__file__).parents[2] / "fixtures" / "recordings"
RANKED = sorted((RECORDINGS / "rankings").glob("*.json"))


def leaves(value: object, at: str = "") -> Iterator[tuple[str, object]]:
    """Every number, text and empty list of a JSON document, by where it is."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{at}.{key}")
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{at}[{place}]")
    else:
        yield at, value


@pytest.mark.parametrize("ranked", RANKED, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", [".json", ".jsonl"])
def test_every_figure_is_as_it_was(ranked: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a results file and of its journal: each value, interval, rank and tie, and no key less."""
    assert main(["rank", str(RECORDINGS / "records" / f"{ranked.stem}{kind}"), "--format", "json"]) == 0
    now = json.loads(capsys.readouterr().out)
    then = dict(leaves(json.loads(ranked.read_text(encoding="utf-8"))))
    found = dict(leaves(now))
    assert then.keys() - found.keys() == set()  # keys may be added
    for where, value in then.items():
        # Another processor may round a sum of products in another way.
        assert found[where] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value), where


def test_there_is_something_to_compare() -> None:
    """Of both versions of the record."""
    assert [path.stem for path in RANKED] == ["version-1", "version-2"]
