"""`configspec rank --by category`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import raw_row, whole_row

from configspec.cli import main
from configspec.records.asked_prompts import AskedPrompts
from configspec.records.row import Row
from configspec.theory.figures import Estimate

CATEGORIES = (("code", 12), ("prose", 12))


def row(draft: str, k: int, code: int, prose: int) -> Row:
    """24 prompts of 10 rounds, half of them code; `code` and `prose` of K drafted tokens are accepted in each."""
    plain = whole_row(k)
    by_prompt = ((10, 10 * code),) * 12 + ((10, 10 * prose),) * 12
    accepted, drafted = 120 * (code + prose), 240 * k
    rate = Estimate(value=accepted / drafted, low=0.0, high=1.0, confidence=0.95, n=24)
    acceptance = replace(
        plain.acceptance,
        rate=rate,
        rounds=240,
        drafted=drafted,
        accepted=accepted,
        by_prompt=by_prompt,
        asked=AskedPrompts(shape="prompts", in_file=24, categories=CATEGORIES),
    )
    return replace(plain, draft=draft, acceptance=acceptance)


def results(folder: Path, *rows: Row) -> Path:
    path = folder / "results.json"
    path.write_text(json.dumps({"benchmarks": [raw_row(one) for one in rows]}), encoding="utf-8")
    return path


@pytest.fixture
def both_ways(tmp_path: Path) -> Path:
    return results(tmp_path, row("coder", 4, code=4, prose=1), row("writer", 4, code=1, prose=4))


def test_json_holds_each_category_with_its_acceptance(both_ways, capsys):
    """And where they differ in the best."""
    assert main(["rank", str(both_ways), "--by", "category", "--objective", "goodput", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["by"] == "category"
    assert document["without_categories"] == 0
    best = {one["category"]: one["choices"][0] for one in document["rankings"]}
    assert {name: (one["draft"], one["acceptance"]["rate"]) for name, one in best.items()} == {
        "code": ("coder", 1.0),
        "prose": ("writer", 1.0),
    }
    assert all(one["prompts"] == 12 for one in document["rankings"])
    (difference,) = document["differences"]
    assert [(one["category"], one["draft"]) for one in difference["best"]] == [("code", "coder"), ("prose", "writer")]
    assert difference["good_in_all"] == []


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_people_see_the_categories_side_by_side(both_ways, capsys, form):
    """With a warning where the best differs."""
    assert main(["rank", str(both_ways), "--by", "category", "--format", form, "--top", "1"]) == 0
    text = capsys.readouterr().out.replace("\\", "")
    lines = [line.replace("|", " ").split() for line in text.splitlines()]
    assert [(line[0], line[3]) for line in lines if line[:1] in (["code"], ["prose"])][:2] == [
        ("code", "coder"),
        ("prose", "writer"),
    ]
    assert (
        "the best by goodput differs between categories: coder Q8_0 K=4 for code; writer Q8_0 K=4 for prose; none is "
        "the best, or tied with it, in all of them"
    ) in text


def test_rows_without_categories_are_counted(tmp_path, capsys):
    """Where others have them; where none has, that is the error."""
    plain = row("coder", 4, code=4, prose=1)
    silent = replace(plain, k=4, draft="old", acceptance=replace(plain.acceptance, asked=None))
    path = results(tmp_path, plain, silent)
    assert main(["rank", str(path), "--by", "category"]) == 0
    text = capsys.readouterr().out
    assert "energy of the device, J/token (lower is better)\n  not available: no meter" in text
    assert "1 configuration does not say which categories the prompts are of" in text
    assert main(["rank", str(results(tmp_path, silent)), "--by", "category"]) == 2
    assert "no row says which categories its prompts are of" in capsys.readouterr().err


def test_what_is_asked_for_is_a_category(both_ways, capsys):
    """Nothing else is known to rank by."""
    with pytest.raises(SystemExit):
        main(["rank", str(both_ways), "--by", "draft"])
    assert "category" in capsys.readouterr().err
