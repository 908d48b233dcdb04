"""How bytes reach an agent and come back: today through a subprocess of this machine."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import IO, Protocol

STDERR_KEPT_BYTES = 64 * 1024
AWAKE_S = 0.001
_CLOSE_WAIT_S = 1.0


class Connection(Protocol):
    """A running agent: what it reads and what it says."""

    def send(self, data: bytes) -> None:
        """Write to the agent; BrokenPipeError where it has ended."""

    def receive(self, timeout_s: float) -> bytes | None:
        """What the agent wrote next; b"" once it has closed its end, None where nothing came in time."""

    def exit_status(self) -> int | None:
        """The agent's exit status, negative for a signal; None while it runs."""

    def stderr_tail(self) -> str:
        """The end of what it wrote to stderr."""

    def close(self) -> None:
        """End the agent, by force where need be; may be called again."""


class LocalConnection:
    """A subprocess. OSError where the program cannot be started."""

    def __init__(self, command: Sequence[str]) -> None:
        # A session of its own: Ctrl-C goes to the host alone, which then ends the agent in order.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._stdin = self._process.stdin
        self._to_agent = self._stdin.fileno()
        self._stdout = self._process.stdout
        self._ready = select.poll()
        self._ready.register(self._stdout, select.POLLIN)
        self._stderr = bytearray()
        self._drain = threading.Thread(target=self._drain_stderr, args=(self._process.stderr,), daemon=True)
        self._drain.start()

    def send(self, data: bytes) -> None:
        """Write to the agent; BrokenPipeError where it has ended."""
        sent = os.write(self._to_agent, data)
        while sent < len(data):
            sent += os.write(self._to_agent, data[sent:])

    def receive(self, timeout_s: float) -> bytes | None:
        """What the agent wrote next; b"" once it has closed its end, None where nothing came in time."""
        # Read here and not by a thread, whose handing over would cost a tenth of a small model's round; and stay awake
        # for a moment, since waking up costs as much. Whoever else wants the processor gets it.
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
            self._process.wait(timeout=_CLOSE_WAIT_S)
        return self._process.returncode

    def stderr_tail(self) -> str:
        """The end of what it wrote to stderr."""
        if self._process.poll() is not None:
            self._drain.join(timeout=_CLOSE_WAIT_S)  # its last words may still be in the pipe
        return self._stderr.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """End the agent: it goes by itself when stdin closes, and is killed where it does not."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(timeout=_CLOSE_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._drain.join(timeout=_CLOSE_WAIT_S)
        self._stdout.close()

    def _drain_stderr(self, pipe: IO[bytes]) -> None:
        # Undrained, a full pipe would stop the agent for ever.
        with pipe:
            while chunk := os.read(pipe.fileno(), 65536):
                self._stderr += chunk
                del self._stderr[:-STDERR_KEPT_BYTES]
