"""A board without a machine: it carries out scripts by remembering them, and hands over what it was told to."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Sequence

from configspec.devices.setup.shell import KEY, BoardShell
from configspec.devices.transport.local import Fault
from configspec.devices.transport.ssh.upload import Interpreter


class ScriptedConnection:
    """A program there that writes `pieces`, ends with `status`, and notes what it was told."""

    def __init__(self, pieces: Sequence[bytes | None], status: int | None = 0, stderr: str = "") -> None:
        self.sent = b""
        self.closed = False
        self._pieces = list(pieces)
        self._status = status
        self._stderr = stderr

    def send(self, data: bytes) -> None:
        """Note it."""
        self.sent += data

    def receive(self, timeout_s: float) -> bytes | None:
        """The next piece; None where a time without any was asked for."""
        return self._pieces.pop(0) if self._pieces else b""

    def exit_status(self) -> int | None:
        """As it was given."""
        return self._status

    def fault(self) -> Fault | None:
        """None: no link can break."""
        return None

    def stderr_tail(self) -> str:
        """As it was given."""
        return self._stderr

    def close(self) -> None:
        """Note it."""
        self.closed = True


class ScriptedPlace:
    """Where every program does what `start` says, and `run` ends with `ended`."""

    where = "board"

    def __init__(
        self,
        started: Callable[[Sequence[str]], ScriptedConnection] | None = None,
        ended: subprocess.CompletedProcess[bytes] | Exception | None = None,
    ) -> None:
        self._started = started
        self._ended = ended

    def run(self, program: Sequence[str], *, stdin: bytes, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
        """What was given."""
        assert self._ended is not None
        if isinstance(self._ended, Exception):
            raise self._ended
        return self._ended

    def obstacle(self, status: int, stderr: str) -> Fault | None:
        """None: nothing is in between."""
        return None

    def start(self, program: Sequence[str]) -> ScriptedConnection:
        """What was given, for the verb and its object."""
        assert self._started is not None
        return self._started(program[-2:])


def shell(place: ScriptedPlace, times_s: Callable[[], float] = lambda: 0.0) -> BoardShell:
    """The shell of a board there."""
    return BoardShell(place, Interpreter(words=("python3",)), device="orin", now_s=times_s)


def handed_over(content: bytes, *, noise: bytes = b"", sha256: str | None = None, size: int | None = None) -> bytes:
    """A file as the program on a board hands it over."""
    told = {
        "size": len(content) if size is None else size,
        "sha256": sha256 or hashlib.sha256(content).hexdigest(),
    }
    return noise + json.dumps({KEY: told}).encode() + b"\n" + content
