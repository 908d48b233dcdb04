"""Every fenced block of the documentation is of a kind that some test holds against the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from configspec.histories.aliases_file import read_aliases
from configspec.histories.changes_file import read_changes
from configspec.histories.floors_file import read_floors

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(?P<before>[^\n]*)\n{1,2}^ *```(?P<kind>[^\n`]+)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    (str(page.relative_to(ROOT)), found)
    for page in PAGES
    if page.name != "command-line.md"  # is made by the site's build
    for found in BLOCK.finditer(page.read_text(encoding="utf-8"))
]
# What is tested by its place: each block of the kind in that page.
TESTED = {
    ("python", "docs/plugin.md"): "tests/docs/test_documentation.py",
    ("python", "docs/assertions.md"): "tests/pytest_plugin/test_results_fixture.py",
    ("pycon", "docs/api.md"): "tests/docs/test_api_documentation.py",
}
# What is tested by the mark above it, or by what it is.
MARKS = {
    "python": ("<!-- run", "<!-- file: "),
    "sh": ("<!-- shell: ",),
    "toml": ("<!-- toml: ",),
    "yaml": ("",),  # each is read as a part of devices.yaml: tests/docs/test_documentation.py
    "text": ("",),  # what is printed, or a figure; with `run` or `example` above it, compared
    "{toctree}": ("",),
    "{eval-rst}": ("",),
}
READERS = {"floors": read_floors, "accepted": read_changes, "aliases": read_aliases}


@pytest.mark.parametrize(("page", "block"), BLOCKS, ids=[f"{page}-{one['kind']}" for page, one in BLOCKS])
def test_a_block_is_tested(page: str, block: re.Match[str]):
    """By its mark, or by its place; a kind that is not known here is an error."""
    if (block["kind"], page) not in TESTED:
        assert block["before"].lstrip().startswith(MARKS[block["kind"]]), block[0]


def test_what_tests_a_page_exists():
    """No entry outlives its blocks or its test."""
    shown = {(one["kind"], page) for page, one in BLOCKS}
    assert set(TESTED) <= shown
    assert [path for path in TESTED.values() if not (ROOT / path.split(",")[0]).is_file()] == []


@pytest.mark.parametrize("block", [one for _, one in BLOCKS if one["kind"] == "toml"], ids=lambda one: one["before"])
def test_a_table_that_is_shown_is_read(tmp_path: Path, block: re.Match[str]):
    """By the reader that the mark names, every entry."""
    kind = re.fullmatch(r" *<!-- toml: (\w+) -->", block["before"])
    assert kind
    path = tmp_path / "shown.toml"
    path.write_text(block["text"], encoding="utf-8")
    assert len(READERS[kind[1]](path)) == block["text"].count("[[")
