"""What the command line writes, whatever it writes to and whatever stands in it."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest
from damage import HOSTILE_TEXTS, civil
from example_rows import measured_row, raw_row
from hypothesis import given
from hypothesis import strategies as st

from configspec.cli import main
from configspec.cli.output import (
    OutputLost,
    complain,
    say,
    say_json,
    say_text,
    shows_colours,
    told_warnings,
    whole_output,
    width_for,
)

ROOT = Path(__file__).parents[2]
CODE = re.compile("\x1b\\[[0-9]+m")
FORMS = ["table", "json", "markdown"]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A results file in which every name and reason attacks whoever shows it."""
    rows: list[dict[str, object]] = []
    for number, text in enumerate(one for one in HOSTILE_TEXTS if one and "\ud800" not in one):
        row = json.loads(json.dumps(raw_row(measured_row(2))))
        row["fullname"] = f"t.py::test[{number}]"
        row["extra_info"]["configspec"] |= {
            **dict.fromkeys(("device", "family", "draft", "quant"), text.replace("\0", "\1")[:200]),  # as names may be
            "power": {"watts": None, "reason": text},
            "flags": [{"code": "note", "part": "profile", "numbers": [["text", text]]}],
        }
        rows.append(row)
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"benchmarks": rows}))
    return path


@pytest.mark.parametrize("form", FORMS)
def test_rank_shows_a_hostile_file_harmlessly(hostile, capsys, form):
    """Nothing moves the terminal, forges a line or commands a runner; in Markdown nothing is markup."""
    code = main(["rank", str(hostile), "--format", form])
    out, err = capsys.readouterr()
    civil(code, out + err, codes=(0,))
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in out.splitlines())
    assert not any(line.startswith("forged line") for line in out.splitlines())
    assert form == "json" or "RED" in out
    assert form != "markdown" or "<img" not in out


def test_rank_as_json_says_the_names_exactly(hostile, capsys):
    """Escaped as JSON escapes."""
    assert main(["rank", str(hostile), "--format", "json"]) == 0
    devices = {one["device"] for one in json.loads(capsys.readouterr().out)["rankings"]}
    assert {"\x1b[31mRED\x1b[0m", "a\u202eb\u2066c", "line\nforged line"} <= devices


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(json_values | st.sampled_from(["\x7f", "##[error]x", "\u202e", "\ud800", "\u2028"]))
def test_json_is_exact_and_printable(value):
    """What a program reads is what was meant, and a person may look at it."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        say_json(value)
    assert json.loads(out.getvalue()) == value
    assert all(line.isprintable() and "##[" not in line for line in out.getvalue().splitlines())


def test_an_errors_lines_are_printable_and_no_others(capsys):
    """A line end within a line came from outside."""
    complain("first", "x\nconfigspec: forged\x1b[2J", "::error::x")
    assert capsys.readouterr().err.splitlines() == [
        "configspec: first",
        r"x\nconfigspec: forged\x1b[2J",
        r"\x3a:error::x",
    ]


def test_a_warning_is_shown_harmlessly(capsys):
    """Of a library too, which quotes what a model's file says."""
    with told_warnings():
        warnings.warn("an odd \x1b[31mname\n::error::x", stacklevel=1)
    assert capsys.readouterr().err == "configspec: an odd \\x1b[31mname\\n::error::x\n"


def test_a_command_line_is_shown_harmlessly(capsys):
    """In argparse's own complaints too."""
    with pytest.raises(SystemExit) as end:
        main(["rank", "r.json", "\x1b[31mred", "--top", "\x9b1m"])
    civil(end.value.code if isinstance(end.value.code, int) else 1, capsys.readouterr().err)


@pytest.fixture
def full() -> Iterator[TextIO]:
    with open("/dev/full", "w") as stream:
        yield stream


