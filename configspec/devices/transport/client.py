"""Asking an agent and getting an answer, within a deadline that both sides keep.

The agent stops its own work at the deadline. The host waits that long and a grace, then gives the device up:
it is *lost*, as it is when its process ends, when it falls silent during a request (an agent that works says so
every few seconds), or when it breaks the protocol. A lost device answers nothing more, and every later
call raises the first cause.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import math
import signal
import time
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import msgspec

from configspec.agent.protocol import GONE_STATUS, MAX_LINE_BYTES, PROTOCOL_VERSION, TOO_OLD_STATUS, JsonObject, encode
from configspec.agent.requests.forms import MOST, Request
from configspec.agent.requests.model import Open
from configspec.agent.watch import SILENCE_S
from configspec.devices.agreement import check_agreement
from configspec.devices.faults import AgentFailed
from configspec.devices.replies.board import Event, Failure, Hello
from configspec.devices.replies.reading import read_reply
from configspec.devices.transport.framing import HELLO_KEY, Framing, FramingError, quote
from configspec.devices.transport.import_trap import import_trap
from configspec.devices.transport.local import Connection, last_lines
from configspec.errors import TestbedError, UsageError
from configspec.printable import printable
from configspec.progress import Progress

GRACE_S = 10.0
PROGRESS_EVERY_S = 10.0  # between two lines about long work
T = TypeVar("T")
_SHOWN = 80  # characters of what the agent says it is doing
_FRAME_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long an agent is waited for: past its deadline, and without a word while it works.

    `progress_every_s` lies between two lines about long work.
    """

    grace_s: float = GRACE_S
    silence_s: float = SILENCE_S
    progress_every_s: float = PROGRESS_EVERY_S


LIMITS = Limits()


