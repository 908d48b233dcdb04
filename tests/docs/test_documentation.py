"""What the documentation shows is what the program does."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from example_rows import replayed_row
from pydantic import JsonValue

from configspec.cli import parser
from configspec.pytest_plugin.options import OPTIONS
from configspec.pytest_plugin.summary import TOP
from configspec.records.profile_file import read_profile
from configspec.reporting.prediction_section import COLUMNS
from configspec.reporting.run_document import ranking_document, run_report
from configspec.reporting.short_run import ShortRun
from configspec.reporting.terminal import as_text
from configspec.selection.query import Query
from configspec.testbed.problems import check

ROOT = Path(__file__).parents[2]
FILES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/boards").glob("*.md")),
]
SHOWN_BY = "the same pytest command with -v --resume last; most of it: configspec rank FILE"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in FILES}


def test_the_rankings_in_the_readme_are_what_is_printed():
    """The Pi 5 with the Llama target. Where this fails, put the text that it expects into README.md."""
    profile = read_profile(ROOT / "fixtures" / "profiles" / "configspec-paper.json")
    measured = [
        (one, profile.serving[one.family])
        for one in profile.configurations("rpi5", as_name="paper-rpi5")
        if one.family == "llama-3.1-70b"
    ]
    shown = re.search(r"<!-- example: rankings -->\n```text\n(.*?)```", PAGES["README.md"], re.DOTALL)
    assert shown
    assert shown[1] == as_text(ranking_document(Query().answer(measured), top=3))


def test_the_end_of_a_run_in_the_readme_is_what_is_printed():
    """The Pi 5 with both targets. Where this fails, put the text that it expects into README.md."""
    profile = read_profile(ROOT / "fixtures" / "profiles" / "configspec-paper.json")
    measured = profile.configurations("rpi5", as_name="paper-rpi5")
    rows = [replayed_row(one, profile.serving[one.family]) for one in measured]
    lines = ShortRun(run_report(rows, TOP), 80, SHOWN_BY).lines(36)
    shown = re.search(r"<!-- example: what to run -->\n```text\n(.*?)```", PAGES["README.md"], re.DOTALL)
    assert shown
    assert shown[1] == "".join(f"{line.text}\n" for line in lines)


def test_the_table_of_predictions_has_the_programs_columns():
    """In docs/end-to-end.md; its figures are of a run."""
    header = next(line for line in PAGES["end-to-end.md"].splitlines() if line.startswith("draft  quant"))
    assert re.split(r"\s{2,}", header) == [column.title for column in COLUMNS]


@pytest.mark.real
def test_the_plugins_example_runs(pytester: pytest.Pytester):
    """The test that docs/plugin.md shows, on a replayed board of the paper."""
    example = re.search(r"```python\n(.*?)```", PAGES["plugin.md"], re.DOTALL)
    assert example
    pytester.makepyfile(test_example=example[1])
    profile = ROOT / "fixtures" / "profiles" / "configspec-paper.json"
    pytester.makefile(".yaml", devices=f"devices: {{orin: {{replay: {{profile: '{profile}', device: jetson}}}}}}")
    result = pytester.runpytest_subprocess("--device", "orin", "--draft", "1b-inst")
    result.assert_outcomes(passed=4)


def commands(top: argparse.ArgumentParser, name: str = "configspec") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, child in action.choices.items():
                yield from commands(child, f"{name} {word}")
            return
    yield name, top


def test_every_command_is_documented():
    """Each by its full name, somewhere in the README or docs/."""
    text = " ".join(" ".join(PAGES.values()).split())
    missing = [name for name, _ in commands(parser()) if name not in text]
    assert not missing


def test_every_option_of_the_plugin_is_documented():
    """In docs/plugin.md, each by its short name and its ini value."""
    flags = [one.short for one in OPTIONS]
    assert {"--device", "--k"} <= set(flags)
    missing = [
        name for name in (*flags, *(one.key for one in OPTIONS if one.ini)) if f"`{name}" not in PAGES["plugin.md"]
    ]
    assert not missing


def inventories() -> Iterator[tuple[str, dict[str, JsonValue]]]:
    """The YAML blocks of docs/, each document of theirs; a page's blocks may show a part of a file only."""
    for name, text in PAGES.items():
        for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
            lone = all(line.startswith("target: ") for line in block.splitlines())
            for part in block.splitlines() if lone else [block]:
                yield name, yaml.safe_load(part)


def test_the_inventories_that_are_shown_are_inventories():
    """Each YAML block is what the schema takes, with the parts around it that it leaves out."""
    shown = list(inventories())
    assert len(shown) >= 5
    device: dict[str, JsonValue] = {"devices": {"here": {"connection": "local"}}}
    family: dict[str, JsonValue] = {"target": {"transformers": "target"}, "drafts": {"s": "s"}, "quants": ["Q8_0"]}
    for page, document in shown:
        if "target" in document:
            document = {"families": {"shown": family | document}}
        _, problems = check(device | document, ROOT)
        # The models that a page names are nobody's.
        assert not [one for one in problems if not re.search("there is no (file|folder)", one)], page
