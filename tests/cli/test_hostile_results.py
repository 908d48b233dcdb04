"""A results file whose names would like to be markup, escape sequences or lines: shown safely wherever it is shown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from damage import FORBIDDEN_SIGNS
from example_rows import BOARD, DRAFT, whole_row
from made_runs import write_run

from configspec.cli import main
from configspec.records.bounds import NAME_LETTERS

NAMES = (
    "</script><script>alert(1)</script>",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "a\u202eb\u2066c\u200f",
    "<img src=x onerror=alert(1)>",
    "| [link](javascript:alert(1)) `code`",
    "line\n::error::forged",
    "'\"&amp;",
    "w" * NAME_LETTERS,
)
TAGS = ("<img", "<script>alert", "<b>")


def hostile_results(path: Path, name: str) -> Path:
    """Every name that a row has of its own is hostile, and so is what its board and its draft call themselves."""
    board, draft = replace(BOARD, board=name, cpu_model=name), replace(DRAFT, description=name)
    rows = [
        replace(row, device=name, family=name, draft=name, quant=name)
        for row in (whole_row(k, board=board, draft=draft) for k in (1, 2, 4))
    ]
    return write_run(path, 1, rows=rows, commit=name)


def checked(text: str) -> None:
    """Nothing that a terminal obeys, no mark that turns letters around."""
    assert not FORBIDDEN_SIGNS.search(text)
    assert "\n::error::" not in text


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_text(tmp_path, capsys, name):
    """One script, the page's own; what was compared and followed is text too."""
    results, out = hostile_results(tmp_path / "r.json", name), tmp_path / "report.html"
    base = hostile_results(tmp_path / "b.json", name)
    assert main(["report", str(results), "--baseline", str(base), "--history", str(base), "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    checked(text)
    assert text.count("<script") == 1
    assert not [tag for tag in TAGS if tag in text]
    shown = capsys.readouterr()
    checked(shown.out + shown.err)


@pytest.mark.parametrize("form", ["table", "markdown"])
@pytest.mark.parametrize("name", NAMES)
def test_the_terminal_and_markdown_are_text(tmp_path, capsys, name, form):
    """No tag and no link in Markdown, no line that a runner obeys, no sequence that a terminal does."""
    results = hostile_results(tmp_path / "r.json", name)
    assert main(["rank", str(results), "--format", form]) == 0
    shown = capsys.readouterr()
    checked(shown.out + shown.err)
    if form == "markdown":
        assert not [tag for tag in TAGS if tag in shown.out]
        assert not re.search(r"(?<!\\)\]\(javascript", shown.out)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_text_and_their_files_are_in_their_folder(tmp_path, capsys, name):
    """A file's name has nothing of a hostile one but letters and digits."""
    results, folder = hostile_results(tmp_path / "r.json", name), tmp_path / "pictures"
    assert main(["plot", "k-curve", str(results), "-o", f"{folder}/"]) == 0
    files = list(folder.iterdir())
    assert files
    for path in files:
        checked(path.name + path.read_text(encoding="utf-8"))
    shown = capsys.readouterr()
    checked(shown.out + shown.err)


def test_a_name_of_300_letters_is_refused_and_the_page_says_so(tmp_path, capsys):
    """With how long a name may be; the page of the night before does not stay."""
    results, out = hostile_results(tmp_path / "r.json", "name"), tmp_path / "report.html"
    long, count = re.subn('"quant": ?"name"', f'"quant": "{"n" * 300}"', results.read_text(encoding="utf-8"))
    assert count
    results.write_text(long, encoding="utf-8")
    assert main(["report", str(results), "-o", str(out)]) == 2
    assert f"a name has 1 to {NAME_LETTERS} letters" in capsys.readouterr().err
    assert f"a name has 1 to {NAME_LETTERS} letters" in out.read_text(encoding="utf-8")