class AgentClient:
    """One agent behind a connection. `device` is the name that its errors, and the lines about its work, begin with."""

    def __init__(
        self,
        connection: Connection,
        *,
        device: str,
        limits: Limits = LIMITS,
        progress: Progress | None = None,
    ) -> None:
        self._connection = connection
        self._device = device
        self._limits = limits
        self._reported_s = -math.inf
        self._progress = progress
        self._framing = Framing()
        self._inbox: collections.deque[JsonObject] = collections.deque()
        self._ids = itertools.count(1)
        self._lost: TestbedError | UsageError | None = None

    @property
    def noise(self) -> tuple[str, ...]:
        """The lines that came before the hello."""
        return tuple(self._framing.noise)

    @property
    def lost(self) -> bool:
        """Whether it was given up; every later call raises why."""
        return self._lost is not None

    @property
    def cause(self) -> TestbedError | UsageError | None:
        """Why it was given up."""
        return self._lost

    def greet(self, *, sha256: str, deadline_s: float) -> Hello:
        """Wait for the hello and check that this is the agent of that hash."""
        message = self._next_message("its hello", time.monotonic() + deadline_s, deadline_s)
        version = message[HELLO_KEY]
        if version != PROTOCOL_VERSION or message.get("sha256") != sha256:
            self._lose(
                UsageError,
                f"another agent answers (protocol {_word(version)}, hash {_word(message.get('sha256'))}; this "
                f"configspec has protocol {PROTOCOL_VERSION}, hash {sha256}). Start it from the archive that this "
                "configspec makes.",
            )
        return self._read(Hello, message, message)

    def call(self, request: Request, reply: type[T], *, deadline_s: float) -> T:
        """Ask for one operation; its reply, or the error that it is.

        Raises:
            UsageError: What was asked cannot be.
            TestbedError: The board misbehaved, or is lost: it does not answer, or with another kind of message.
        """
        if self._lost is not None:
            raise self._lost.with_traceback(None)
        op, request_id = request.op, next(self._ids)
        line = self._encode(request, request_id, deadline_s)
        if len(line) > MAX_LINE_BYTES:
            raise UsageError(f"{self._device}: {op}: a request of {len(line)} bytes, at most {MAX_LINE_BYTES}.")
        sent_s = time.monotonic()
        with contextlib.suppress(BrokenPipeError):  # it ended: waiting for its answer finds out how
            self._connection.send(line)
        of_file = f" of {request.path}" if isinstance(request, Open) else ""  # which model a killed agent was opening
        answer = self._await_answer(request_id, f"{op!r}{of_file}", deadline_s + self._limits.grace_s)
        if len(answer) != 2 or not answer.keys() & {"ok", "error"}:
            self._lose(TestbedError, f"neither ok nor error in its answer to {op!r}: {quote_message(answer)}.")
        if "error" in answer:
            self._raise(op, self._read(Failure, answer["error"], answer))
        found = self._read(reply, answer["ok"], answer)
        try:
            check_agreement(request, found, time.monotonic() - sent_s, self._limits.silence_s)
        except ValueError as problem:
            self._lose(TestbedError, f"its answer to {op!r} cannot be: {problem}: {quote_message(answer)}.")
        return found

    def give_up(self, what: str) -> NoReturn:
        """The board is lost, since what it answered cannot be."""
        self._lose(TestbedError, what)

    def close(self) -> None:
        """End the agent."""
        self._connection.close()

    def _encode(self, request: Request, request_id: int, deadline_s: float) -> bytes:
        try:
            return encode({"id": request_id, "op": request.op, "deadline_s": deadline_s, **request.as_json()})
        except ValueError as problem:  # a name that is not UTF-8, a number that is none
            raise UsageError(f"{self._device}: {request.op}: what is asked cannot be sent: {problem}.") from None

    def _read(self, kind: type[T], value: object, message: JsonObject) -> T:
        try:
            return read_reply(kind, value)
        except msgspec.ValidationError as problem:
            self._lose(TestbedError, f"its message breaks the protocol: {problem}: {quote_message(message)}.")

    def _await_answer(self, request_id: int, asked: str, timeout_s: float) -> JsonObject:
        awaited, end_s = f"an answer to {asked}", time.monotonic() + timeout_s
        while True:
            message = self._next_message(awaited, end_s, timeout_s, self._limits.silence_s)
            if message.get("id") != request_id:
                self._lose(TestbedError, f"it answered {quote_message(message)} to request {request_id} ({asked}).")
            if len(message) != 2 or "event" not in message:
                return message
            self._report(self._read(Event, message["event"], message))
            if time.monotonic() > end_s:
                self._lose(TestbedError, f"no sign of {awaited} within {timeout_s:g} s.")

    def _report(self, event: Event) -> None:
        now_s = time.monotonic()
        if self._progress is None or event.doing is None or now_s < self._reported_s + self._limits.progress_every_s:
            return
        self._reported_s = now_s
        self._progress(f"{self._device}: {_describe_event(event.doing, event.done, event.total)}")

    def _next_message(self, awaited: str, end_s: float, timeout_s: float, silence_s: float = math.inf) -> JsonObject:
        while not self._inbox:
            left_s = end_s - time.monotonic()
            chunk = self._connection.receive(min(left_s, silence_s))
            if chunk is None and left_s > silence_s:
                self._lose(
                    TestbedError,
                    f"it fell silent: not a byte for {silence_s:g} s while {awaited} was awaited, and the link did "
                    "not break. Its process was stopped, or the board hangs.",
                )
            if chunk is None:
                self._lose(TestbedError, f"no sign of {awaited} within {timeout_s:g} s.")
            if not chunk:
                self._died(awaited)
            try:
                self._inbox.extend(self._framing.feed(chunk))
            except FramingError as error:
                self._lose(TestbedError, f"while waiting for {awaited}, it sent {error}.")
        return self._inbox.popleft()

    def _died(self, awaited: str) -> NoReturn:
        fault = self._connection.fault()
        if fault is not None:
            self._lose(fault.kind, f"before {awaited}, {fault.what}")
        status = self._connection.exit_status()
        words = last_lines(self._connection.stderr_tail())
        if status == TOO_OLD_STATUS and not self._framing.greeted:
            self._lose(UsageError, f"{words} Name another interpreter as `python`.")
        trap = import_trap(status, self._connection.stderr_tail())
        if trap is not None:
            self._lose(UsageError, trap)
        how = _describe_status(status)
        if self._framing.greeted or status is None or status < 0:
            self._lose(TestbedError, f"its agent {how} before {awaited}. It last wrote: {words}")
        self._lose(
            UsageError,
            f"its `python` {how} before the agent said hello; it wrote: {words} "
            "It must be an interpreter of Python 3.8 or later.",
        )

    def _lose(self, kind: type[TestbedError] | type[UsageError], what: str) -> NoReturn:
        self._lost = kind(f"{self._device}: {what}")
        self._connection.close()
        raise self._lost

    def _raise(self, op: str, failure: Failure) -> NoReturn:
        if failure.kind == "internal":
            frames = printable(_last_frames(failure.found))
            raise AgentFailed(f"{self._device}: {op}: {printable(failure.what)}, a bug of configspec: {frames}")
        found = f": {printable(failure.found)}" if failure.found else ""
        hint = f" {printable(failure.hint)}" if failure.hint else ""
        message = f"{self._device}: {printable(failure.what)}{found}.{hint}"
        if failure.kind == "usage":
            raise UsageError(message)
        raise TestbedError(message)


def quote_message(message: JsonObject) -> str:
    """A message as an error shows it."""
    try:
        return quote(encode(message).rstrip())
    except (ValueError, RecursionError):
        return "a message that no line could hold"


def _describe_event(doing: str, done: int | None, total: int | None) -> str:
    shown = printable(doing, at_most=_SHOWN)
    if done is not None and total is not None and 0 <= done <= total and total > 0:
        return f"{shown}, {100 * done // total} %"
    return shown


def _word(value: object) -> str:
    """A hash or a version, as a hello should have it."""
    known = value is None or isinstance(value, str) or (isinstance(value, int) and 0 <= value <= MOST)
    return printable(str(value), at_most=_SHOWN) if known else "of another form"


def _last_frames(traceback: str | None) -> str:
    """The end of the agent's traceback: what was raised, and where."""
    lines = [line.strip() for line in (traceback or "").splitlines() if line.strip()]
    return " | ".join(lines[-_FRAME_LINES:]) or "it did not say what"


def _describe_status(status: int | None) -> str:
    if status is None:
        return "closed its end"
    if status == GONE_STATUS:
        return "ended itself, having heard nothing from this host for too long,"
    if status == -signal.SIGKILL:
        return "was killed by SIGKILL (Linux does so when memory runs out)"
    if status == -signal.SIGABRT:
        return "was killed by SIGABRT (llama.cpp aborts when it cannot go on, mostly when memory runs out)"
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"was killed by {signal.Signals(-status).name}"
        return f"was killed by signal {-status}"
    return f"ended with status {status}"
