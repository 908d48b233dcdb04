"""`configspec rank` begins with what was measured, and its JSON says all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from configspec.cli import main

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "fixtures" / "recordings" / "records" / "version-2.json"
PAGE = (ROOT / "docs" / "record.md").read_text(encoding="utf-8")


def said(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    assert main(["rank", str(RECORDED), *flags]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(("flags", "first"), [((), "profiles"), (("--format", "markdown"), "## profiles")])
def test_it_begins_with_the_profiles(capsys, flags, first):
    """And the rankings follow."""
    text = said(capsys, *flags)
    assert text.splitlines()[0] == first
    assert text.index("drafting speed") < text.index("tiny-llama: verification" if not flags else "goodput, tokens/s")


def test_the_json_has_every_cell_and_every_k(capsys):
    """With the acceptance by position of each cell whose side file is beside the file."""
    document = json.loads(said(capsys, "--format", "json"))
    local = [one for one in document["profiles"] if one["device"] == "local"]
    assert [[each["k"] for each in one["acceptance"]] for one in local] == [[1, 2, 3]] * 4
    assert all(len(one["by_position"]["shares"]) == 3 for one in local)
    (paper,) = [one for one in document["profiles"] if one["device"] == "paper-rpi5"]
    assert (paper["by_position"], paper["provenance"]) == (None, "derived")
    assert paper["by_position_reason"]


def test_a_family_has_its_target_alone_or_why_not(capsys):
    """Passes of the small target were timed on the host that measured; the paper's never."""
    of = {one["family"]: one for one in json.loads(said(capsys, "--format", "json"))["baselines"]}
    assert of["tiny-llama"]["target_alone"]["provenance"] == "derived"
    assert of["tiny-llama"]["target_alone"]["k"] == 1
    assert of["llama-3.1-70b"]["target_alone"] is None
    assert of["llama-3.1-70b"]["target_alone_reason"]


def test_devices_and_k_that_are_asked_for_are_shown(capsys):
    """And no others."""
    flags = ("--format", "json", "--device", "local", "--k", "2")
    document = json.loads(said(capsys, *flags))
    assert {one["device"] for one in document["profiles"]} == {"local"}
    assert {each["k"] for one in document["profiles"] for each in one["acceptance"]} == {2}
    assert [one["family"] for one in document["baselines"]] == ["tiny-llama"]


def names(value: object) -> Iterator[str]:
    """Every key of a JSON document, but for names of settings."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            if key != "settings":
                yield from names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names(inner)


def test_every_key_is_documented(capsys):
    """In the table of docs/record.md on the rankings' JSON."""
    section = PAGE.partition("## Rankings as JSON")[2].partition("\n## ")[0]
    document = json.loads(said(capsys, "--format", "json"))
    documented = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", section))))
    told_elsewhere = {"value", "low", "high", "confidence", "n"}  # of an estimate
    found = set(names([document["profiles"], document["baselines"]])) | {"profiles", "baselines"}
    assert sorted(found - documented - told_elsewhere) == []
