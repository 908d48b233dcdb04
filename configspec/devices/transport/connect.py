"""Starting a device's agent, on this machine or over SSH, with the emulated link on top where there is one."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configspec.agent.watch import SILENCE_S
from configspec.devices.transport.archive import AgentArchive
from configspec.devices.transport.emulated_link import EmulatedLink
from configspec.devices.transport.local import BEAT_S, Connection, LocalConnection
from configspec.devices.transport.ssh.ssh_client import ALIVE_COUNT, ALIVE_S, ssh_client
from configspec.devices.transport.ssh.ssh_connection import SshConnection
from configspec.devices.transport.ssh.upload import upload_agent
from configspec.errors import UsageError
from configspec.testbed.specs import DeviceSpec, SshSpec

LINK_SEED = 2604_09722  # any fixed number: two runs meet the same jitter
PYTHON_OVER_SSH = "python3"
UNMARKED = "unmarked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """How each side hears that the other is still there.

    This host tells the agent every `beat_s`; after `silence_s` without a word the agent ends itself. An agent that
    works tells this host, too. Over SSH, this host asks the board's server every `alive_s`, and gives the link up after
    three questions without an answer.
    """

    beat_s: float = BEAT_S
    silence_s: float = SILENCE_S
    alive_s: int = ALIVE_S

    @property
    def give_up_s(self) -> float:
        """How long this host waits for a word of an agent that works; `ssh` has found a dead link by then."""
        return max(self.silence_s, (ALIVE_COUNT + 2) * self.alive_s)


HEARTBEAT = Heartbeat()


@contextmanager
def connect(
    spec: DeviceSpec,
    archive: AgentArchive,
    cache: Path,
    heartbeat: Heartbeat = HEARTBEAT,
    *,
    mark: str = UNMARKED,
    ends_s: float = math.inf,
) -> Iterator[Connection]:
    """The device's agent, started, and ended with the context. A local agent's archive is kept in `cache`.

    `mark` is what another agent knows this one by, where it must be ended there. A board that has not answered at
    `ends_s`, by this host's monotonic clock, is given up.
    """
    with ExitStack() as stack:
        connection: Connection
        if spec.connection is None:
            raise UsageError(f"{spec.name}: a device of recorded figures has no board to open.")
        if isinstance(spec.connection, SshSpec):
            connection = _over_ssh(stack, spec, spec.connection, archive, heartbeat, mark, ends_s)
        else:
            connection = _here(spec, archive, cache, heartbeat, mark)
        stack.callback(connection.close)
        if spec.link is not None:
            connection = EmulatedLink(connection, spec.link, np.random.default_rng(LINK_SEED))
        yield connection


def _here(spec: DeviceSpec, archive: AgentArchive, cache: Path, heartbeat: Heartbeat, mark: str) -> Connection:
    python = spec.python or sys.executable
    agent = archive.place_in(cache / "agent")
    try:
        return LocalConnection([python, str(agent), str(heartbeat.silence_s), mark], beat_s=heartbeat.beat_s)
    except OSError as error:
        raise UsageError(
            f"{spec.name}: cannot start its `python`, {python}: {error.strerror}. "
            "It must be an interpreter of Python 3.8 or later."
        ) from None


def _over_ssh(
    stack: ExitStack,
    spec: DeviceSpec,
    ssh: SshSpec,
    archive: AgentArchive,
    heartbeat: Heartbeat,
    mark: str,
    ends_s: float,
) -> Connection:
    if ssh.host_keys == "off":
        warnings.warn(
            f"{spec.name}: `host_keys: off`: whoever answers for {ssh.destination} is taken for it.", stacklevel=2
        )
    client = stack.enter_context(ssh_client(ssh, alive_s=heartbeat.alive_s))
    python = spec.python or PYTHON_OVER_SSH
    agent = upload_agent(client, archive, python=python, device=spec.name, ends_s=ends_s)
    return SshConnection(client, [python, agent, str(heartbeat.silence_s), mark], beat_s=heartbeat.beat_s)
