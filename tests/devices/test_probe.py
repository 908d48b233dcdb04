"""`configspec devices` beside boards that misbehave: what one does is its own line, and the others are told."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from damage import civil
from healthy_board import WELL

from configspec.agent.board.flock import FILE_VARIABLE
from configspec.cli import main
from configspec.cli.devices import as_text
from configspec.devices.lock import host_lock
from configspec.devices.probe import _lacking_llama_cpp, probe
from configspec.devices.transport.archive import build_agent_archive
from configspec.devices.transport.connect import interpreter
from configspec.records.facts import DeviceFacts
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.testbed.power_spec import PowerSpec

pytestmark = pytest.mark.real

StandIn = Callable[[str, str], str]

HELLO = """
import json, os, sys, time
def say(**message): print(json.dumps(message), flush=True)
say(configspec_agent=1, sha256={sha256!r}, python="3.8.10", pid=os.getpid(), clock_s=1.5)
"""
INTERNAL = {"kind": "internal", "what": "the agent \x1b[31mfailed", "found": "a\n\u202eKeyError: 3", "hint": None}
SCRIPTS = {
    "bug": f"sys.stdin.readline(); say(id=1, error={INTERNAL!r}); sys.stdin.read()",
    "liar": "sys.stdin.readline(); say(id=1, ok={'held': 'no'}); sys.stdin.read()",
    "garbage": r"sys.stdin.readline(); os.write(1, b'\x00\x1b[31m\xff\n'); sys.stdin.read()",
    "dead": "sys.stdin.readline(); os.kill(os.getpid(), 9)",
}


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    """A `python` that is no agent: it says hello, and then what the script does."""

    def stand_in(name: str, script: str) -> str:
        program = HELLO.format(sha256=build_agent_archive().sha256) + script
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -S -c {shlex.quote(program)}\n")
        path.chmod(0o755)
        return str(path)

    return stand_in


def test_each_board_that_fails_is_one_line_and_the_rest_is_told(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the words for a person, exit code 3, and no sign that moves a terminal, as a table and as JSON."""
    pytest.importorskip("llama_cpp")
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("target", "xs"):
        (tmp_path / name).mkdir()
    pythons = {name: stand_in(name, script) for name, script in SCRIPTS.items()}
    boards = "".join(f"  {name}: {{connection: local, python: '{python}'}}\n" for name, python in pythons.items())
    families = "families: {f: {target: {transformers: target}, drafts: {xs: xs}, quants: [F16]}}\n"
    (tmp_path / "devices.yaml").write_text(f"devices:\n{boards}  good: {{connection: local}}\n{families}")
    code = main(["devices", "--timeout", "60", "--inventory", str(tmp_path / "devices.yaml"), "--format", "json"])
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert code == 3
    assert {name: one["state"] for name, one in told.items()} == {
        **dict.fromkeys(SCRIPTS, "failed"),
        "good": "ready",
    }
    assert told["good"]["device"]["cores"] >= 1
    assert "KeyError: 3" in told["bug"]["reasons"][0]
    assert "SIGKILL" in told["dead"]["reasons"][0]
    picked = ["bug", "liar", "garbage"]
    code = main(["devices", *picked, "--inventory", str(tmp_path / "devices.yaml")])
    civil(code, "".join(capsys.readouterr()), codes=[3])


def test_a_byte_now_and_then_costs_the_bound_and_no_more(stand_in: StandIn, tmp_path: Path) -> None:
    """It is no answer, however long it goes on."""
    script = "\nwhile True: os.write(1, b'['); time.sleep(0.1)"
    spec = DeviceSpec(name="here", connection="local", python=(stand_in("dripping", script),))
    begin_s = time.monotonic()
    with probe([spec], tmp_path, timeout_s=1.0, models={}) as (found,):
        assert (found.state, found.reasons) == ("offline", ("no answer within 1 s",))
    assert time.monotonic() - begin_s < 10


