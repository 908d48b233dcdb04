"""What a board says while it is set up, as it arrives: in pieces, with a login shell's noise, or not at all."""

from __future__ import annotations

import io
import itertools
import json
import subprocess
from base64 import b64decode
from dataclasses import asdict, replace

import pytest
from bare_boards import PI
from hypothesis import given
from hypothesis import strategies as st
from scripted_board import ScriptedConnection, ScriptedPlace, handed_over, shell

from configspec.devices.faults import DeviceOffline
from configspec.devices.setup.fetch import fetch
from configspec.devices.setup.shell import KEY, PROGRAM
from configspec.devices.transport.bounded_run import TooMuchOutput
from configspec.devices.transport.ssh.upload import BOOTSTRAP, Interpreter, as_program
from configspec.errors import ConfigspecError, TestbedError, UsageError

DROPBEAR_BYTES = 9000  # MAX_CMD_LEN, https://github.com/mkj/dropbear/blob/master/src/sysoptions.h
TOLD = json.dumps({KEY: asdict(PI)}).encode()


def looked(stdout: bytes, status: int = 0, stderr: bytes = b"") -> ScriptedPlace:
    return ScriptedPlace(ended=subprocess.CompletedProcess([], status, stdout, stderr))


@pytest.mark.parametrize("program", [BOOTSTRAP, PROGRAM])
def test_what_a_board_runs_is_short_enough_for_dropbear(program):
    """It ends the connection of a longer one, without a word."""
    words = as_program(Interpreter(words=("~/configspec/bin/python",)), program, "x" * 1500)
    assert len(" ".join(words)) < DROPBEAR_BYTES


def test_a_board_is_what_it_says():
    """Whatever a login shell says beside it."""
    assert shell(looked(b"Welcome\n{}\n" + TOLD + b"\nbye\n")).look("~/configspec") == PI


@pytest.mark.parametrize(
    "change",
    [{"cores": 0}, {"machine": "a b"}, {"folder": "x" * 10_000}, {"free_bytes": -1}, {"more": 1}, {"content": "new"}],
)
def test_a_board_that_says_what_cannot_be_is_told(change):
    """Before anything is made of it."""
    told = json.dumps({KEY: {**asdict(PI), **change}}).encode()
    with pytest.raises(TestbedError, match=r"^orin: what the board says of itself cannot be"):
        shell(looked(told)).look("~/configspec")


@pytest.mark.parametrize(
    ("ended", "kind", "told"),
    [
        (subprocess.CompletedProcess([], 127, b"", b"sh: python3: not found"), UsageError, "it does not exist"),
        (subprocess.CompletedProcess([], 1, b"", b"SyntaxError"), UsageError, "Python 3.8 or later"),
        (subprocess.TimeoutExpired([], 90.0), DeviceOffline, "offline"),
        (TooMuchOutput(b"y\ny\n"), TestbedError, "without end"),
    ],
)
def test_a_board_that_says_nothing_is_told_apart(ended, kind, told):
    """No interpreter, another program in its place, no answer, a flood."""
    with pytest.raises(kind, match=told):
        shell(ScriptedPlace(ended=ended)).look("~/configspec")


def test_a_script_gets_its_output_told_line_by_line():
    """And its end is kept, with its status. It travels ahead of the signs of life."""
    connection = ScriptedConnection([b"one\ntw", None, b"o\nthree\r4", b"\n"], status=3)
    heard: list[str] = []
    ended = shell(ScriptedPlace(lambda program: connection)).run("make", limit_s=9.0, heard=heard.append)
    assert heard == ["one", "three", "4"]
    assert (ended.status, ended.output.strip()) == (3, "one\ntwo\nthree\r4")
    assert b64decode(connection.sent.strip()) == b"make"
    assert connection.closed


def test_a_script_without_end_is_ended():
    """At its limit, by this host's clock."""
    clock = itertools.count(0.0, 30.0)
    endless = ScriptedConnection([b"x\n"] * 1000)
    with pytest.raises(TestbedError, match=r"^orin: a step took more than 10 minutes, and was ended\.$"):
        shell(ScriptedPlace(lambda program: endless), lambda: next(clock)).run("make", limit_s=600.0)
    assert endless.closed


def fetched(pieces: list[bytes], status: int = 0) -> bytes:
    into, clock = io.BytesIO(), itertools.count(0.0)
    place = ScriptedPlace(lambda program: ScriptedConnection(pieces, status, "No such file"))
    fetch(shell(place), "/x.whl", into, lambda done, total: None, now_s=lambda: float(next(clock)))
    return into.getvalue()


@given(st.binary(max_size=300), st.sampled_from([b"", b"Welcome\n\n{}\n"]), st.integers(1, 50))
def test_a_file_arrives_in_whatever_pieces(content, noise, size):
    """Byte for byte, and nothing of what follows it."""
    text = handed_over(content, noise=noise) + b"bye"
    assert fetched([text[start : start + size] for start in range(0, len(text), size)]) == content


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([handed_over(b"abc", sha256="0" * 64)], "arrived damaged"),
        ([handed_over(b"abc", size=4)], "in part"),
        ([], "No such file"),
        ([b"y\n" * 200_000], "without end"),
        ([handed_over(b"", size=5 << 30)], "are the most"),
        ([handed_over(b"abc", sha256="none")], "cannot be"),
    ],
)
def test_a_file_that_does_not_arrive_whole_is_an_error(pieces, told):
    """One, that names the device."""
    with pytest.raises(ConfigspecError, match=rf"^orin: .*{told}"):
        fetched(pieces)


def test_a_board_that_says_nothing_of_its_gpu_has_none():
    """What is null stays so."""
    other = replace(PI, compiler=None, memory_bytes=None)
    assert shell(looked(json.dumps({KEY: asdict(other)}).encode())).look("~/x") == other
