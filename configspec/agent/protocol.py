"""What the agent and the host say to each other: JSON, one value a line, UTF-8.

    agent   {"configspec_agent": 1, "sha256": ..., "python": ..., "pid": ..., "clock_s": ...}    the hello
    host    {"id": 7, "op": "draft", "deadline_s": 120, "k": 4}    a request: `requests/` has them all
    agent   {"id": 7, "event": {"doing", "done", "total"}}       every few seconds of a long request
    agent   {"id": 7, "ok": {...}}   or   {"id": 7, "error": {"kind", "what", "found", "hint"}}
    host    a blank line every few seconds: it is still there

Each request has exactly one answer, and any number of events before it: the agent is still there, and how far it is,
where that is known (else all three are null). `id` is null where the request was not readable. `kind` says who must
act: `usage` (the person changes something), `testbed` (the board misbehaved), `internal` (our bug).
Times are seconds of the board's monotonic clock.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator
from typing import Dict, Optional, Tuple

JsonObject = Dict[str, object]

PROTOCOL_VERSION = 1
MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_LETTERS = 4096  # of one text, as of a path; an error's traceback fits
TOO_OLD_STATUS = 3  # what the agent ends with under an interpreter older than 3.8
GONE_STATUS = 4  # what it ends itself with when the host has gone, or was silent for too long


class AgentError(Exception):
    """An error that travels to the host as data."""

    def __init__(self, kind: str, what: str, *, found: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.kind = kind
        self.what = what
        self.found = found
        self.hint = hint

    def as_json(self) -> dict[str, str | None]:
        """The `error` of an answer."""
        told = {"what": self.what, "found": self.found, "hint": self.hint}
        return {"kind": self.kind, **{name: None if text is None else shorten(text) for name, text in told.items()}}


def usage_error(what: str, *, found: str | None = None, hint: str | None = None) -> AgentError:
    """The person changes something: an argument, a file, an installation."""
    return AgentError("usage", what, found=found, hint=hint)


def board_error(what: str, *, found: str | None = None, hint: str | None = None) -> AgentError:
    """The board misbehaved, or was too slow."""
    return AgentError("testbed", what, found=found, hint=hint)


Progress = Tuple[Optional[str], Optional[int], Optional[int]]  # what is being done; how much of it, of how much
UNTOLD: Progress = (None, None, None)


class Deadline:
    """When to stop the work in hand, and how far it is. Another thread moves it to the past when the host is gone."""

    def __init__(self) -> None:
        self.at_s = math.inf  # loops compare their own time stamps with this
        self.progress = UNTOLD  # one value, which another thread reads
        self._host_gone = False

    def start(self, limit_s: float | None) -> None:
        """A new request begins, with `limit_s` seconds to go."""
        self.progress = UNTOLD
        self.at_s = math.inf if limit_s is None else time.monotonic() + limit_s
        if self._host_gone:
            self.at_s = -math.inf

    def host_is_gone(self) -> None:
        """Nobody waits for an answer any more."""
        self._host_gone = True
        self.at_s = -math.inf

    def passed(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self.at_s

    def check(self, doing: str, done: int | None = None, total: int | None = None) -> None:
        """Raise if the time is over; `doing` says what was interrupted, or goes on, with `done` of `total`."""
        self.progress = doing, done, total
        if self.passed():
            raise board_error(f"the deadline passed while {doing}")


def split_lines(chunks: Iterable[bytes], limit_bytes: int = MAX_LINE_BYTES) -> Iterator[bytes | None]:
    """The lines of a stream that arrives in pieces; None for a line over the limit.

    What is left without a line end was cut off, and is dropped.
    """
    held = bytearray()
    too_long = False
    for chunk in chunks:
        pieces = chunk.split(b"\n")
        if len(pieces) == 2 and not held and not too_long and not pieces[1] and len(pieces[0]) <= limit_bytes:
            yield pieces[0]  # one whole line, as nearly always: a round waits for this
            continue
        for index, piece in enumerate(pieces):
            if index > 0:
                yield None if too_long else bytes(held)
                held.clear()
                too_long = False
            held += piece
            if len(held) > limit_bytes:
                held.clear()
                too_long = True


_CUT = " ... "


def shorten(text: str, most: int = MAX_LETTERS) -> str:
    """The text, without its middle where it has more than `most` letters."""
    half = (most - len(_CUT)) // 2
    return text if len(text) <= most else text[:half] + _CUT + text[-half:]


_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))  # made once: it takes a while


def encode(message: JsonObject, *, errors: str = "strict") -> bytes:
    """One message as one line. NaN and infinity are not JSON: they raise ValueError.

    So do lone surrogates, as Python makes them of a file's name that is not UTF-8, unless `errors` is "replace".
    """
    return _ENCODER.encode(message).encode("utf-8", errors) + b"\n"
