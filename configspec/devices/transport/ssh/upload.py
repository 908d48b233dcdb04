"""The agent's archive on a board: sent once, verified there, kept under its hash.

It travels through the stdin of a program that the board's own Python runs, so that the board needs neither scp, sftp
nor rsync. Whatever a login shell prints beside that program's one line is passed over.
"""

from __future__ import annotations

import base64
import json
import math
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import configspec.agent
from configspec.agent.protocol import TOO_OLD_STATUS
from configspec.devices.faults import DeviceOffline
from configspec.devices.transport.archive import AgentArchive
from configspec.devices.transport.bounded_run import TooMuchOutput
from configspec.devices.transport.framing import quote
from configspec.devices.transport.local import last_lines
from configspec.devices.transport.ssh.ssh_client import SshClient
from configspec.errors import TestbedError, UsageError

RECEIVER = Path(configspec.agent.__file__).with_name("bootstrap.py")
ANSWER_KEY = "configspec_upload"
ASK_S = 60.0  # connecting, and a slow card's Python
SEND_S = 180.0
NOT_EXECUTABLE, NOT_FOUND = 126, 127  # a shell's status for a program that it cannot start


def upload_agent(
    client: SshClient, archive: AgentArchive, *, python: str, device: str, ends_s: float = math.inf
) -> str:
    """The archive's path on the board, where it is sent if it is not there, before `ends_s` on the host's clock.

    Raises:
        UsageError: The board's key, the account on it, its Python or the agent's folder.
        DeviceOffline: It does not answer.
        TestbedError: Its disk is full.
    """

    def receive(content: bytes, timeout_s: float) -> str | None:
        return _receive(client, archive, content, python, device, min(timeout_s, max(0.0, ends_s - time.monotonic())))

    path = receive(b"", ASK_S) or receive(archive.content, SEND_S)
    if path is None:
        raise TestbedError(f"{device}: the agent was sent and is not there. Is the board's disk sound?")
    return path


def _receive(
    client: SshClient, archive: AgentArchive, content: bytes, python: str, device: str, timeout_s: float
) -> str | None:
    # One line, whatever the board's login shell makes of others.
    receiver = f"import base64; exec(base64.b64decode('{base64.b64encode(RECEIVER.read_bytes()).decode()}'))"
    expected = [archive.file_name, archive.sha256, str(len(archive.content))]
    try:
        ended = client.run([python, "-c", receiver, *expected], stdin=content, timeout_s=timeout_s)
    except subprocess.TimeoutExpired:
        raise DeviceOffline(
            f"{device}: offline: {client.spec.destination} did not take the agent within {timeout_s:.3g} s."
        ) from None
    except TooMuchOutput as flood:
        raise TestbedError(
            f"{device}: its login shell or `python` writes without end to stdout, where one line was awaited. "
            f"It began with {quote(flood.args[0])}."
        ) from None
    for answer in _answers(ended.stdout):
        if answer.get("error"):
            kind = UsageError if answer.get("kind") == "usage" else TestbedError
            raise kind(f"{device}: the agent's place on the board: {answer['error']}.")
        return answer.get("path")
    raise _failure(client, ended, python, device)


def _answers(stdout: bytes) -> Iterator[dict[str, Any]]:
    for line in stdout.splitlines():
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get(ANSWER_KEY), dict):
            yield value[ANSWER_KEY]


def _failure(
    client: SshClient, ended: subprocess.CompletedProcess[bytes], python: str, device: str
) -> UsageError | TestbedError:
    status, stderr = ended.returncode, ended.stderr.decode("utf-8", "replace")
    fault = client.fault(status, stderr, in_use=False)
    if fault is not None:
        return fault.kind(f"{device}: {fault.what}")
    words = last_lines(stderr)
    if status == TOO_OLD_STATUS:
        return UsageError(f"{device}: {words} Name another interpreter as `python`.")
    why = {NOT_FOUND: "it is not there", NOT_EXECUTABLE: "it is not a program that may be run"}.get(status)
    told = f"cannot start its `python`, {python}: {why}" if why else f"its `python`, {python}, ended with {status}"
    return UsageError(f"{device}: {told}. It wrote: {words} It must be an interpreter of Python 3.8 or later there.")
