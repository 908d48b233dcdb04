"""The OpenSSH client, as its user has set it up, run as a subprocess: one for each command, over one shared connection.

What `ssh` gets from us is a list of arguments. It joins those of the remote command into one string for the board's
shell, so each of them is quoted; the script that runs them there is always the same.

https://man.openbsd.org/ssh_config. It uses the first value of an option, so ours come before the user's.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from configspec.devices.transport.bounded_run import run_bounded
from configspec.devices.transport.local import Fault
from configspec.devices.transport.ssh.control_folder import control_folder
from configspec.devices.transport.ssh.ssh_faults import FAILED_STATUS, explain, login_shell_fault
from configspec.errors import UsageError
from configspec.testbed.device_spec import SshSpec

ALIVE_S = 5  # how often a server that is silent is asked whether it is there
ALIVE_COUNT = 3  # how often in vain
CONNECT_S = 10
CONTROL_S = 5.0  # for asking our own master
RESOLVE_S = 10.0
PERSIST_S = 60
# `"$@"` and not `exec`: the shell survives the program, so that a signal arrives as 128 + n; ssh itself says 255 of it,
# as it does of its own failures.
START = 'case $1 in "~/"*) p=$HOME/${1#??} ;; *) p=$1 ;; esac; shift; "$p" "$@"; exit $?'
# Ahead of it, where it matters whether the login shell runs what ssh gives it: the line goes to stderr.
SHELL_RUNS = "configspec: the shell runs"
ASK = f'echo "{SHELL_RUNS}" >&2; {START}'
SOCKET_NAME = "ssh"
# https://man.openbsd.org/ssh: a destination is [user@]hostname, or ssh://[user@]hostname[:port].
WITH_PORT = re.compile(r"([^@/]+@)?([^@/:\[\]]+|\[[0-9A-Za-z:.%]+\]):[0-9]{1,5}")
BRACKETED = re.compile(r"^([^@/]+@)?\[([0-9A-Za-z:.%]+)\]$")
HOST_KEYS = {
    "strict": ["StrictHostKeyChecking=yes"],
    "accept-new": ["StrictHostKeyChecking=accept-new"],
    "off": ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SshClient:
    """One board's `ssh`: its options, and the folder of its shared connection."""

    spec: SshSpec
    control: Path
    alive_s: int = ALIVE_S

    @property
    def where(self) -> str:
        """The destination."""
        return self.spec.destination

    def command(self, program: Sequence[str], script: str = START) -> list[str]:
        """What to start here, so that `program` runs on the board."""
        return [*self._ssh(), "--", address(self.spec.destination), shlex.join(["sh", "-c", script, "sh", *program])]

    def run(self, program: Sequence[str], *, stdin: bytes, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
        """Run `program` on the board to its end; its stderr begins with SHELL_RUNS, if the login shell lets it.

        Raises:
            subprocess.TimeoutExpired, TooMuchOutput: It was ended here.
        """
        return run_bounded(self.command(program, ASK), stdin=stdin, timeout_s=timeout_s)

    def fault(self, status: int | None, stderr: str, *, in_use: bool) -> Fault | None:
        """What broke between here and the board, if `ssh` ended with this status; None where the program ended so."""
        if status != FAILED_STATUS:
            return None
        return explain(self.spec.destination, stderr, in_use=in_use, master_alive=in_use and self._ask_master("check"))

    def obstacle(self, status: int, stderr: str) -> Fault | None:
        """What kept a program that was run to its end from being run at all: the way there, or the login shell."""
        if status == FAILED_STATUS or SHELL_RUNS in stderr:
            return self.fault(status, stderr, in_use=False)
        return login_shell_fault(status, stderr)

    def close(self) -> None:
        """End the shared connection."""
        self._ask_master("exit")

    def _ask_master(self, word: str) -> bool:
        asked = [*self._ssh(), "-O", word, "--", address(self.spec.destination)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            return subprocess.run(asked, capture_output=True, timeout=CONTROL_S, check=False).returncode == 0
        return False

    def _ssh(self) -> list[str]:
        options = [
            "BatchMode=yes",  # ask nobody
            f"ConnectTimeout={CONNECT_S}",
            f"ServerAliveInterval={self.alive_s}",
            f"ServerAliveCountMax={ALIVE_COUNT}",
            "ControlMaster=auto",
            f"ControlPath={self.control / SOCKET_NAME}",
            f"ControlPersist={PERSIST_S}",
            "ClearAllForwardings=yes",
            "RemoteCommand=none",
            "LogLevel=INFO",  # its messages at this level say what failed
            *HOST_KEYS[self.spec.host_keys],
        ]
        return ["ssh", "-T", "-x", *_config(self.spec), *(part for option in options for part in ("-o", option))]


def address(destination: str) -> str:
    """The destination as `ssh` takes it: with a port it wants a URL, and an IPv6 address without brackets.

    >>> address("board@10.0.0.7:2222"), address("board@[::1]:22"), address("board@[::1]"), address("orin")
    ('ssh://board@10.0.0.7:2222', 'ssh://board@[::1]:22', 'board@::1', 'orin')
    """
    if WITH_PORT.fullmatch(destination):
        return f"ssh://{destination}"
    return BRACKETED.sub(r"\1\2", destination)


@contextmanager
def ssh_client(spec: SshSpec, *, alive_s: int = ALIVE_S) -> Iterator[SshClient]:
    """A board's `ssh`, whose shared connection ends with the context.

    Raises:
        UsageError: This machine has no `ssh`.
    """
    _need_ssh()
    with control_folder() as control:
        client = SshClient(spec=spec, control=control, alive_s=alive_s)
        try:
            yield client
        finally:
            client.close()


def resolve(spec: SshSpec, *, device: str) -> dict[str, str]:
    """What the client's configuration makes of the destination, as `ssh -G` reports it; no connection is made.

    Raises:
        UsageError: This machine has no `ssh`, or it cannot read its configuration.
    """
    _need_ssh()
    try:
        told = subprocess.run(
            ["ssh", "-G", *_config(spec), "--", address(spec.destination)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=RESOLVE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:  # a `Match exec` of the configuration
        raise UsageError(
            f"{device}: `ssh -G {spec.destination}` did not end within {RESOLVE_S:g} s. Correct ssh's configuration."
        ) from None
    if told.returncode != 0:
        fault = explain(spec.destination, told.stderr.decode("utf-8", "replace"), in_use=False, master_alive=False)
        raise fault.kind(f"{device}: {fault.what}")
    lines = told.stdout.decode("utf-8", "replace").splitlines()
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}


def _need_ssh() -> None:
    if shutil.which("ssh") is None:
        raise UsageError("there is no `ssh` on this machine. Install the OpenSSH client.")


def _config(spec: SshSpec) -> list[str]:
    return [] if spec.config is None else ["-F", str(spec.config)]
