"""Accounts as bare as a new image's are reached and set up: over OpenSSH and Dropbear, whatever their login shell."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stand_in_wheels
from bare_account import ASH, FISH, BareAccount, Server, lacking, start_account
from stand_in_wheels import write_all

from configspec.cli import main
from configspec.cli.devices_setup import requirement
from configspec.devices.device import open_device
from configspec.devices.faults import DeviceBusy
from configspec.devices.probe import probe
from configspec.devices.setup.procedure import Tell, Wanted, rehearse, set_up

pytestmark = pytest.mark.real
VERSION = requirement().rpartition("==")[2] if "==" in requirement() else stand_in_wheels.VERSION


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Callable[[Server, str], BareAccount]]:
    """Makes such accounts, each with a server of its own."""
    started: list[BareAccount] = []

    def account(server: Server, shell: str) -> BareAccount:
        if (why := lacking(server, shell)) is not None:
            pytest.skip(why)
        folder = tmp_path / f"{server}{len(started)}"
        folder.mkdir()
        started.append(start_account(folder, server, shell))
        return started[-1]

    yield account
    for one in started:
        one.stop()


class Heard:
    """What is told of a set-up."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.steps: list[str] = []
        self.files: list[str] = []

    def tell(self) -> Tell:
        return Tell(line=self.lines.append, step=lambda name, line: self.steps.append(line), file=self._file)

    def _file(self, name: str) -> Callable[[int, int], None]:
        self.files.append(name)
        return lambda done, total: None


@pytest.mark.parametrize(("server", "shell"), [("dropbear", FISH), ("dropbear", ASH), ("sshd", "/bin/sh")])
def test_a_bare_account_is_a_device(account, agent_cache, server, shell):
    """It has no start-up files, no ~/.cache, umask 077 and a /tmp from which nothing can be run."""
    with open_device(account(server, shell).device(), agent_cache) as device:
        assert device.describe().cores >= 1


def test_bare_accounts_are_set_up(account, tmp_path, monkeypatch, capsys):
    """One builds llama.cpp, and is ready; its equal, with another server and shell, gets the wheel that was built."""
    wheels = write_all(tmp_path / "wheels", VERSION)
    wanted = Wanted(requirement=requirement(), accelerator="cpu", wheels=wheels)
    cache, first, heard = tmp_path / "cache", account("dropbear", ASH), Heard()
    shown = "\n".join(rehearse(first.device(), wanted, cache))
    assert "CMAKE_ARGS=-DGGML_NATIVE=ON" in shown
    assert not (first.home / "configspec").exists()

    place = set_up(first.device(), wanted, cache, heard.tell())
    assert heard.lines[-3:] == ["bare: environment: done", "bare: llama.cpp: done", "bare: install: done"]
    assert "  [1/2] Building CXX object" in heard.steps
    with probe([first.device(python=(place.python,))], cache, timeout_s=120.0, models={}) as (found,):
        assert (place.python, found.state, found.reasons) == ("~/configspec/bin/python", "ready", ())
        assert found.facts is not None
        assert found.facts.llama_cpp_system_info == "-DGGML_NATIVE=ON"

    equal = account("sshd", FISH)
    inventory = tmp_path / "devices.yaml"
    inventory.write_text(f"devices: {{bare: {{connection: {{ssh: bare, config: '{equal.config}'}}}}}}\n")
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(cache))
    asked = ["--accelerator", "cpu", "--wheels", str(wheels), "--inventory", str(inventory)]
    assert main(["devices", "setup", "bare", *asked]) == 0
    told = capsys.readouterr().out
    assert "bare: llama.cpp" not in told
    assert "at devices.bare:\n  python: ~/configspec/bin/python\n" in told
    assert re.search(rf"^bare +ready +.*llama\.cpp {re.escape(VERSION)}", told, re.MULTILINE)
    assert list(
        equal.home.glob(f"configspec/wheels/*/llama_cpp_python-{VERSION}-py3-none-linux_{platform.machine()}.whl")
    )


def test_a_board_that_another_run_has_is_not_set_up(server, hold_elsewhere, tmp_path):
    """It is busy, by its own lock too, and nothing is made on it."""
    home = tmp_path / "home"
    device = server.device(python=(f"{home}/bin/python",))
    wanted = Wanted(requirement=requirement(), accelerator="cpu", wheels=write_all(tmp_path / "wheels"))
    with hold_elsewhere(), pytest.raises(DeviceBusy, match=r"^orin: busy"):
        set_up(device, wanted, tmp_path / "cache", Heard().tell())
    assert not home.exists()