@pytest.fixture
def unread() -> Iterator[TextIO]:
    """A pipe whose reader has gone."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stream:
        yield stream


def test_a_full_disk_is_told_in_one_line(full, monkeypatch, capsys):
    """Exit 2: the request must change."""
    monkeypatch.setattr(sys, "stdout", full)
    assert main(["schema"]) == 2
    told = capsys.readouterr().err
    assert told == "configspec: standard output cannot be written: No space left on device\n"


def test_a_closed_output_is_told_in_one_line(monkeypatch, capsys):
    """As `>&-` leaves it."""
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["schema"]) == 2
    assert capsys.readouterr().err == "configspec: standard output is closed\n"


def test_a_reader_that_has_seen_enough_ends_a_command_without_a_word(unread, monkeypatch, capsys):
    """With the exit code of a program that does not catch SIGPIPE."""
    monkeypatch.setattr(sys, "stdout", unread)
    assert main(["schema"]) == 141
    assert capsys.readouterr().err == ""


def test_lost_output_is_no_models_or_boards_problem(full, monkeypatch):
    """Whoever collects a ConfigspecError of each goes on without it."""
    monkeypatch.setattr(sys, "stdout", full)
    with pytest.raises(OutputLost):
        say("fetched")


def test_complaints_that_cannot_be_written_are_let_go(full, monkeypatch):
    """The exit code still says it."""
    monkeypatch.setattr(sys, "stderr", full)
    assert main(["rank", "there-is-none.json"]) == 2
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["rank", "there-is-none.json"]) == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_encoding_that_lacks_a_sign_gets_an_escape(encoding, monkeypatch):
    """Never an error."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    monkeypatch.setattr(sys, "stdout", out)
    with whole_output():
        say("27 °C × 2 …")
        say_text("Ω\n界")
    written = out.buffer.getvalue().decode(encoding)
    assert written.splitlines()[1:] == [r"\u03a9", r"\u754c"]


COMMANDS = ("rank {results} --format json", "schema", "--help")


@pytest.mark.real
@pytest.mark.parametrize(
    ("to", "codes", "told"),
    [
        ("> /dev/full", {2}, "standard output cannot be written: No space left on device"),
        (">&-", {0, 2}, "standard output is closed"),  # 0: then help goes to standard error
        ("| head -c 1", {0, 141}, None),  # 0: what is short was in the pipe before it closed
        ("> /dev/full 2>&1", {2}, None),
    ],
)
def test_no_command_ends_in_a_traceback_whatever_its_output_is(hostile, to, codes, told):
    """In a shell: a documented exit code and a line at most, at the interpreter's end too."""
    run = f"{shlex.quote(sys.executable)} -m configspec.cli"
    lines = [f"{run} {command.format(results=shlex.quote(str(hostile)))} {to}" for command in COMMANDS]
    script = "".join(f"{line}; echo code ${{PIPESTATUS[0]}} >&2\n" for line in lines)
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=buffered, capture_output=True, text=True)
    shown = done.stderr.splitlines()
    assert {int(line.removeprefix("code ")) for line in shown if line.startswith("code ")} <= codes, shown
    complaints = [line for line in shown if line.startswith("configspec: ")]
    assert set(complaints) == (set() if told is None else {f"configspec: {told}"})
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.real
def test_no_command_needs_a_terminal_that_knows_every_sign(hostile):
    """Under an encoding that is not UTF-8."""
    line = [sys.executable, "-m", "configspec.cli", "rank", str(hostile)]
    own = {"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C"}
    done = subprocess.run(line, cwd=ROOT, env={**os.environ, **own}, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


@pytest.mark.parametrize("colours", [{}, {"FORCE_COLOR": "1"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}])
def test_colours_are_codes_around_lines_and_nothing_else(capfd, hostile, monkeypatch, colours):
    """As FORCE_COLOR and NO_COLOR say; what stands in a file adds no code, and takes none away."""
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert main(["rank", str(hostile)]) == 0
    plain = capfd.readouterr().out
    assert "\x1b" not in plain
    for name, value in colours.items():
        monkeypatch.setenv(name, value)
    assert main(["rank", str(hostile)]) == 0
    shown = capfd.readouterr().out
    assert CODE.sub("", shown) == plain
    coloured = colours == {"FORCE_COLOR": "1"}
    assert ("\x1b" in shown) is coloured
    assert all(len(CODE.findall(line)) in ((0, 2) if coloured else (0,)) for line in shown.splitlines())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("columns", "width"), [(60, 80), (100, 100), (500, 120)])
def test_a_table_is_no_wider_than_the_terminal(monkeypatch, columns, width):
    """But for 80 characters, which each has; a pipe gets the same in every window."""
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))
    monkeypatch.setattr("sys.stdout", Terminal())
    assert width_for(120) == width
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert width_for(120) == 120


@pytest.mark.parametrize(("term", "coloured"), [("xterm", True), ("dumb", False)])
def test_a_terminal_has_colours_unless_it_knows_none(monkeypatch, term, coloured):
    """TERM=dumb is that of editors that show no codes."""
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr("sys.stdout", Terminal())
    assert shows_colours() is coloured
