"""`configspec ab`: two builds, by files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from run_files import board_run, slower_row, write_run

from configspec.cli import main

ORDER = "abbaabbaabbaabba"


def builds(folder: Path, times: float = 1.0, accepted: int = 12) -> tuple[list[str], list[str]]:
    """Eight runs a side, in turn, with 1 % between runs."""
    rng = np.random.default_rng(4)
    sides: dict[str, list[str]] = {"a": [], "b": []}
    for place, side in enumerate(ORDER):
        slow = float(np.exp(0.01 * rng.standard_normal()))
        path = folder / f"{side}-{place:02}.json"
        if side == "a":
            sides[side].append(board_run(path, slow, day=place / 100))
        else:
            more = {"accepted": accepted, "build": "0.3.40"}
            sides[side].append(board_run(path, slow * times, day=place / 100, **more))  # type: ignore[arg-type]
    return sides["a"], sides["b"]


def test_a_slower_build_fails(tmp_path, capsys):
    """With a table for each metric, and its geometric mean last."""
    base, new = builds(tmp_path, 1.2)
    assert main(["ab", "--base", *base, "--new", *new]) == 1
    out = capsys.readouterr().out
    assert "REGRESSED" in out
    assert "geometric mean" in out


def test_equal_builds_show_nothing(tmp_path, capsys):
    """`~` in the place of a change."""
    base, new = builds(tmp_path)
    assert main(["ab", "--base", *base, "--new", *new]) == 0
    assert " ~ " in capsys.readouterr().out


def test_the_json_has_medians(tmp_path, capsys):
    """Of both sides, with p."""
    base, new = builds(tmp_path, 1.2)
    assert main(["ab", "--base", *base, "--new", *new, "--format", "json"]) == 1
    series = json.loads(capsys.readouterr().out)["series"]
    drafting = next(one for one in series if one["metric"] == "drafting")
    assert drafting["new_median"] / drafting["base_median"] == pytest.approx(1 / 1.2, rel=0.03)
    assert drafting["p"] < 0.01


def test_markdown_and_junit_are_written(tmp_path, capsys):
    """As by check."""
    base, new = builds(tmp_path)
    for form, begin in (("markdown", "## verdict"), ("junit", "<?xml")):
        assert main(["ab", "--base", *base, "--new", *new, "--format", form]) == 0
        assert capsys.readouterr().out.startswith(begin)


def test_too_few_runs_are_refused(tmp_path, capsys):
    """With how many it takes."""
    base, new = builds(tmp_path)
    assert main(["ab", "--base", *base[:3], "--new", *new[:3]]) == 2
    assert "6 to 60 runs a side, not 3" in capsys.readouterr().err


def test_two_devices_are_compared(tmp_path, capsys):
    """The older name is that of the base."""
    sides: dict[str, list[str]] = {"a": [], "b": []}
    for place, side in enumerate(ORDER):
        device, build, times = ("old", "0.3.36", 1.0) if side == "a" else ("new", "0.3.40", 1.3)
        rows = [slower_row(k, times * (1 + place / 1000), device=device, build=build) for k in (2, 4)]
        sides[side].append(write_run(tmp_path / f"{place}.json", *rows, day=place / 100))
    arguments = ["ab", "--base", *sides["a"], "--new", *sides["b"]]
    assert main(arguments) == 2
    assert main([*arguments, "--devices", "old=new"]) == 1
    capsys.readouterr()
    assert main([*arguments, "--devices", "old"]) == 2
    assert "it takes two names" in capsys.readouterr().err


def test_a_forest_plot_is_drawn_beside_the_verdicts(tmp_path, capsys):
    """A picture for each metric; standard output has the verdicts alone."""
    base, new = builds(tmp_path, 1.2)
    words = ["ab", "--base", *base, "--new", *new, "--format", "json", "--picture", f"{tmp_path}/pictures/"]
    assert main(words) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)
    assert "New over base: goodput" in shown.err
    text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "pictures").glob("forest-*.svg"))
    assert "REGRESSED" in text


@pytest.mark.parametrize("name", ["x.gif", "", "x"])
def test_a_picture_of_no_form_is_told_before_the_runs_are_read(tmp_path, capsys, name):
    """Exit code 2, and what it takes."""
    assert main(["ab", "--base", "no.json", "--new", "no.json", "--picture", name]) == 2
    assert "ends in .svg, .png or .pdf" in capsys.readouterr().err