@pytest.mark.parametrize("of_host", [False, True])
def test_a_lock_that_is_none_is_its_boards_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_host: bool) -> None:
    """A FIFO as the board's lock, or as this host's: named, at once, with what would do."""
    spec = DeviceSpec(name="here", connection="local")
    place = Path(host_lock(spec, tmp_path)._paths[0]) if of_host else tmp_path / "board.lock"
    os.mkfifo(place)
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "board.lock"))
    begin_s = time.monotonic()
    with probe([spec], tmp_path, timeout_s=20.0, models={}) as (found,):
        assert found.state == ("unconfigured" if of_host else "failed")
        assert f"{place}: it is a FIFO and not a regular file" in found.reasons[0]
        assert ("CONFIGSPEC_CACHE_DIR" if of_host else FILE_VARIABLE) in found.reasons[0]
    assert time.monotonic() - begin_s < 10


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        ("/opt/a b/python3", "'/opt/a b/python3'"),
        ("~/venv/bin/python", "~/venv/bin/python"),
        ("~/$(id)/python", "~/'$(id)/python'"),
        ("$(touch never)", "'$(touch never)'"),
        ("docker exec; python3", "'docker exec; python3'"),
    ],
)
def test_a_command_to_copy_is_one_whatever_is_declared(python: str, typed: str) -> None:
    """A person pastes it into a shell."""
    facts: dict[str, Any] = {**dict.fromkeys(DeviceFacts.__dataclass_fields__), "llama_cpp_reason": "not there"}
    spec = DeviceSpec(name="here", connection="local", python=(python,))
    (told,) = _lacking_llama_cpp(spec, DeviceFacts(**facts))
    install, from_here = f"{typed} -m pip install --upgrade llama-cpp-python", "configspec devices setup here"
    assert told == f"not there. There: {install}, or from here: {from_here}"


FACTS = {
    **dict.fromkeys(("board", "cpu_model", "governor", "governor_reason", "memory_bytes", "llama_cpp_reason")),
    **{"platform": "L", "machine": "m", "cores": 1, "load_1min": 0.0, "python": "3", "llama_cpp_version": "1"},
    "llama_cpp_system_info": "x",
}


def answering(reason: str | None, facts: dict[str, object]) -> str:
    """A script that answers whether its lock is held, what kind of board it is, and how it is."""
    state = {"held": False, "path": None, "owner": None, "fallback_reason": reason}
    answers = [state, facts, asdict(WELL)]
    return f"for n, ok in enumerate({answers!r}, 1): sys.stdin.readline(); say(id=n, ok=ok)\nsys.stdin.read()"


@pytest.mark.parametrize(
    ("board", "back_end"), [(None, "VULKAN"), ("NVIDIA Jetson Orin Nano Developer Kit", "CUDA")], ids=["pc", "jetson"]
)
@pytest.mark.parametrize(
    ("settings", "declared"),
    [
        (LlamaCppSpec(gpu_layers=-1), "gpu_layers is all"),
        (LlamaCppSpec(varied=(("gpu_layers", (("0", 0), ("7", 7))),)), "gpu_layers is 7"),
        (LlamaCppSpec(main_gpu=1), "main_gpu is 1"),
        (LlamaCppSpec(), None),
    ],
    ids=["all", "one of a sweep", "main", "none"],
)
def test_a_gpu_that_its_build_does_not_have_makes_a_board_unconfigured(
    stand_in: StandIn, tmp_path: Path, settings: LlamaCppSpec, declared: str | None, board: str | None, back_end: str
) -> None:
    """With what is declared, what it has, and what to type there; a board of which nothing is asked is ready."""
    facts = {**FACTS, "board": board, "gpu_offload": False, "llama_devices": ["CPU"]}
    spec = DeviceSpec(
        name="o", connection="local", python=(stand_in("cpu", answering(None, facts)),), llama_cpp=settings
    )
    with probe([spec], tmp_path, timeout_s=20.0, models={}) as (found,):
        assert found.state == ("ready" if declared is None else "unconfigured")
        words = " ".join(found.reasons)
    if declared is not None:
        assert f"llama_cpp.{declared}, and its llama.cpp was built without a GPU back end" in words
        assert "it has CPU. There: CMAKE_ARGS=" in words
        assert f'"-DGGML_{back_end}=on" {interpreter(spec)} -m pip install --force-reinstall' in words


def test_a_lock_of_this_account_only_is_warned_of(stand_in: StandIn, tmp_path: Path) -> None:
    """Whatever the board's state."""
    reason = "/run/lock/configspec.lock: Permission denied"
    script = answering(reason, FACTS)
    spec = DeviceSpec(name="here", connection="local", python=(stand_in("alone", script),))
    with probe([spec], tmp_path, timeout_s=20.0, models={}) as (found,):
        assert (found.state, found.reasons) == ("ready", ())
        assert found.warnings == (f"its lock keeps out this account's runs only: {reason}",)


def test_a_figure_that_is_stated_is_told_as_declared(stand_in: StandIn, tmp_path: Path) -> None:
    """Its owner sees that it is read, and that nothing is measured."""
    spec = DeviceSpec(
        name="here",
        connection="local",
        python=(stand_in("stated", answering(None, FACTS)),),
        power=PowerSpec(meter="declared", boundary="wall", options={"watts": 6.4, "source": "a plug"}),
    )
    with probe([spec], tmp_path, timeout_s=20.0, models={}) as found:
        assert "power declared as 6.4 W (wall)" in as_text(found, None).replace("\n", " ")
