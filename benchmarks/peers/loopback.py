"""A real OpenSSH server on loopback, with boards that are this machine under other names.

It runs as the user who starts it, or as root where that is the user, with keys, port and configuration of its own.
Each board has its own lock and its own cache, which the client's configuration sends as environment variables. The
tests and the benchmarks of boards share it.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from configspec.agent.board.flock import FILE_VARIABLE
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec, SshSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

BOARDS = ("board-a", "board-b", "noisy", "stranger", "impostor", "nobody-there", "unknown", "full")
START_S = 20  # of a server
LACKING = "no OpenSSH client and server here (packages openssh-client and openssh-server)"
SERVER = """
Port {port}
ListenAddress 127.0.0.1
ListenAddress 127.0.0.2
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/authorized_keys
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AcceptEnv CONFIGSPEC_* XDG_CACHE_HOME
LogLevel VERBOSE
"""
CLIENT = """
Host impostor
    UserKnownHostsFile {folder}/other_known_hosts
Host unknown
    UserKnownHostsFile {folder}/empty_known_hosts
    HostKeyAlias newcomer
Host stranger
    IdentityFile {folder}/strange_key
Host noisy
    IdentityFile {folder}/noisy_key
Host * !stranger !noisy
    IdentityFile {folder}/user_key
Host nobody-there
    Port {unused_port}
Host board-b
    HostName 127.0.0.2
Host *
    HostName 127.0.0.1
    Port {port}
    User {user}
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile /dev/null
"""


@dataclass(slots=True, kw_only=True)
class Server:
    """The server's folder and port, and how to reach its boards."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def config(self) -> Path:
        """The client's configuration, in which the boards are."""
        return self.folder / "ssh_config"

    def device(self, board: str = "board-a", **changes: object) -> DeviceSpec:
        """A board of this server as the inventory would declare it."""
        fields = {
            "name": "orin",
            "connection": SshSpec(destination=board, config=self.config),
            "python": (sys.executable,),
            "llama_cpp": LlamaCppSpec(threads=1, context=512),
        }
        if isinstance(changes.get("python"), str):
            changes["python"] = (changes["python"],)
        return DeviceSpec(**{**fields, **changes})  # type: ignore[arg-type]

    def lock(self, board: str = "board-a") -> Path:
        """The board's lock."""
        return self.folder / f"{board}.lock"

    def cache(self, board: str = "board-a") -> Path:
        """The board's cache."""
        return self.folder / f"{board} cache"

    def lock_is_free(self, board: str = "board-a") -> bool:
        """Whether another run could have the board."""
        with self.lock(board).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    def session_of(self, pid: int) -> int:
        """The server's process for the session in which `pid` runs."""
        while True:
            name, parent, _ = process_stat(pid)
            if name.startswith("sshd"):
                return pid
            assert parent > 1, "no sshd above it"
            pid = parent

    def stop(self) -> None:
        """End the server; sessions that are open go on."""
        self.process.terminate()
        self.process.wait(timeout=10)

    def pull_the_plug(self) -> None:
        """All that the board runs is gone at once: the server, its sessions, and what runs in them."""
        for pid in [self.process.pid, *_below(self.process.pid)]:
            with contextlib.suppress(ProcessLookupError):  # it may end by itself between the look and the signal
                os.kill(pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def boot(self) -> None:
        """Start the server again, on the same port."""
        self.process = _start_sshd(self.folder, self.port)


def start_server(folder: Path) -> Server:
    """The server, answering."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # it insists on it
    for key in ("host_key", "other_host_key", "user_key", "strange_key", "noisy_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
    port, unused_port = _free_port(), _free_port()
    (folder / "authorized_keys").write_text(_authorized(folder))
    for name, key in (("known_hosts", "host_key"), ("other_known_hosts", "other_host_key")):
        (folder / name).write_text(f"[127.0.0.1]:{port},[127.0.0.2]:{port} {(folder / f'{key}.pub').read_text()}")
    boards = "".join(
        f'Host {board}\n    SetEnv {FILE_VARIABLE}="{folder}/{board}.lock" XDG_CACHE_HOME="{folder}/{board} cache"\n'
        for board in BOARDS
    )
    words = {"folder": folder, "port": port, "unused_port": unused_port, "user": getpass.getuser()}
    (folder / "ssh_config").write_text(boards + CLIENT.format(**words))
    (folder / "sshd_config").write_text(SERVER.format(**words))
    return Server(folder=folder, port=port, process=_start_sshd(folder, port))


def _start_sshd(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """The server's process, answering."""
    sshd = sshd_path()
    if sshd is None:
        raise UsageError(LACKING)
    process = subprocess.Popen([sshd, "-D", "-f", folder / "sshd_config", "-E", folder / "sshd.log"])
    return answering(process, port, log=folder / "sshd.log")


def answering(process: subprocess.Popen[bytes], port: int, *, log: Path) -> subprocess.Popen[bytes]:
    """The process of a server, once its port takes connections; killed, and its log told, where it does not start."""
    end_s = time.monotonic() + START_S
    while time.monotonic() < end_s and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            time.sleep(0.02)
    process.kill()
    raise RuntimeError(f"{process.args!r} did not start: {log.read_text()}")


def _authorized(folder: Path) -> str:
    plain = (folder / "user_key.pub").read_text()
    # A login shell that speaks before and, to stderr, beside the command.
    command = r'command="echo Welcome; echo {}; echo psst >&2; eval \"$SSH_ORIGINAL_COMMAND\""'
    return f"{plain}{command} {(folder / 'noisy_key.pub').read_text()}"


def process_stat(pid: int) -> tuple[str, int, str]:
    """Name, parent and state of a process: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html."""
    name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
    state, parent = rest.split()[:2]
    return name, int(parent), state


def _below(pid: int) -> list[int]:
    """The processes that descend from `pid`."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            parents[int(entry.name)] = process_stat(int(entry.name))[1]
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def sshd_path() -> str | None:
    """Where the server is installed; None where it is not, or the client is not."""
    if shutil.which("ssh") is None:
        return None
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
