"""`configspec report`: one page, whatever the file holds, and an exit code that says whether something was ranked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made_runs import made_rows, slowed, write_run
from weighed import paper_results

from configspec.cli import main


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The paper's profile as a results file."""
    return paper_results(tmp_path / "results.json")


def test_a_page_is_written(results, tmp_path, capsys):
    """With the hash of the file that it is of, and the command that made it."""
    out = tmp_path / "report.html"
    assert main(["report", str(results), "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "SHA-256" in text
    assert "made by: " in text
    assert f"{out}: 36 rows" in capsys.readouterr().out


def test_assumptions_and_filters_are_those_of_rank(results, tmp_path):
    """Another latency, one device, one objective."""
    out = tmp_path / "report.html"
    flags = ["--device", "rpi5", "--objective", "goodput", "--verify-s", "0.2"]
    assert main(["report", str(results), *flags, "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "verification 0.2 s per round" in text
    assert "rpi4b" not in text
    assert "J/token" not in text


def test_a_baseline_is_judged(tmp_path):
    """States with their counts, the command's own reasons, and which runs were compared."""
    base = write_run(tmp_path / "base.json", 1)
    new = write_run(tmp_path / "new.json", 2, rows=[slowed(row, 1.5) for row in made_rows()])
    out = tmp_path / "report.html"
    assert main(["report", str(new), "--baseline", str(base), "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "REGRESSED" in text
    assert "base: " in text
    assert "Nothing was compared" not in text


def test_a_baseline_that_does_not_compare_is_told_on_the_page(results, tmp_path, capsys):
    """The rest of the page is worth having."""
    base = write_run(tmp_path / "base.json", 1)
    out = tmp_path / "report.html"
    assert main(["report", str(results), "--baseline", str(base), "-o", str(out)]) == 0
    assert "Nothing was compared: " in out.read_text(encoding="utf-8")
    assert capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", "[]", '{"benchmarks": []}', "\x00\x01"])
def test_a_file_that_cannot_be_read_gives_a_page_with_the_reason(tmp_path, content, capsys):
    """And ends with 2: the page of a night that failed is not that of the night before."""
    bad, out = tmp_path / "bad.json", tmp_path / "report.html"
    bad.write_text(content, encoding="utf-8")
    out.write_text("the night before")
    assert main(["report", str(bad), "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert "bad.json" in told
    assert "No report" in out.read_text(encoding="utf-8")


def test_a_question_that_cannot_be_is_no_page(results, tmp_path, capsys):
    """A mistyped device is the person's to mend, and the page of before stays."""
    out = tmp_path / "report.html"
    assert main(["report", str(results), "--device", "pi9", "-o", str(out)]) == 2
    assert "pi9" in capsys.readouterr().err
    assert not out.exists()


def test_rows_of_which_none_can_be_ranked_end_with_1(tmp_path):
    """All were measured while the device throttled; the page says so."""
    from configspec.theory.flags import flag

    hot = flag("throttled", what="soc", events=3)
    path = write_run(tmp_path / "hot.json", 1, rows=[replace(row, flags=(hot,)) for row in made_rows()])
    out = tmp_path / "report.html"
    assert main(["report", str(path), "-o", str(out)]) == 1
    assert "the device throttled while it was measured" in out.read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_told(results, tmp_path, capsys):
    """No folder, no page."""
    assert main(["report", str(results), "-o", str(tmp_path / "no" / "report.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err
