"""Starting a device's agent, on this machine or over SSH, with the emulated link on top where there is one."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configspec.agent.llama.own_library import VARIABLE
from configspec.agent.watch import SILENCE_S
from configspec.devices.transport.archive import AgentArchive
from configspec.devices.transport.emulated_link import EmulatedLink
from configspec.devices.transport.local import BEAT_S, Connection, LocalConnection
from configspec.devices.transport.ssh.ssh_client import ALIVE_COUNT, ALIVE_S, ssh_client
from configspec.devices.transport.ssh.ssh_connection import SshConnection
from configspec.devices.transport.ssh.upload import Interpreter, bootstrap, upload_agent
from configspec.devices.transport.this_host import ThisHost
from configspec.errors import TestbedError, UsageError
from configspec.printable import printable
from configspec.testbed.device_spec import DeviceSpec, SshSpec
from configspec.testbed.process_environment import filled_in

LINK_SEED = 2604_09722  # any fixed number: two runs meet the same jitter
PYTHON_OVER_SSH = "python3"
UNMARKED = "unmarked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """How each side knows that the other is alive.

    This host writes to the agent every `beat_s`; after `silence_s` without a byte the agent ends itself. An agent that
    works writes to this host, too. Over SSH, this host asks the board's server every `alive_s`, and gives the link up
    after three questions without an answer.
    """

    beat_s: float = BEAT_S
    silence_s: float = SILENCE_S
    alive_s: int = ALIVE_S

    @property
    def give_up_s(self) -> float:
        """How long this host waits for a sign of an agent that works; `ssh` has found a dead link by then."""
        return max(self.silence_s, (ALIVE_COUNT + 2) * self.alive_s)


HEARTBEAT = Heartbeat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a device's agent is started.

    `mark` is what another agent knows this one by, where it must be ended there. A board that has not answered at
    `ends_s`, by this host's monotonic clock, is given up.
    """

    spec: DeviceSpec
    archive: AgentArchive
    heartbeat: Heartbeat = HEARTBEAT
    mark: str = UNMARKED
    ends_s: float = math.inf


@contextmanager
def connect(start: Start, cache: Path) -> Iterator[Connection]:
    """The device's agent, started, and ended with the context. A local agent's archive is kept in `cache`."""
    spec = start.spec
    with ExitStack() as stack:
        connection: Connection
        if spec.connection is None:
            raise UsageError(f"{spec.name}: a device of recorded figures has no board to open.")
        if isinstance(spec.connection, SshSpec):
            try:
                connection = _over_ssh(stack, start, spec.connection)
            except OSError as error:  # no room for the shared connection's folder, no more processes
                raise TestbedError(f"{spec.name}: `ssh` cannot be started here: {error.strerror}.") from None
        else:
            connection = _here(start, cache)
        stack.callback(connection.close)
        if spec.link is not None:
            connection = EmulatedLink(connection, spec.link, np.random.default_rng(LINK_SEED))
        yield connection


def interpreter(spec: DeviceSpec) -> Interpreter:
    """The device's Python, as it is declared or by default."""
    default = PYTHON_OVER_SSH if isinstance(spec.connection, SshSpec) else sys.executable
    return Interpreter(words=spec.python or (default,), folder=spec.agent_folder)


def _here(start: Start, cache: Path) -> Connection:
    python, silence_s = interpreter(start.spec), str(start.heartbeat.silence_s)
    environment, beat_s = _environment(start.spec), start.heartbeat.beat_s
    try:
        if len(python.words) > 1 or python.folder is not None:  # it may be in a container, which has files of its own
            upload_agent(ThisHost(), start.archive, python=python, device=start.spec.name, ends_s=start.ends_s)
            command = bootstrap(python, _verb(environment), start.archive, silence_s, start.mark)
            return _with(environment, LocalConnection(command, beat_s=beat_s))
        command = [*python.words, str(start.archive.place_in(cache / "agent")), silence_s, start.mark]
        return LocalConnection(command, environment=environment, beat_s=beat_s)
    except OSError as error:
        raise UsageError(
            f"{start.spec.name}: cannot start its `python`, {python}: {error.strerror}. "
            "It must be an interpreter of Python 3.8 or later."
        ) from None


def _over_ssh(stack: ExitStack, start: Start, ssh: SshSpec) -> Connection:
    name, heartbeat = start.spec.name, start.heartbeat
    if ssh.host_keys == "off":
        told = f"{name}: `host_keys: off`: any machine that answers as {ssh.destination} is taken."
        warnings.warn(printable(told), stacklevel=2)
    environment = _environment(start.spec)
    client = stack.enter_context(ssh_client(ssh, alive_s=heartbeat.alive_s))
    python = interpreter(start.spec)
    upload_agent(client, start.archive, python=python, device=name, ends_s=start.ends_s)
    program = bootstrap(python, _verb(environment), start.archive, str(heartbeat.silence_s), start.mark)
    return _with(environment, SshConnection(client, program, beat_s=heartbeat.beat_s))


def _environment(spec: DeviceSpec) -> dict[str, str]:
    """The variables that the agent gets: those of `env`, and where its llama.cpp is."""
    library = spec.llama_cpp.library
    return filled_in(spec.name, spec.env, os.environ) | ({} if library is None else {VARIABLE: library})


def _verb(environment: Mapping[str, str]) -> str:
    return "run_with" if environment else "run"


def _with(environment: Mapping[str, str], connection: Connection) -> Connection:
    """The connection, after the variables went through it: the arguments of a program are anybody's to read."""
    if environment:
        with contextlib.suppress(BrokenPipeError):  # it has ended; whoever greets it learns why
            connection.send(json.dumps(environment).encode("ascii") + b"\n")
    return connection
