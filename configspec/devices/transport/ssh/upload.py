"""The agent's archive on a board: sent once, verified there, kept under its hash.

It travels through the stdin of a program that the board's own Python runs, so that the board needs neither scp, sftp
nor rsync. Whatever a login shell prints beside that program's one line is ignored. The same program runs the archive.
"""

from __future__ import annotations

import base64
import contextlib
import math
import shlex
import subprocess
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

import configspec.agent
from configspec.agent.protocol import TOO_OLD_STATUS
from configspec.devices.bounded_values import Text
from configspec.devices.faults import DeviceOffline
from configspec.devices.transport.archive import AgentArchive
from configspec.devices.transport.bounded_run import TooMuchOutput
from configspec.devices.transport.framing import quote
from configspec.devices.transport.local import Fault, last_lines
from configspec.devices.transport.ssh.ssh_client import SHELL_RUNS
from configspec.errors import TestbedError, UsageError
from configspec.printable import printable

BOOTSTRAP = Path(configspec.agent.__file__).with_name("bootstrap.py")
ANSWER_KEY = "configspec_upload"
ASK_S = 60.0  # connecting, and a slow card's Python
SEND_S = 180.0
NOT_EXECUTABLE, NOT_FOUND = 126, 127  # a shell's status for a program that it cannot start


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What the receiving program says: the archive's `path` (None: there is none), or an `error` and who must act."""

    path: Text | None = None
    error: Text | None = None
    kind: Text | None = None


class Runner(Protocol):
    """What runs programs where the board's Python is."""

    @property
    def where(self) -> str:
        """What people call the place."""

    def run(self, program: Sequence[str], *, stdin: bytes, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end; subprocess.TimeoutExpired or TooMuchOutput where it was ended here."""

    def obstacle(self, status: int, stderr: str) -> Fault | None:
        """What kept the program from being run at all; None where it was the program that ended with this status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """The board's Python, by the words that start it, and the folder for the agent: None is its cache folder."""

    words: tuple[str, ...]
    folder: str | None = None

    def __str__(self) -> str:
        """As a shell there has it; `~/` at the beginning is the home folder."""
        home = "~/" if self.words[0].startswith("~/") else ""
        return home + shlex.join([self.words[0].removeprefix("~/"), *self.words[1:]])


def bootstrap(python: Interpreter, verb: str, archive: AgentArchive, *arguments: str) -> list[str]:
    """What to start on the board, so that it does to the archive what `verb` says."""
    return as_program(python, BOOTSTRAP, verb, python.folder or "", archive.file_name, archive.sha256, *arguments)


def as_program(python: Interpreter, source: Path, *arguments: str) -> list[str]:
    """What to start on the board, so that its Python runs a file of this host."""
    # One line, whatever the board's login shell makes of others. The home folder, in which it starts, holds no modules.
    # Packed, for Dropbear takes no command of more than 9,000 bytes (MAX_CMD_LEN in its sysoptions.h).
    text = base64.b64encode(zlib.compress(source.read_bytes(), 9)).decode()
    unpacked = f"exec(zlib.decompress(base64.b64decode('{text}')))"
    program = f"import sys; sys.path[:] = filter(None, sys.path); import base64, zlib; {unpacked}"
    return [*python.words, "-c", program, *arguments]


def upload_agent(
    client: Runner, archive: AgentArchive, *, python: Interpreter, device: str, ends_s: float = math.inf
) -> str:
    """The archive's path on the board, where it is sent if it is missing, before `ends_s` on the host's clock.

    Raises:
        UsageError: The board's key, the account on it, its login shell, its Python or the agent's folder.
        DeviceOffline: It does not answer.
        TestbedError: Its disk is full.
    """
    upload = _Upload(client=client, archive=archive, python=python, device=device)

    def left_s(most_s: float) -> float:
        return min(most_s, max(0.0, ends_s - time.monotonic()))

    path = upload.receive(b"", left_s(ASK_S)) or upload.receive(archive.content, left_s(SEND_S))
    if path is None:
        raise TestbedError(f"{device}: the agent was sent but is missing. Is the board's disk sound?")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    client: Runner
    archive: AgentArchive
    python: Interpreter
    device: str

    def receive(self, content: bytes, timeout_s: float) -> str | None:
        """The archive's path after the board was given `content`, None where it does not exist."""
        size = str(len(self.archive.content))
        program = bootstrap(self.python, "receive", self.archive, size)
        try:
            ended = self.client.run(program, stdin=content, timeout_s=timeout_s)
        except subprocess.TimeoutExpired:
            raise DeviceOffline(
                f"{self.device}: offline: {self.client.where} did not take the agent within {timeout_s:.3g} s."
            ) from None
        except TooMuchOutput as flood:
            raise TestbedError(
                f"{self.device}: its login shell or `python` writes without end to stdout, where one line was "
                f"expected. It began with {quote(flood.args[0])}."
            ) from None
        for answer in _answers(ended.stdout):
            if answer.error:
                kind = UsageError if answer.kind == "usage" else TestbedError
                raise kind(f"{self.device}: the agent's folder on the board: {printable(answer.error)}.")
            return answer.path
        raise why_it_ended(self.client, self.python, ended, device=self.device)


def why_it_ended(
    client: Runner, python: Interpreter, ended: subprocess.CompletedProcess[bytes], *, device: str
) -> UsageError | TestbedError:
    """Why the board's Python did not answer: the way there, the login shell, or the interpreter itself."""
    status, stderr = ended.returncode, ended.stderr.decode("utf-8", "replace")
    fault = client.obstacle(status, stderr)
    if fault is not None:
        return fault.kind(f"{device}: {fault.what}")
    words = last_lines(stderr.replace(SHELL_RUNS, ""))
    if status == TOO_OLD_STATUS:
        return UsageError(f"{device}: {words} Name another interpreter as `python`.")
    why = {NOT_FOUND: "it does not exist", NOT_EXECUTABLE: "it is not executable"}.get(status)
    named = f"its `python`, {python}"
    told = f"cannot start {named}: {why}" if why else f"{named}, ended with {status}"
    return UsageError(f"{device}: {told}. It wrote: {words} It must be an interpreter of Python 3.8 or later there.")


def _answers(stdout: bytes) -> Iterator[_Answer]:
    for line in stdout.splitlines():
        with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError, KeyError):
            yield msgspec.convert(msgspec.json.decode(line, type=dict[str, object])[ANSWER_KEY], _Answer)
