"""The live line of a run in a real pseudo-terminal: seen while it goes on, gone at its end, and nothing is garbled."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from on_terminal import Seen, run_on_terminal

pytestmark = pytest.mark.real
LIVE = re.compile(r"^\d+/4 cells, ")
SLOW = '''
"""Each of its tests takes long enough to be seen."""
import sys
import time
import warnings

import pytest


@pytest.mark.hil
def test_configuration(hil_benchmark, capsys):
    hil_benchmark()
    print("captured", file=sys.stderr)
    warnings.warn("a warning of the test")
    time.sleep(0.02)


def test_that_writes_past_capture(capsys):
    with capsys.disabled():
        print("past the capture")


def test_that_fails():
    print("in a report")
    assert False
'''


@pytest.fixture
def seen(testbed, pytester):
    """Runs pytest in the testbed, on a terminal."""
    pytester.makepyfile(test_bench=SLOW)
    pytester.makeini("[pytest]\nconsole_output_style = classic\nmarkers = hil: measures")

    def run(*flags: str, columns: int = 80, **environment: str) -> Seen:
        Path(pytester.path, "j.jsonl").unlink(missing_ok=True)
        plain = ("--journal", "j.jsonl", "-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cacheprovider")
        command = (sys.executable, "-m", "pytest", *plain, "--device", "fast,slow", "-W", "always", *flags)
        return run_on_terminal(
            command, columns=columns, cwd=Path(pytester.path), environment={**environment, "PYTHONSAFEPATH": ""}
        )

    return run


def steady(text: list[str]) -> list[str]:
    """What two runs have in common: all but the last line, which says how long they took, and may be broken."""
    return [re.sub(r"0x[0-9a-f]+", "", row) for row in text[:-2]]


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize("flags", [(), ("-v",), ("-q", "-o", "log_cli=true")], ids=str)
def test_a_run_looks_as_it_does_without_the_line(seen, flags, columns):
    """Dots, names, reports, warnings and what a test writes past capture; while it goes on the line is there."""
    lived, plain = seen(*flags, columns=columns, NO_COLOR="1"), seen(*flags, columns=columns, TERM="dumb")
    assert any(map(LIVE.match, lived.ever))
    assert not any(map(LIVE.match, plain.ever))
    assert "\x1b" not in plain.raw
    assert not any(LIVE.match(row) for row in lived.screen.text)
    assert steady(lived.screen.text) == steady(plain.screen.text)
    assert lived.code == plain.code == 1


@pytest.mark.parametrize("columns", [80, 40])
def test_workers_have_one_line(seen, columns):
    """The controller writes it, and xdist's own output stays whole."""
    lived = seen("-n", "2", columns=columns)
    assert any(map(LIVE.match, lived.ever))
    rows = lived.screen.text
    assert not any(map(LIVE.match, rows))
    (dots,) = [row for row in rows if re.fullmatch(r"[.F]+", row)]
    assert sorted(dots) == sorted("F" + "." * 13)


def test_what_is_at_work_is_told(seen):
    """The configuration, in words."""
    assert any("slow: pair a Q8_0 K=1" in row for row in seen().ever)


@pytest.mark.parametrize(
    "flags", [("-s",), ("--capture=tee-sys",), ("--collect-only",), ("-p", "no:terminal")], ids=" ".join
)
def test_where_others_write_there_is_no_line(seen, flags):
    """Nobody could tell where the cursor is."""
    assert not any(map(LIVE.match, seen(*flags).ever))


def test_a_ci_that_has_a_terminal_gets_lines(seen):
    """Its log would keep each state of the line."""
    assert not any(map(LIVE.match, seen(CI="true").ever))


def test_no_color_turns_off_colours_and_not_the_line(seen):
    """It is rewritten all the same."""
    lived = seen(NO_COLOR="1")
    assert any(map(LIVE.match, lived.ever))
    assert not re.search(r"\x1b\[[0-9;]*m", lived.raw)
