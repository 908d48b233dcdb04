"""`configspec demo`: a first success with nothing but the package."""

from __future__ import annotations

import pytest
from damage import civil

from configspec.cli import main
from configspec.scaffold.demo import STEPS, demo_files


@pytest.mark.real
def test_the_demo_measures_ranks_and_chooses_and_can_be_run_again(capfd, tmp_path):
    """Each command stands above what it prints, and its results stay."""
    folder = tmp_path / "boards"
    for _ in range(2):
        assert main(["demo", str(folder)]) == 0
        shown = capfd.readouterr()
        assert shown.err == ""
        lines = shown.out.splitlines()
        assert [line for line in lines if line.startswith("$ ")] == [f"$ {step}" for step in STEPS]
        assert "36 passed" in shown.out
        assert "   1  1b-inst  Q4_K_M  6   4.50  4.49 to 4.51  derived" in lines
    assert (folder / "results.json").is_file()
    assert "goodput: run 1b-inst" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", demo_files())
def test_a_folder_with_files_of_its_own_is_left_alone(capsys, tmp_path, name):
    """Nothing is run in it, and nothing is written over."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine", encoding="utf-8")
    code = main(["demo", str(tmp_path)])
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    civil(code, shown.err)
    assert f"{name} is there already" in shown.err
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_folder_that_cannot_be_made_is_an_error(capsys, tmp_path):
    """Exit code 2, and one line."""
    (tmp_path / "file").write_bytes(b"")
    assert main(["demo", str(tmp_path / "file" / "below")]) == 2
    assert "Not a directory" in capsys.readouterr().err
