"""What the agent and the host say to each other: JSON, one value a line, UTF-8.

    agent   {"configspec_agent": 1, "sha256": ..., "python": ..., "pid": ..., "clock_s": ...}    the hello
    host    {"id": 7, "op": "draft", "deadline_s": 120, "k": 4}
    agent   {"id": 7, "event": {"doing", "done", "total"}}       every few seconds of a long request
    agent   {"id": 7, "ok": {...}}   or   {"id": 7, "error": {"kind", "what", "found", "hint"}}
    host    a blank line every few seconds: it is still there

Each request has exactly one answer, and any number of events before it: the agent is still there, and how far it is,
where it tells (else all three are null). `id` is null where the request was not readable. `kind` says whose move
it is: `usage` (the person changes something), `testbed` (the board misbehaved), `internal` (our bug).
Times are seconds of the board's monotonic clock.
"""

from __future__ import annotations

import base64
import json
import math
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, Optional, Tuple

PROTOCOL_VERSION = 1
MAX_LINE_BYTES = 4 * 1024 * 1024
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
        return {"kind": self.kind, "what": self.what, "found": self.found, "hint": self.hint}


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


_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))  # made once: it takes a while


def encode(message: dict[str, Any]) -> bytes:
    """One message as one line. NaN and infinity are not JSON: they raise ValueError."""
    return _ENCODER.encode(message).encode("utf-8") + b"\n"


class Arguments:
    """The arguments of one request: each is asked for by its type, and is that or a usage error."""

    def __init__(self, op: str, values: dict[str, Any]) -> None:
        self._op = op
        self._values = values

    def allow_only(self, names: frozenset[str]) -> None:
        """Refuse an argument of another name: a misspelt one must not pass for an absent one."""
        if not self._values.keys() <= names:
            unknown = sorted(self._values.keys() - names)
            hint = "It knows: " + (", ".join(sorted(names)) or "none") + "."
            raise usage_error(f"{self._op}: unknown argument", found=repr(unknown[0]), hint=hint)

    def integer(self, name: str, *, minimum: int) -> int:
        """A whole number, at least `minimum`."""
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise self._wrong(name, f"a whole number of at least {minimum}")
        return value

    def integer_or_none(self, name: str, *, minimum: int) -> int | None:
        """A whole number, at least `minimum`; None where it is null or absent."""
        return None if self._values.get(name) is None else self.integer(name, minimum=minimum)

    def number(self, name: str, *, above: float, most: float = sys.float_info.max) -> float:
        """A finite number above `above`, and no more than `most`."""
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not above < value <= most:
            limit = f" and at most {most:g}" if most < sys.float_info.max else ""
            raise self._wrong(name, f"a number above {above:g}{limit}")
        return float(value)

    def number_or_none(self, name: str, *, above: float, most: float = sys.float_info.max) -> float | None:
        """The same; None where it is null or absent."""
        return None if self._values.get(name) is None else self.number(name, above=above, most=most)

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self._values.get(name)
        if not isinstance(value, str) or not value:
            raise self._wrong(name, "a text")
        return value

    def text_or_none(self, name: str) -> str | None:
        """The same; None where it is null or absent."""
        return None if self._values.get(name) is None else self.text(name)

    def flag(self, name: str) -> bool:
        """True or false; false where it is absent."""
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def data(self, name: str) -> bytes:
        """Bytes, in base64."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except ValueError:
            raise self._wrong(name, "base64") from None

    def tokens(self, name: str) -> list[int]:
        """A list of token ids; empty where it is absent."""
        value = self._values.get(name, [])
        if not isinstance(value, list) or not all(type(token) is int for token in value):
            raise self._wrong(name, "a list of token ids")
        return value

    def _wrong(self, name: str, wanted: str) -> AgentError:
        what = f"{self._op}: {name} must be {wanted}"
        return usage_error(what, found=_short(self._values[name]) if name in self._values else "nothing")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
