"""`configspec report`: one page, whatever the file holds, and an exit code that says whether something was ranked."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from made_runs import made_rows, slowed, write_run
from weighed import paper_results

from configspec.cli import main

RECORDS = Path(__file__).parents[2] / "fixtures" / "recordings" / "records"
RANGE = range(1, 15)  # days


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


def test_a_file_of_an_old_version_and_of_two_versions_has_a_page(tmp_path):
    """Rows of the version before are read as ever, beside those of today."""
    old = json.loads((RECORDS / "version-1.json").read_text(encoding="utf-8"))
    new = json.loads(write_run(tmp_path / "new.json", 1).read_text(encoding="utf-8"))
    mixed = tmp_path / "mixed.json"
    mixed.write_text(json.dumps({**new, "benchmarks": [*old["benchmarks"], *new["benchmarks"]]}), encoding="utf-8")
    for path in (RECORDS / "version-1.json", mixed):
        out = tmp_path / "report.html"
        assert main(["report", str(path), "-o", str(out)]) == 0
        text = out.read_text(encoding="utf-8")
        assert "goodput: run " in text
        assert ("orin, pair" in text) == (path == mixed)


def test_one_cell_has_a_page(tmp_path):
    """Of one configuration: it is the only one, and nothing is said of any other."""
    path = write_run(tmp_path / "one.json", 1, rows=made_rows()[:1])
    out = tmp_path / "report.html"
    assert main(["report", str(path), "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "; the only one" in text
    assert "One K was measured" in text


def test_a_history_that_cannot_be_read_is_told_where_it_would_be(results, tmp_path, capsys):
    """The rest of the page is worth having."""
    out = tmp_path / "report.html"
    (tmp_path / "empty").mkdir()
    assert main(["report", str(results), "--history", str(tmp_path / "empty"), "-o", str(out)]) == 0
    assert "No picture of the kind history of the chosen: no run of configspec in " in out.read_text(encoding="utf-8")
    assert "no run of configspec" in capsys.readouterr().err


def test_a_history_is_followed_with_what_was_accepted(tmp_path):
    """A step, its night, the band of noise, and who accepted it."""
    nights = [write_run(tmp_path / "n" / f"{day}.json", day, rows=made_rows(1.0 if day < 8 else 1.3)) for day in RANGE]
    accepted = tmp_path / "accepted.toml"
    accepted.write_text(
        '[[accepted]]\nseries = "*"\nsince = 2026-11-08T00:00:00Z\nreason = "a new <fan>"\nauthor = "a"\n'
    )
    out = tmp_path / "report.html"
    flags = ["--history", str(tmp_path / "n"), "--accepted", str(accepted)]
    assert main(["report", str(nights[-1]), *flags, "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "Steps: 2026-11-07: " in text
    assert "accepted by a: a new &lt;fan&gt;" in text
    assert "The shaded band is where a night falls" in text


def test_a_history_goes_up_to_the_file_itself(tmp_path):
    """Which is a point of it once, also where the store has it already."""
    for day in range(1, 4):
        write_run(tmp_path / "n" / f"{day}.json", day)
    tonight = write_run(tmp_path / "tonight.json", 4)
    for store, nights in ((tmp_path / "n", 4), (tmp_path, 4)):
        out = tmp_path / "report.html"
        assert main(["report", str(tonight), "--history", str(store), "-o", str(out)]) == 0
        found = re.search(r"<h3>goodput over nights.*?<tbody>(.*?)</tbody>", out.read_text(encoding="utf-8"))
        assert found
        assert found[1].count("<tr>") == nights
        assert found[1].count("<td>1<td>") == nights  # runs of a night


def test_a_stream_is_written_to_and_not_replaced(results, tmp_path, capfd):
    """`-o /dev/stdout` passes the page on."""
    assert main(["report", str(results), "-o", "/dev/stdout"]) == 0
    assert "<!DOCTYPE html>" in capfd.readouterr().out
    assert Path("/dev/stdout").is_symlink()
