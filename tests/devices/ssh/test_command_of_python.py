"""`python:` as a list: an interpreter in a container or an environment, whose files need not be this host's."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from configspec.devices.device import open_device
from configspec.devices.transport.connect import interpreter
from configspec.errors import ConfigspecError, UsageError
from configspec.testbed.device_spec import DeviceSpec, SshSpec
from configspec.testbed.read import read_inventory

# `docker exec -i NAME PROGRAM...`: another environment, another home folder, and none of this host's cache.
DOCKER = """#!/bin/sh
[ "$1 $2 $3" = "exec -i jetson" ] || {{ echo "docker: no such container: $3" >&2; exit 1; }}
shift 3
exec env -i HOME={home} PATH=/usr/bin:/bin "$@"
"""


@pytest.fixture
def docker(tmp_path: Path) -> str:
    """A program that is used as docker is."""
    home, program = tmp_path / "home of the container", tmp_path / "docker"
    home.mkdir()
    program.write_text(DOCKER.format(home=f"'{home}'"), encoding="utf-8")
    program.chmod(0o755)
    return str(program)


@pytest.mark.real
def test_an_interpreter_in_a_container_gets_the_agent_there(docker, tmp_path):
    """Its own home folder keeps it, and not this host's cache."""
    spec = DeviceSpec(name="orin", connection="local", python=(docker, "exec", "-i", "jetson", sys.executable))
    for _ in range(2):  # sent, then found
        with open_device(spec, tmp_path / "cache") as device:
            assert device.describe().cores >= 1
    assert len(list((tmp_path / "home of the container/.cache/configspec/agent").glob("*.zip"))) == 1
    assert not (tmp_path / "cache/agent").exists()


@pytest.mark.real
def test_a_container_that_is_not_there_is_told(docker, agent_cache):
    """With the command, and what it wrote."""
    spec = DeviceSpec(name="orin", connection="local", python=(docker, "exec", "-i", "nano", "python3"))
    with (
        pytest.raises(
            UsageError, match=r"^orin: its `python`, .*exec -i nano python3, ended with 1\..*no such container"
        ),
        open_device(spec, agent_cache),
    ):
        pass


def test_a_program_that_is_not_there_is_told(agent_cache):
    """One error, that says which."""
    spec = DeviceSpec(name="orin", connection="local", python=("/nope/docker", "exec", "-i", "nano", "python3"))
    with (
        pytest.raises(
            UsageError, match=r"^orin: cannot start its `python`, /nope/docker exec -i nano python3: No such"
        ),
        open_device(spec, agent_cache),
    ):
        pass


@pytest.mark.real
def test_the_agents_folder_may_be_named(agent_cache, tmp_path):
    """Where the home folder cannot be written."""
    spec = DeviceSpec(name="here", connection="local", agent_folder=str(tmp_path / "data"))
    with open_device(spec, agent_cache) as device:
        assert device.describe().cores >= 1
    assert len(list((tmp_path / "data/configspec/agent").glob("*.zip"))) == 1


@pytest.mark.real
def test_a_container_behind_ssh(server, docker, agent_cache, tmp_path):
    """The words reach the board as they are."""
    with open_device(server.device(python=(docker, "exec", "-i", "jetson", sys.executable)), agent_cache) as device:
        assert device.describe().cores >= 1
    assert list((tmp_path / "home of the container/.cache/configspec/agent").glob("*.zip"))


@pytest.mark.real
def test_a_home_folder_that_cannot_be_written_behind_ssh(server, agent_cache, tmp_path):
    """The agent goes where `agent_folder` says; without it, that is what is missing."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".cache").write_text("no folder", encoding="utf-8")
    python = ("env", "-u", "XDG_CACHE_HOME", f"HOME={home}", sys.executable)
    with (
        pytest.raises(ConfigspecError, match=r"\.cache.*cannot be written"),
        open_device(server.device(python=python), agent_cache),
    ):
        pass
    named = server.device(python=python, agent_folder=f"{tmp_path}/data of configspec")
    with open_device(named, agent_cache) as device:
        assert device.describe().cores >= 1


def inventory(folder: Path, python: str) -> Path:
    path = folder / "devices.yaml"
    path.write_text(f"devices:\n  orin:\n    connection: local\n    python: {python}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("/opt/python", ("/opt/python",)),
        ("[conda, run, -n, edge, python]", ("conda", "run", "-n", "edge", "python")),
        ("[docker, exec, -i, jetson, python3]", ("docker", "exec", "-i", "jetson", "python3")),
    ],
)
def test_a_path_or_a_list(tmp_path, written, words):
    """Either is read."""
    assert interpreter(read_inventory(inventory(tmp_path, written)).devices["orin"]).words == words


@pytest.mark.parametrize("written", ["-rf", "[-c, x]", "[]", "[1]", "{a: b}", "''", "[a, '']", '["a\\nb"]'])
def test_what_starts_no_program_is_refused(tmp_path, written):
    """By its key."""
    with pytest.raises(UsageError, match=r"devices\.orin\.python"):
        read_inventory(inventory(tmp_path, written))


def test_the_default_is_whose_place_it_is():
    """The interpreter that runs configspec, here; `python3` over SSH."""
    assert interpreter(DeviceSpec(name="a", connection="local")).words == (sys.executable,)
    far = DeviceSpec(name="a", connection=SshSpec(destination="b"))
    assert interpreter(far).words == ("python3",)
    assert shutil.which("python3")
