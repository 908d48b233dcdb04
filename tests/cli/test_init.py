"""`configspec init`: a testbed that measures, in one command, and nothing of the folder's own is touched."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from damage import civil

from configspec.cli import main
from configspec.testbed.read import read_inventory

FILES = ["benchmarks/test_configurations.py", "benchmarks/test_end_to_end.py", "devices.yaml", "pytest.ini"]


def files_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.real
def test_this_machine_is_asked_and_said(capsys, tmp_path, monkeypatch):
    """It is found ready, and its board stands in the file."""
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "testbed"
    assert main(["init", str(folder), "--device", "here=local", "--family", "qwen3-32b"]) == 0
    assert files_of(folder) == FILES
    assert "  # When this file was made: ready, " in (folder / "devices.yaml").read_text(encoding="utf-8")
    shown = capsys.readouterr().out
    assert "here    ready" in shown
    assert "pytest -m hil --device here --plan" in shown
    assert list(read_inventory(folder / "devices.yaml").families) == ["qwen3-32b"]


@pytest.mark.real
def test_what_was_made_can_be_planned(pytester, tmp_path):
    """The two tests are found, and they ask for the devices of the file."""
    assert main(["init", str(pytester.path), "--no-ask", "--device", "here=local", "--family", "llama-3.1-70b"]) == 0
    result = pytester.runpytest_subprocess("--collect-only", "-q", "-m", "hil", "--device", "here", "--k", "2,4")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*::test_configuration?dev:here:-llama-3.1-70b-1b-Q8_0-K4?"])


def test_a_folder_that_has_everything_is_left_as_it_is(capsys, tmp_path):
    """Each file that is there is kept, and named; the others are made."""
    (tmp_path / "devices.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    arguments = ["init", str(tmp_path), "--device", "here=local", "--workflow", "gitlab"]
    for made in (3, 0):
        assert main(arguments) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sum(line.startswith("made ") for line in lines) == made
        assert sum(line.startswith("kept ") for line in lines) == 4 - made
        assert "Next:" not in lines
    assert (tmp_path / "devices.yaml").read_text(encoding="utf-8") == "mine"
    assert files_of(tmp_path) == [".gitlab-ci.yml", *FILES[:3], "pyproject.toml"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "no device is named"),
        (["--device", "orin"], "Was 'orin=ssh:orin' meant?"),
        (["--device", "a=local", "--device", "a=ssh:b"], "'a' 2 times"),
        (["--device", "a b=local"], "a b"),
        (["--device", "a=ssh:-oProxyCommand=x"], "devices.a.connection"),
        (["--device", "a=local", "--family", "llama"], "no family 'llama' is known"),
    ],
)
def test_what_cannot_be_is_one_error_and_writes_nothing(capsys, tmp_path, monkeypatch, arguments, told):
    """Exit code 2, before a device is asked."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code = main(["init", str(tmp_path), *arguments])
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    civil(code, shown.err)
    assert told in shown.err
    assert not files_of(tmp_path)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_asked(tmp_path, monkeypatch):
    """A line that is no device is asked again; an empty line ends."""
    monkeypatch.setattr("sys.stdin", Terminal("orin\norin=ssh:orin-01\n\nllama\nllama-3.1-70b\n"))
    monkeypatch.setattr("sys.stdout", shown := Terminal())
    assert main(["init", str(tmp_path), "--no-ask"]) == 0
    assert "it takes NAME=local or NAME=ssh:DESTINATION" in shown.getvalue()
    found = read_inventory(tmp_path / "devices.yaml")
    assert (list(found.devices), list(found.families)) == (["orin"], ["llama-3.1-70b"])


def test_a_terminal_that_names_nothing_gets_nothing(capsys, tmp_path, monkeypatch):
    """No file is written."""
    monkeypatch.setattr("sys.stdin", Terminal("\n"))
    monkeypatch.setattr("sys.stdout", Terminal())
    assert main(["init", str(tmp_path)]) == 2
    assert "nothing is written" in capsys.readouterr().err
    assert not files_of(tmp_path)
