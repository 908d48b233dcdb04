"""How bytes reach an agent and come back through a subprocess: the agent itself, or an `ssh` that speaks with it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Protocol

from configspec.agent.protocol import shorten
from configspec.errors import TestbedError, UsageError
from configspec.printable import printable

STDERR_KEPT_BYTES = 64 * 1024
AWAKE_S = 0.001
BEAT = b"\n"  # only says that this host is still there
BEAT_S = 5.0
SEND_WAIT_S = 30.0
SLOWEST_BYTES_PER_S = 25_000  # of a link over which anything is sent
CLOSE_WAIT_S = 1.0
_STDERR_LINES, _STDERR_LETTERS = 5, 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a link ended: who must act, and what happened."""

    kind: type[TestbedError] | type[UsageError]
    what: str


class Connection(Protocol):
    """A running agent: what it reads and what it says."""

    def send(self, data: bytes) -> None:
        """Write to the agent; BrokenPipeError where it has ended."""

    def receive(self, timeout_s: float) -> bytes | None:
        """What the agent wrote next; b"" once it has closed its end, None where nothing came in time."""

    def exit_status(self) -> int | None:
        """The agent's exit status, negative for a signal; None while it runs."""

    def fault(self) -> Fault | None:
        """What broke on the way to the agent, once that has ended; None where it was the agent that ended."""

    def stderr_tail(self) -> str:
        """The end of what it wrote to stderr."""

    def close(self) -> None:
        """End the agent, by force where need be; may be called again."""


class LocalConnection:
    """A subprocess, which gets a beat every `beat_s`: its host is there. OSError where it cannot be started.

    `environment` is added to this process's own.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        beat_s: float = BEAT_S,
        close_wait_s: float = CLOSE_WAIT_S,
        send_wait_s: float = SEND_WAIT_S,
    ) -> None:
        # A session of its own: Ctrl-C goes to the host alone, which then ends the agent in order.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            env={**os.environ, **environment} if environment else None,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._close_wait_s = close_wait_s
        self._send_wait_s = send_wait_s
        self._stdin = self._process.stdin
        self._to_agent = self._stdin.fileno()
        os.set_blocking(self._to_agent, False)  # a link that takes nothing more must not hold the host for ever
        self._sending = threading.Lock()  # a beat must not split a request
        self._closed = threading.Event()
        self._stdout = self._process.stdout
        self._ready = select.poll()
        self._ready.register(self._stdout, select.POLLIN)
        self._stderr = bytearray()
        self._drain = threading.Thread(target=self._drain_stderr, args=(self._process.stderr,), daemon=True)
        self._drain.start()
        threading.Thread(target=self._beat, args=(beat_s,), daemon=True).start()

    def send(self, data: bytes) -> None:
        """Write to the agent; BrokenPipeError where it has ended, or takes nothing, or far too slowly."""
        with self._sending:
            if self._closed.is_set():
                raise BrokenPipeError("it was closed")
            try:
                sent = os.write(self._to_agent, data)
            except BlockingIOError:
                sent = 0
            if sent < len(data):
                self._send_slowly(data[sent:])

    def receive(self, timeout_s: float) -> bytes | None:
        """What the agent wrote next; b"" once it has closed its end, None where nothing came in time."""
        # Read here and not by a thread, whose handing over would cost a tenth of a small model's round; and stay awake
        # for a moment, since waking up costs as much. Any other process that needs the processor gets it.
        awake_until_s = time.monotonic() + min(timeout_s, AWAKE_S)
        while not self._ready.poll(0):
            if time.monotonic() >= awake_until_s:
                if not self._ready.poll(max(0.0, timeout_s) * 1000):
                    return None
                break
            os.sched_yield()
        return os.read(self._stdout.fileno(), 65536)

    def exit_status(self) -> int | None:
        """The agent's exit status, negative for a signal; None while it runs.

        It closes its pipes a moment before its status can be read: wait that moment.
        """
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=CLOSE_WAIT_S)
        return self._process.returncode

    def fault(self) -> Fault | None:
        """Nothing lies between this machine and its agent."""
        return None

    def stderr_tail(self) -> str:
        """The end of what it wrote to stderr."""
        if self._process.poll() is not None:
            self._drain.join(timeout=CLOSE_WAIT_S)  # its last words may still be in the pipe
        return self._stderr.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """End the agent: it exits when stdin closes, and is killed where it does not."""
        self._closed.set()
        with self._sending, contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(timeout=self._close_wait_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # with what it started: a `python` may be a script
            self._process.wait()
        self._drain.join(timeout=CLOSE_WAIT_S)
        self._stdout.close()

    def _send_slowly(self, rest: bytes) -> None:
        room = select.poll()
        room.register(self._to_agent, select.POLLOUT)
        bound_s = self._send_wait_s + len(rest) / SLOWEST_BYTES_PER_S  # for all of it: a byte now and then is no link
        end_s = time.monotonic() + bound_s
        while rest:
            left_s = end_s - time.monotonic()
            if left_s <= 0 or not room.poll(min(self._send_wait_s, left_s) * 1000):
                raise BrokenPipeError(f"{len(rest)} bytes were not taken within {bound_s:.3g} s")
            rest = rest[os.write(self._to_agent, rest) :]

    def _beat(self, beat_s: float) -> None:
        while not self._closed.wait(beat_s):
            with self._sending:
                if self._closed.is_set():  # its descriptor may be another file's by now
                    return
                try:
                    os.write(self._to_agent, BEAT)
                except BlockingIOError:  # so full that the agent has seen nothing for long: it needs no beat to end
                    continue
                except BrokenPipeError:
                    return

    def _drain_stderr(self, pipe: IO[bytes]) -> None:
        # Undrained, a full pipe would stop the agent for ever.
        with pipe:
            while chunk := os.read(pipe.fileno(), 65536):
                self._stderr += chunk
                del self._stderr[:-STDERR_KEPT_BYTES]


def last_lines(stderr: str) -> str:
    """The last of what was written to stderr, as an error shows it, with a full stop."""
    lines = [printable(line.strip()) for line in stderr.splitlines() if line.strip()]
    words = shorten(" | ".join(lines[-_STDERR_LINES:]) or "nothing", _STDERR_LETTERS)
    return words if words.endswith(".") else words + "."
