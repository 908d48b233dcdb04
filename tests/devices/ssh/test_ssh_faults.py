"""What can be wrong on the way to a board, each with a real OpenSSH server and a message of its own."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from configspec.devices.device import open_device
from configspec.devices.faults import DeviceOffline, LinkLost
from configspec.devices.transport.connect import Heartbeat
from configspec.devices.transport.ssh.ssh_client import ssh_client
from configspec.devices.transport.ssh.ssh_faults import explain
from configspec.errors import TestbedError, UsageError
from configspec.testbed.device_spec import SshSpec

pytestmark = pytest.mark.real

PROMPT = list(range(2, 40))
HURRIED = Heartbeat(beat_s=0.2, silence_s=1.5, alive_s=1)


@pytest.mark.parametrize(
    ("board", "changes", "kind", "message"),
    [
        ("impostor", {}, UsageError, "cannot log in to impostor: .*has changed.*Compare the board's key"),
        ("unknown", {}, UsageError, "cannot log in to unknown: .*host key is known.*accept-new"),
        (
            "stranger",
            {},
            UsageError,
            r"cannot log in to stranger: .*Permission denied \(publickey\)\. Install this user's key",
        ),
        ("nobody-there", {}, DeviceOffline, r"offline: ssh cannot reach nobody-there: .*refused\. Is it on"),
        ("board-a", {"python": "/nope/python"}, UsageError, "`python`, /nope/python: it does not exist.*Python 3.8"),
        ("board-a", {"python": "/etc/passwd"}, UsageError, "`python`, /etc/passwd: it is not executable.*Python 3.8"),
        ("board-a", {"python": "false"}, UsageError, "its `python`, false, ended with 1.*Python 3.8"),
    ],
    ids=["impostor", "unknown", "stranger", "refused", "missing", "not-executable", "not-python"],
)
def test_a_board_that_cannot_be_opened_is_told_apart(
    server, agent_cache: Path, board: str, changes: dict[str, str], kind: type[Exception], message: str
) -> None:
    """Who must act, the device, the destination, what was found, and what would do; one line, no traceback."""
    with (
        pytest.raises(kind, match=f"^orin: .*{message}") as caught,
        open_device(server.device(board, **changes), agent_cache),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_a_host_that_nobody_knows_is_offline(server, agent_cache: Path) -> None:
    """A name without an address."""
    ssh = SshSpec(destination="no-such-board.invalid", config=server.folder / "empty_config")
    ssh.config.write_text("")  # type: ignore[union-attr]
    with (
        pytest.raises(DeviceOffline, match=r"cannot reach no-such-board\.invalid: .*not resolve.*Is it on"),
        open_device(server.device(connection=ssh), agent_cache),
    ):
        pass


def test_a_configuration_that_is_not_there_is_a_usage_error(server, agent_cache: Path) -> None:
    """It may have been deleted since the inventory was read."""
    ssh = SshSpec(destination="board-a", config=server.folder / "gone")
    with (
        pytest.raises(UsageError, match=r"Can't open user config file .*gone.*Correct the path"),
        open_device(server.device(connection=ssh), agent_cache),
    ):
        pass


@pytest.mark.parametrize(
    ("stderr", "kind"),
    [
        ("ssh: connect to host 10.0.0.9 port 22: Connection timed out", DeviceOffline),
        ("ssh: connect to host 10.0.0.9 port 22: No route to host", DeviceOffline),
        ("kex_exchange_identification: Connection closed by remote host", DeviceOffline),
        ("something that nobody has seen", DeviceOffline),
        ("Received disconnect: Too many authentication failures", UsageError),
    ],
)
def test_what_a_loopback_cannot_show_is_read_from_sshs_words(stderr: str, kind: type[Exception]) -> None:
    """Before the agent has spoken; the words stand in the message."""
    fault = explain("orin-01", stderr, in_use=False, master_alive=False)
    assert fault.kind is kind
    assert stderr in fault.what


def test_an_interpreter_without_llama_cpp_says_how_to_get_it(server, agent_cache: Path, tmp_path: Path) -> None:
    """The board is opened, and the first model is refused in one line."""
    bare = tmp_path / "bare python"
    bare.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S -I "$@"\n')
    bare.chmod(0o755)
    told = r"orin: .* cannot import llama_cpp: .*pip install llama-cpp-python"
    with (
        open_device(server.device(python=str(bare)), agent_cache) as device,
        pytest.raises(UsageError, match=told),
    ):
        device.open_model(tmp_path / "any.gguf")


def test_a_full_disk_is_told_with_its_bytes(server, agent_cache: Path, tmp_path: Path) -> None:
    """Where, how much is needed, how much is free; nothing half-written stays. A limit on a file's size does it."""
    limited = tmp_path / "limited"
    limited.write_text(f'#!/bin/sh\nulimit -f 8\nexec {shlex.quote(sys.executable)} "$@"\n')
    limited.chmod(0o755)
    folder = server.cache("full") / "configspec" / "agent"
    told = rf"^orin: .*{folder}.* cannot be written: .*; \d+ bytes are needed, \d+ are free"
    with pytest.raises(TestbedError, match=told), open_device(server.device("full", python=str(limited)), agent_cache):
        pass
    assert list(folder.iterdir()) == []


