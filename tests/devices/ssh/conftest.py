"""A real OpenSSH server on loopback, whose boards are this machine under other names, and others that use them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from loopback import LACKING, Server, process_stat, sshd_path, start_server
from silent_link import Forwarder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server. Where this machine has none, the test is skipped, but for a machine of continuous integration."""
    if sshd_path() is None:
        if os.environ.get("CI"):
            pytest.fail(LACKING)
        pytest.skip(LACKING)
    started = start_server(tmp_path_factory.mktemp("sshd"))
    yield started
    started.stop()


@pytest.fixture
def own_server(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the test's own, which it may break."""
    started = start_server(tmp_path_factory.mktemp("own-sshd"))
    yield started
    if started.process.poll() is None:
        started.pull_the_plug()


@pytest.fixture
def forwarder(server: Server) -> Iterator[Forwarder]:
    """A way to the server's boards that can fall silent."""
    with Forwarder(server.port) as forwarder:
        head = f"Host *\n    Port {forwarder.port}\n    HostKeyAlias [127.0.0.1]:{server.port}\n"
        forwarder.config = server.folder / f"ssh_config_{forwarder.port}"
        forwarder.config.write_text(head + server.config.read_text())
        yield forwarder


@pytest.fixture
def controls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this test's shared connections have their folders; other tests run beside it."""
    with tempfile.TemporaryDirectory() as folder:  # a short name, for sockets
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


HOLDER = """
import sys
from pathlib import Path
from configspec.devices.device import open_device
from configspec.testbed.device_spec import DeviceSpec, SshSpec
ssh = SshSpec(destination="board-a", config=Path(sys.argv[1]))
with open_device(DeviceSpec(name="held", connection=ssh, python=(sys.executable,)), Path(sys.argv[2])) as device:
    print(device.hello.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hold_elsewhere(server: Server, agent_cache: Path) -> Callable[[], AbstractContextManager[Any]]:
    """Another run that holds board-a until its stdin closes: its process, and its agent's pid.

    With another `cache` it is as if another host had it.
    """

    @contextmanager
    def hold_elsewhere(cache: Path = agent_cache) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
        command = [sys.executable, "-c", HOLDER, str(server.config), str(cache)]
        environment = {**os.environ, "TMPDIR": str(server.folder)}  # a host that is killed cannot tidy up
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            yield process, int(process.stdout.readline())
            process.kill()

    return hold_elsewhere


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool], float], float]:
    """Wait for something to become true, at most so many seconds; returns how many it took."""

    def wait_until(is_so: Callable[[], bool], timeout_s: float) -> float:
        start_s = time.monotonic()
        while not is_so():
            assert time.monotonic() - start_s < timeout_s, f"not so after {timeout_s} s"
            time.sleep(0.02)
        return time.monotonic() - start_s

    return wait_until


@pytest.fixture
def is_alive() -> Callable[[int], bool]:
    """Whether a process runs; one that has ended, and waits for its parent, does not."""

    def is_alive(pid: int) -> bool:
        try:
            return process_stat(pid)[2] != "Z"
        except FileNotFoundError:
            return False

    return is_alive
