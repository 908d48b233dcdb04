"""The table of docs/plausibility.md is that of the rules, and its JSON is what is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

from weighed import profile_results

from configspec.cli import main
from configspec.theory.plausibility.registry import RULES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plausibility.md").read_text(encoding="utf-8")


def test_the_table_has_every_warning_once():
    """In the order of the rules."""
    _, rules, _ = re.split(r"^## ", PAGE, flags=re.MULTILINE)[:3]
    assert re.findall(r"^\| `(\w+)` \|", rules, re.MULTILINE) == [code for rule in RULES for code in rule.codes]


def test_every_key_of_the_json_is_described(tmp_path, capsys):
    """Of what `plausibility` holds."""
    path = profile_results(ROOT / "fixtures" / "profiles" / "pi5-two-sources.json", tmp_path / "results.json")
    main(["rank", str(path), "--format", "json"])
    found = json.loads(capsys.readouterr().out)["plausibility"]
    keys = {*found[0], *found[0]["cells"][0]}
    assert [key for key in sorted(keys) if f"`{key}`" not in PAGE] == []