def test_an_agent_that_is_killed_is_not_taken_for_the_link(server, agent_cache: Path) -> None:
    """SIGKILL arrives as such; a new agent may take the board at once."""
    with open_device(server.device(), agent_cache) as device:
        os.kill(device.hello.pid, signal.SIGKILL)
        with pytest.raises(TestbedError, match=r"^orin: its agent was killed by SIGKILL") as caught:
            device.describe()
        assert type(caught.value) is TestbedError
        assert server.lock_is_free()
        with open_device(server.device(), agent_cache) as again:
            assert again.describe().cores >= 1


def test_a_shell_that_is_killed_is_not_taken_for_the_link(server, agent_cache: Path, is_alive, wait_until) -> None:
    """`ssh` says 255 of it, as of a lost link; but the shared connection still answers."""
    with open_device(server.device(), agent_cache) as device:
        status = Path(f"/proc/{device.hello.pid}/stat").read_text()
        os.kill(int(status.rpartition(")")[2].split()[1]), signal.SIGKILL)
        os.kill(device.hello.pid, signal.SIGKILL)
        with pytest.raises(TestbedError, match="its agent's shell was killed on board-a by a signal") as caught:
            device.describe()
        assert type(caught.value) is TestbedError


def test_a_connection_that_is_cut_is_a_lost_link(server, agent_cache: Path, is_alive, wait_until) -> None:
    """The server's process is killed: the link is lost at once, the agent ends and the board is free."""
    with open_device(server.device(), agent_cache) as device:
        os.kill(server.session_of(device.hello.pid), signal.SIGKILL)
        with pytest.raises(LinkLost, match=r"^orin: before an answer to 'describe', the link to board-a was lost"):
            device.describe(deadline_s=20)
        with pytest.raises(LinkLost):
            device.describe()
        wait_until(lambda: not is_alive(device.hello.pid) and server.lock_is_free(), 5.0)
    with open_device(server.device(), agent_cache):
        pass


def test_a_connection_that_falls_silent_is_noticed_on_both_sides(
    server, agent_cache: Path, tiny_gguf: Path, is_alive, wait_until
) -> None:
    """In the midst of drafting the server is stopped: the host gives up, the agent ends itself and frees the board."""
    pytest.importorskip("llama_cpp")
    with open_device(server.device(), agent_cache, heartbeat=HURRIED) as device, ThreadPoolExecutor(1) as work:
        device.open_model(tiny_gguf)
        device.prefill(PROMPT)
        drafting = work.submit(device.timed_rounds, 8, rounds=10**7, warmup=0, seconds=600)
        time.sleep(3 * HURRIED.silence_s)
        assert is_alive(device.hello.pid), "beats reach it while it is busy"
        session = server.session_of(device.hello.pid)
        os.kill(session, signal.SIGSTOP)
        try:
            wait_until(lambda: not is_alive(device.hello.pid) and server.lock_is_free(), 3.0)
            with pytest.raises(LinkLost, match="the link to board-a was lost"):
                drafting.result(timeout=15)
        finally:
            os.kill(session, signal.SIGKILL)


def test_a_shared_connection_that_is_killed_is_a_lost_link(
    server, agent_cache: Path, controls: Path, is_alive, wait_until
) -> None:
    """All that goes through it ends, and the board is free."""
    with open_device(server.device(), agent_cache) as device:
        (control,) = controls.glob("cs-*")
        os.kill(_master_of(control), signal.SIGKILL)
        with pytest.raises(LinkLost):
            device.describe(deadline_s=20)
        wait_until(lambda: not is_alive(device.hello.pid) and server.lock_is_free(), 5.0)


def test_a_host_that_is_killed_leaves_no_agent_and_no_lock(
    server, agent_cache: Path, hold_elsewhere, is_alive, wait_until
) -> None:
    """The end of the host's pipes travels to the board."""
    with hold_elsewhere() as (host, agent):
        assert is_alive(agent)
        assert not server.lock_is_free()
        host.kill()
        wait_until(lambda: not is_alive(agent) and server.lock_is_free(), 5.0)


def test_a_master_that_is_stopped_holds_nobody_for_ever(server, agent_cache: Path) -> None:
    """Every word with it has a deadline."""
    with ssh_client(SshSpec(destination="board-a", config=server.config)) as client:
        assert client.run([sys.executable, "-c", "print(1)"], stdin=b"", timeout_s=20).stdout == b"1\n"
        master = _master_of(client.control)
        os.kill(master, signal.SIGSTOP)
        try:
            begin_s = time.monotonic()
            client.close()
            assert time.monotonic() - begin_s < 10
        finally:
            os.kill(master, signal.SIGKILL)


def _master_of(control: Path) -> int:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # others come and go
            if str(control).encode() in (entry / "cmdline").read_bytes():
                return int(entry.name)
    raise AssertionError("no master")
