"""`configspec devices setup`: how it is asked, what it refuses, and what it shows while it works."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from damage import civil

from configspec.cli import main
from configspec.cli.devices_setup import requirement
from configspec.cli.registry import joined
from configspec.cli.status_line import CLEAR
from configspec.cli.step_progress import StepProgress

PROFILE = Path(__file__).parents[2] / "fixtures/profiles/configspec-paper.json"


@pytest.fixture
def inventory(tmp_path: Path) -> str:
    path = tmp_path / "devices.yaml"
    path.write_text(
        f"devices:\n  paper: {{replay: {{profile: '{PROFILE}', device: jetson}}}}\n"
        "  boxed: {connection: local, python: [docker, exec, -i, jetson, python3]}\n"
        "  setup: {connection: local, python: /nowhere/python3}\n",
        encoding="utf-8",
    )
    return str(path)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["devices", "setup", "orin"], ["devices setup", "orin"]),
        (["devices", "setup"], ["devices setup"]),
        (["devices", "--", "setup"], ["devices", "--", "setup"]),
        (["devices", "orin", "setup"], ["devices", "orin", "setup"]),
        (["devices"], ["devices"]),
        ([], []),
    ],
)
def test_two_words_are_one_command(given, read):
    """A device of that name is asked by a glob, or after `--`."""
    assert joined(given) == read


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["paper"], "paper: a device of recorded figures has no board to set up."),
        (["boxed", "--dry-run"], "docker exec -i jetson python3 -m pip install llama-cpp-python"),
        (["nobody"], "no device matches 'nobody'"),
        (["setup", "--wheels", "/nowhere"], "--wheels is /nowhere, which is no folder"),
        (["setup"], "/nowhere/python3: No such file or directory"),
    ],
)
def test_what_cannot_be_set_up_is_one_error(capsys, inventory, monkeypatch, tmp_path, arguments, told):
    """Before anything is done."""
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(tmp_path / "cache"))
    code = main(["devices", "setup", *arguments, "--inventory", inventory])
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    civil(code, shown.err)
    assert told in shown.err


def test_a_device_that_is_called_setup_can_be_asked(capsys, inventory, monkeypatch, tmp_path):
    """It is unconfigured, as its interpreter does not exist."""
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(tmp_path / "cache"))
    assert main(["devices", "set?p", "--inventory", inventory]) == 1
    assert "unconfigured" in capsys.readouterr().out


def test_boards_get_the_llama_cpp_of_this_host():
    """Figures of one llama.cpp compare with those of the same."""
    assert requirement().startswith("llama-cpp-python")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watched(stream: io.StringIO, times_s: list[float]) -> str:
    clock = iter([0.0, *times_s])
    progress = StepProgress("orin", stream, lambda: next(clock))
    for number, _ in enumerate(times_s):
        progress("llama.cpp", f"  [{number}/9] \x1b[31mx")
    progress.end()
    return stream.getvalue()


def test_a_step_is_one_line_on_a_terminal(monkeypatch):
    """Rewritten, harmless, with the step's own time."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    assert watched(Terminal(), [5.0, 5.1, 70.0]) == f"{CLEAR}orin: llama.cpp, 1:05: [2/9] \\x1b[31mx{CLEAR}"


def test_a_step_is_a_line_now_and_then_elsewhere():
    """One in ten seconds."""
    assert len(watched(io.StringIO(), [float(s) for s in range(31)]).splitlines()) == 3
