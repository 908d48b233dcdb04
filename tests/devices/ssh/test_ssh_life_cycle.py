"""Waiting for a board, looking at its health, and the states that `configspec devices` tells, over a real OpenSSH."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from configspec.cli import main
from configspec.devices.device import open_device
from configspec.devices.faults import DeviceBusy, DeviceUnhealthy
from configspec.devices.lock_wait import LockWait
from configspec.devices.probe import Found, Models, probe
from configspec.testbed.device_spec import DeviceSpec, HealthSpec, ReplaySpec, SshSpec

pytestmark = pytest.mark.real

ALWAYS_TOO_MUCH = 2**60


def states(devices: list[DeviceSpec], cache: Path, **models: Models) -> list[Found]:
    with probe(devices, cache, timeout_s=20.0, models=models) as found:
        return list(found)


@pytest.fixture
def bare_python(tmp_path: Path) -> str:
    """An interpreter of the board that has no llama_cpp."""
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S -I "$@"\n')
    bare.chmod(0o755)
    return str(bare)


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("other_host", [False, True])
@pytest.mark.parametrize("killed", [False, True])
def test_whoever_waits_gets_the_board_when_it_is_free(
    server, agent_cache: Path, hold_elsewhere, tmp_path: Path, other_host: bool, killed: bool
) -> None:
    """Because the other run ended, or was killed; whether this host's lock or the board's own kept it out."""
    said: list[str] = []
    waiting = LockWait(wait_s=30, poll_s=0.1, progress=said.append)
    with hold_elsewhere(tmp_path if other_host else agent_cache) as (holder, _):

        def let_go() -> None:
            while not said:
                time.sleep(0.02)
            holder.kill() if killed else holder.stdin.close()

        threading.Thread(target=let_go).start()
        with open_device(server.device(), agent_cache, wait=waiting) as device:
            assert device.describe().cores >= 1
    assert f"process {holder.pid}" in said[0]


@pytest.mark.parametrize("other_host", [False, True])
def test_whoever_has_waited_long_enough_gives_up(
    server, agent_cache: Path, hold_elsewhere, tmp_path: Path, other_host: bool
) -> None:
    """And leaves the board to whom it belongs."""
    with hold_elsewhere(tmp_path if other_host else agent_cache) as (holder, agent):
        with (
            pytest.raises(DeviceBusy, match=rf"process {holder.pid}.*Waited 1 s for it"),
            open_device(server.device(), agent_cache, wait=LockWait(wait_s=1, poll_s=0.1)),
        ):
            pass
        assert holder.poll() is None
        assert Path(f"/proc/{agent}").exists()


def test_a_board_that_is_not_as_it_must_be_is_let_go(server, agent_cache: Path) -> None:
    """Nothing is measured on it, and the next run may have it."""
    demanding = server.device(health=HealthSpec(min_free_memory_bytes=ALWAYS_TOO_MUCH))
    with (
        pytest.raises(DeviceUnhealthy, match=r"^orin: unhealthy: its available memory is .*, less than health"),
        open_device(demanding, agent_cache),
    ):
        pass
    assert server.lock_is_free()


def test_two_names_of_one_board_have_one_identity(server, agent_cache: Path) -> None:
    """They may be measured in one run; the record shows it."""
    with open_device(server.device(), agent_cache) as one, open_device(server.device("board-b"), agent_cache) as other:
        assert one.health
        assert other.health
        assert one.health.board_sha256 == other.health.board_sha256


def test_every_state_is_told_apart(server, agent_cache: Path, bare_python: str, tmp_path: Path) -> None:
    """With the reason, and for what the person can change with what to do."""
    devices = [
        server.device(name="good"),
        server.device("nobody-there", name="dark"),
        server.device(name="sick", health=HealthSpec(min_free_disk_bytes=ALWAYS_TOO_MUCH)),
        server.device("unknown", name="new"),
        server.device(name="bare", python=bare_python),
        server.device(name="pythonless", python="/nope/python"),
        server.device(name="empty", models=str(tmp_path / "gone")),
        DeviceSpec(name="here", connection="local"),
        DeviceSpec(name="paper", replay=ReplaySpec(profile=Path("paper.json"), device="x")),
    ]
    found = states(devices, agent_cache)
    assert [(one.name, one.state) for one in found] == [
        ("good", "ready"),
        ("dark", "offline"),
        ("sick", "unhealthy"),
        ("new", "unconfigured"),
        ("bare", "unconfigured"),
        ("pythonless", "unconfigured"),
        ("empty", "unconfigured"),
        ("here", "ready"),
        ("paper", "recorded"),
    ]
    told = {one.name: " ".join(one.reasons) for one in found}
    assert told["good"] == told["here"] == ""
    assert "refused" in told["dark"]
    assert "health.min_free_disk" in told["sick"]
    assert "accept-new" in told["new"]
    assert f"{bare_python} -m pip install --upgrade llama-cpp-python" in told["bare"]
    assert "it does not exist" in told["pythonless"]
    assert str(tmp_path / "gone") in told["empty"]
    assert all("\n" not in text for text in told.values())


@pytest.mark.parametrize("other_host", [False, True])
def test_a_board_that_is_busy_is_told_with_who_has_it_and_not_disturbed(
    server, agent_cache: Path, hold_elsewhere, tmp_path: Path, other_host: bool
) -> None:
    """From this host's lock, or from the board's; asking takes neither."""
    with hold_elsewhere(tmp_path if other_host else agent_cache) as (holder, _):
        (found,) = states([server.device()], agent_cache)
        assert (found.state, found.facts) == ("busy", None)
        assert found.holder is not None
        assert found.holder["pid"] == str(holder.pid)
        assert found.holder["since"].endswith("UTC")
    (found,) = states([server.device()], agent_cache)
    assert found.state == "ready"
    assert server.lock_is_free()


def test_a_board_that_says_nothing_costs_the_bound_and_no_more(
    server, agent_cache: Path, deaf_port: int, tmp_path: Path
) -> None:
    """Its neighbours are told all the same, and nothing of the attempt is left."""
    config = tmp_path / "config"
    config.write_text(f"Host deaf\n    HostName 127.0.0.1\n    Port {deaf_port}\n")
    deaf = replace(server.device(name="deaf"), connection=SshSpec(destination="deaf", config=config))
    stuck = tmp_path / "stuck"
    stuck.write_text(f"#!/bin/sh\necho $$ > '{tmp_path}/pid'\nexec sleep 600\n")
    stuck.chmod(0o755)
    begin_s = time.monotonic()
    devices = [deaf, server.device(), server.device(name="stuck", python=str(stuck))]
    with probe(devices, agent_cache, timeout_s=8, models={}) as found:
        assert time.monotonic() - begin_s < 10
    assert [one.state for one in found] == ["offline", "ready", "offline"]
    assert found[0].reasons == found[2].reasons == ("no answer within 8 s",)
    assert time.monotonic() - begin_s < 30
    assert server.lock_is_free()
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)  # which sleeps on, on the board


def test_a_board_without_its_models_is_told_what_to_bring(server, agent_cache: Path, tmp_path: Path) -> None:
    """The missing ones by name, also where the folder itself is missing; a board that has them all is ready."""
    for name in ("one.gguf", "two.gguf"):
        (tmp_path / name).touch()
    stocked = server.device(name="stocked", models=str(tmp_path))
    lacking = server.device(name="lacking", models=str(tmp_path))
    empty = server.device(name="empty", models=str(tmp_path / "gone"))
    models = Models(names=("one.gguf", "two.gguf"), push="push them")
    more = Models(names=(*models.names, "three.gguf"), push="push it")
    found = states([stocked, lacking, empty], agent_cache, stocked=models, lacking=more, empty=models)
    assert [one.state for one in found] == ["ready", "unconfigured", "unconfigured"]
    bring = "Copy them there: push"
    assert found[1].reasons == (f"1 of 3 model files are not in {tmp_path} (three.gguf). {bring} it",)
    assert found[2].reasons == (f"2 of 2 model files are not in {tmp_path}/gone (one.gguf, two.gguf). {bring} them",)


FAMILIES = "families: {f: {target: {transformers: target}, drafts: {xs: xs}, quants: [F16]}}\n"


def test_the_command_ends_well_only_if_all_are_ready(
    server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Recorded figures do not count; a name that nobody knows is a usage error."""
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("target", "xs"):
        (tmp_path / name).mkdir()
    (tmp_path / "paper.json").write_text(json.dumps({"configspec_profile": 1, "devices": {"x": {}}}))

    def board(name: str) -> str:
        return f"{{connection: {{ssh: {name}, config: {server.config}}}, python: {sys.executable}}}"

    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "f-xs-F16.gguf").touch()
    stocked = f"{board('board-a')[:-1]}, models: {tmp_path / 'models'}}}"
    boards = f"a: {stocked}, bare: {board('board-a')}, dark: {board('nobody-there')}, paper: {{replay: paper.json}}"
    devices = f"devices: {{{boards}}}\n"
    (tmp_path / "devices.yaml").write_text(devices + FAMILIES)
    path = str(tmp_path / "devices.yaml")
    assert main(["devices", "a", "paper", "--inventory", path, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["state"]) for one in told] == [("a", "ready"), ("paper", "recorded")]
    assert told[0]["health"]["loop_s"] > 0
    assert (told[1]["health"], told[1]["not_asked"]) == (None, "recorded figures have no board")
    assert main(["devices", "--inventory", path]) == 1
    table = " ".join(capsys.readouterr().out.split())
    assert "dark offline ssh cannot reach nobody-there" in table
    assert "bare unconfigured 1 of 1 model files are not in" in table
    assert f"(f-xs-F16.gguf). Copy them there: configspec models push bare --inventory {path}" in table
    assert main(["devices", "dak", "--inventory", path]) == 2
    assert "Did you mean 'dark'?" in capsys.readouterr().err
    assert main(["devices", "--timeout", "0", "--inventory", path]) == 2
