"""`configspec interleave`: real commands, in turn."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from configspec.cli import main

WRITES = f'{sys.executable} -c \'import sys; open(sys.argv[1], "w").write("x"); print("said")\' {{out}}'
FAILS = f"{sys.executable} -c 'raise SystemExit(3)' {{out}}"


def interleave(folder: Path, new: str = WRITES, *more: str) -> int:
    return main(["interleave", WRITES, new, "--sessions", "2", "-o", str(folder), *more])


@pytest.mark.real
def test_runs_are_made_and_kept(tmp_path, capsys):
    """With what each command wrote; a second call has nothing to do."""
    folder = tmp_path / "runs"
    assert interleave(folder) == 0
    assert sorted(one.name for one in folder.glob("*.json")) == [
        *("base-01.json", "base-02.json", "new-01.json", "new-02.json")
    ]
    assert (folder / "new-01.log").read_text(encoding="utf-8") == "said\n"
    capsys.readouterr()
    assert interleave(folder) == 0
    assert capsys.readouterr().out == f"4 of 4 runs in {folder}\n"


@pytest.mark.real
def test_a_failing_command_is_told_and_what_is_finished_stays(tmp_path, capsys):
    """Exit code 1; the log is named."""
    folder = tmp_path / "runs"
    assert interleave(folder, FAILS, "--seed", "1") == 1
    out, err = capsys.readouterr()
    assert "its command ended with 3; see " in err
    assert "the same command again makes what is missing" in err
    assert f"of 4 runs in {folder}" in out


def test_mistakes_are_exit_code_2(tmp_path, capsys):
    """No place for the file, no such program, another plan."""
    assert interleave(tmp_path / "a", "pytest") == 2
    assert "write {out} there" in capsys.readouterr().err
    assert interleave(tmp_path / "b", "/no/such/program {out}", "--seed", "3") == 2
    assert "cannot be run" in capsys.readouterr().err
    assert interleave(tmp_path / "b") == 2
    assert "is of other runs" in capsys.readouterr().err
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert interleave(tmp_path / "file") == 2
