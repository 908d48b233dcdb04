"""Runs what sets a board up, there: its Python carries out scripts, ends them with their host, and hands files over."""

from __future__ import annotations

import base64
import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

import configspec.agent
from configspec.devices.faults import DeviceOffline, LinkLost
from configspec.devices.replies.reading import read_reply
from configspec.devices.setup.board import Board
from configspec.devices.transport.bounded_run import TooMuchOutput
from configspec.devices.transport.framing import quote
from configspec.devices.transport.local import Connection, Fault, LocalConnection
from configspec.devices.transport.ssh.ssh_client import SshClient, ssh_client
from configspec.devices.transport.ssh.ssh_connection import SshConnection
from configspec.devices.transport.ssh.upload import Interpreter, Runner, as_program, why_it_ended
from configspec.devices.transport.this_host import ThisHost
from configspec.errors import TestbedError, UsageError
from configspec.printable import printable
from configspec.testbed.device_spec import DeviceSpec, SshSpec

PROGRAM = Path(configspec.agent.__file__).with_name("setup.py")
KEY = "configspec_setup"
FACTS_S = 90.0  # connecting, a slow card's Python, an index that does not answer
POLL_S = 0.5
KEPT_BYTES = 64 * 1024  # of what a step wrote: its end
LINE_BYTES = 4096
SHOWN = 200
CLOSE_WAIT_S = 8.0  # for the program here to end what it runs
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a script ended: a shell's status, and the end of what it wrote."""

    status: int
    output: str


class Place(Runner, Protocol):
    """Where programs are run, to their end or beside others."""

    def start(self, program: Sequence[str]) -> Connection:
        """Start a program that hears when this host is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OverSsh:
    """A board behind `ssh`; see `Place`."""

    client: SshClient

    @property
    def where(self) -> str:
        return self.client.where

    def run(self, program: Sequence[str], *, stdin: bytes, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
        return self.client.run(program, stdin=stdin, timeout_s=timeout_s)

    def obstacle(self, status: int, stderr: str) -> Fault | None:
        return self.client.obstacle(status, stderr)

    def start(self, program: Sequence[str]) -> Connection:
        return SshConnection(self.client, program)


class _Here(ThisHost):
    """The machine that this runs on; see `Place`."""

    def start(self, program: Sequence[str]) -> Connection:
        return LocalConnection(program, close_wait_s=CLOSE_WAIT_S)


class BoardShell:
    """One board's Python, as `device` is called in errors. `now_s` is this host's clock."""

    def __init__(
        self, place: Place, python: Interpreter, *, device: str, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._place = place
        self._python = python
        self.device = device
        self._now_s = now_s

    def look(self, folder: str) -> Board:
        """What the board is, and what there is to set up `folder` with.

        Raises:
            UsageError: The board's key, the account on it, its login shell or its Python.
            DeviceOffline: It does not answer.
            TestbedError: It answers what cannot be.
        """
        try:
            ended = self._place.run(as_program(self._python, PROGRAM, "facts", folder), stdin=b"", timeout_s=FACTS_S)
        except subprocess.TimeoutExpired:
            raise DeviceOffline(
                f"{self.device}: offline: {self._place.where} did not say within {FACTS_S:g} s what it is."
            ) from None
        except OSError as error:
            raise UsageError(f"{self.device}: cannot start its `python`, {self._python}: {error.strerror}.") from None
        except TooMuchOutput as flood:
            raise TestbedError(
                f"{self.device}: its login shell or `python` writes without end. It began with {quote(flood.args[0])}."
            ) from None
        for line in ended.stdout.splitlines():
            board = answer(line, Board, device=self.device)
            if board is not None:
                return board
        raise why_it_ended(self._place, self._python, ended, device=self.device)

    def run(self, script: str, *, limit_s: float, heard: Callable[[str], None] = lambda line: None) -> Ended:
        """Run a script for `sh` to its end, at most `limit_s`; `heard` is called with each line that it writes.

        Raises:
            LinkLost, DeviceOffline: The way to the board.
            TestbedError: It has not ended in time.
        """
        connection = self.start("run", "")
        with contextlib.suppress(BrokenPipeError):  # it has ended already: why, its status says
            connection.send(base64.b64encode(script.encode()) + b"\n")
        ends_s, kept, line = self._now_s() + limit_s, bytearray(), bytearray()
        try:
            while (piece := connection.receive(POLL_S)) != b"":
                if self._now_s() > ends_s:
                    raise TestbedError(f"{self.device}: a step took more than {limit_s / 60:g} minutes, and was ended.")
                kept += piece or b""
                del kept[:-KEPT_BYTES]
                *whole, rest = (bytes(line) + (piece or b"")).replace(b"\r", b"\n").split(b"\n")
                line[:] = rest[-LINE_BYTES:]
                for one in whole[-1:]:  # of many at once the last: it is for people
                    heard(one[-LINE_BYTES:].decode("utf-8", "replace"))
            return self.ended(connection, bytes(kept))
        finally:
            connection.close()

    def start(self, verb: str, what: str) -> Connection:
        """The program on the board, doing that."""
        return self._place.start(as_program(self._python, PROGRAM, verb, what))

    def ended(self, connection: Connection, output: bytes) -> Ended:
        """How a program ended that wrote `output`.

        Raises:
            LinkLost, DeviceOffline: It was the way to the board that ended.
        """
        status, fault = connection.exit_status(), connection.fault()
        if fault is not None:
            raise fault.kind(f"{self.device}: {fault.what}")
        if status is None:
            raise LinkLost(f"{self.device}: it closed its output and did not end.")
        stderr = connection.stderr_tail()
        told = f"{stderr}\n{output.decode('utf-8', 'replace')}"  # its own words last: stderr is a login shell's
        return Ended(status=128 - status if status < 0 else status, output=told)


def answer(line: bytes, kind: type[T], *, device: str) -> T | None:
    """What the program on the board says in a line; None where it is another's, as of a login shell.

    Raises:
        TestbedError: It says what cannot be.
    """
    if not line.startswith(b'{"' + KEY.encode() + b'"'):
        return None
    try:
        return read_reply(kind, msgspec.json.decode(line, type=dict[str, object])[KEY])
    except (msgspec.MsgspecError, ValueError, RecursionError, KeyError) as problem:
        why = printable(str(problem), at_most=SHOWN)
        raise TestbedError(f"{device}: what the board says of itself cannot be ({why}): {quote(line)}.") from None


@contextmanager
def board_shell(spec: DeviceSpec, python: Interpreter) -> Iterator[BoardShell]:
    """The device's shell; its connection ends with the context."""
    if isinstance(spec.connection, SshSpec):
        with ssh_client(spec.connection) as client:
            yield BoardShell(_OverSsh(client=client), python, device=spec.name)
    else:
        yield BoardShell(_Here(), python, device=spec.name)
