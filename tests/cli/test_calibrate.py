"""`configspec calibrate`: what it shows, and the file that the gate reads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from run_files import board_run

from configspec.cli import main
from configspec.histories.floors_file import read_floors


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Ten nights with 1 %."""
    rng = np.random.default_rng(8)
    slow = np.exp(0.01 * rng.standard_normal(10)).tolist()
    return [board_run(tmp_path / f"{day}.json", one, day=day) for day, one in enumerate(slow)]


def test_the_spread_is_shown_with_a_warning_for_a_floor_below_it(runs, capsys):
    """For each device and metric."""
    assert main(["calibrate", *runs, "--fail-on", "drafting:0.5%"]) == 0
    out = capsys.readouterr().out
    assert "orin    drafting" in out
    assert "the floor is 0.5 %" in out


def test_the_file_is_read_by_the_gate(runs, tmp_path):
    """And makes what it says of it: no assumption is named."""
    floors = tmp_path / "floors.toml"
    assert main(["calibrate", *runs, "--write", str(floors)]) == 0
    assert {one.pattern for one in read_floors(floors)} >= {"dev:orin:-*/goodput", "dev:orin:-*/drafting"}
    new = board_run(tmp_path / "new.json", 1.3, day=11)
    assert main(["check", new, "--against", runs[0], "--floors", str(floors)]) == 1


def test_the_json_is_whole(runs, capsys):
    """One object for each line of the file."""
    assert main(["calibrate", *runs, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["format"], found["runs"]) == (1, 10)
    spreads = {one["metric"]: one["log_sd"] for one in found["floors"]}
    assert 0.005 < spreads["drafting"] < 0.02
    assert spreads["cost"] == 0, "it does not depend on time"


def test_mistakes_are_exit_code_2(runs, tmp_path, capsys):
    """Too few runs; a file that cannot be written."""
    assert main(["calibrate", *runs[:3]]) == 2
    assert main(["calibrate", *runs, "--write", str(tmp_path / "no" / "floors.toml")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_floors_take_the_place_of_no_run(runs, capsys):
    """A slip of the pen costs no measurement."""
    before = Path(runs[0]).read_bytes()
    assert main(["calibrate", *runs, "--write", runs[0]]) == 2
    assert "the file that is read. Name another one to write" in capsys.readouterr().err
    assert Path(runs[0]).read_bytes() == before
