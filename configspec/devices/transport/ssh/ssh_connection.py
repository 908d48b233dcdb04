"""An agent on a board that `ssh` reaches."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.devices.transport.local import BEAT_S, Fault, LocalConnection
from configspec.devices.transport.ssh.ssh_client import SshClient
from configspec.devices.transport.ssh.ssh_faults import FAILED_STATUS

CLOSE_WAIT_S = 5.0  # the end of stdin has to travel, and the agent's status back
SIGNALLED = 128  # a shell's status for a program that a signal ended, plus the signal's number


class SshConnection:
    """A subprocess too: the `ssh` that speaks with the agent."""

    def __init__(self, client: SshClient, program: Sequence[str], *, beat_s: float = BEAT_S) -> None:
        self._client = client
        self._ssh = LocalConnection(client.command(program), beat_s=beat_s, close_wait_s=CLOSE_WAIT_S)
        self._heard = False

    def send(self, data: bytes) -> None:
        """Write to the agent; BrokenPipeError where it has ended."""
        self._ssh.send(data)

    def receive(self, timeout_s: float) -> bytes | None:
        """What the agent wrote next; b"" once it has closed its end, None where nothing came in time."""
        chunk = self._ssh.receive(timeout_s)
        if chunk:
            self._heard = True
        return chunk

    def exit_status(self) -> int | None:
        """The agent's exit status, negative for a signal; None while it runs."""
        status = self._ssh.exit_status()
        return SIGNALLED - status if status is not None and SIGNALLED < status < FAILED_STATUS else status

    def fault(self) -> Fault | None:
        """What broke on the way to the agent, once `ssh` has ended; None where it was the agent that ended."""
        return self._client.fault(self._ssh.exit_status(), self.stderr_tail(), in_use=self._heard)

    def stderr_tail(self) -> str:
        """The end of what the agent, its shell and `ssh` wrote to stderr."""
        return self._ssh.stderr_tail()

    def close(self) -> None:
        """End the agent, which exits when its stdin closes, and the `ssh` that speaks with it."""
        self._ssh.close()
