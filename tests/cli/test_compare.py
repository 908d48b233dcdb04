"""`configspec compare`: runs side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from run_files import board_run

from configspec.cli import main


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    return [board_run(tmp_path / f"{name}.json", times, day=-day) for day, (name, times) in enumerate(NAMES)]


NAMES = (("first", 1.0), ("second", 1.2), ("third", 0.9))


def test_runs_are_shown_in_the_order_they_are_named(runs, capsys):
    """Not in that of time; with what each chose."""
    assert main(["compare", *runs]) == 0
    out = capsys.readouterr().out
    assert out.index("first.json") < out.index("second.json") < out.index("third.json")
    assert "A's choice costs" in out
    assert "C / A" in out


def test_the_chart_has_a_bar_for_each_run(runs, capsys):
    """The longest is the fastest."""
    assert main(["compare", *runs, "--chart"]) == 0
    bars = [line.count("#") for line in capsys.readouterr().out.splitlines() if line.strip()[:2] in ("A ", "B ", "C ")]
    assert len(bars) % 3 == 0
    assert max(bars) == 50
    assert min(bars) > 20


def test_the_json_has_every_series(runs, capsys):
    """Values, changes and choices."""
    assert main(["compare", *runs, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [Path(one).name for one in found["runs"]] == ["first.json", "second.json", "third.json"]
    drafting = next(one for one in found["series"] if one["metric"] == "drafting")
    assert drafting["changes"][0] is None
    assert drafting["changes"][1]["ratio"] == pytest.approx(1 / 1.2)
    assert found["choices"][0]["runs"][1]["first_regret"] is not None


def test_the_table_is_capped_and_the_rest_counted(runs, capsys):
    """By --top."""
    assert main(["compare", *runs, "--top", "1"]) == 0
    assert "more series: --format json has them all" in capsys.readouterr().out
    assert main(["compare", *runs, "--top", "0"]) == 2
    assert main(["compare", *runs, "--format", "markdown"]) == 0


@pytest.mark.parametrize("more", [["--chart", "--format", "json"], ["--fail-on", "x"]])
def test_mistakes_are_exit_code_2(runs, capsys, more):
    """With what would do."""
    assert main(["compare", *runs, *more]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_one_run_is_no_comparison(runs, capsys):
    """Nor is one and the same file."""
    assert main(["compare", runs[0]]) == 2
    assert main(["compare", runs[0], runs[0]]) == 2
    assert "one file" in capsys.readouterr().err
