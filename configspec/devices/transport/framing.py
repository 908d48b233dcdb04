"""Lines of JSON out of whatever pieces they arrive in, with the noise that precedes the agent's hello."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from configspec.agent.protocol import MAX_LINE_BYTES, JsonObject

NOISE_LIMIT_BYTES = 64 * 1024
HELLO_LIMIT_BYTES = 4 * 1024
HELLO_KEY = "configspec_agent"
_QUOTED_BYTES = 1000  # enough for 200 letters of any alphabet
_DECODER = msgspec.json.Decoder()  # ten times as fast as `json`, which a round would notice


class FramingError(Exception):
    """What arrived is not the protocol; the message quotes it."""


class Framing:
    """Feed it bytes, get messages. The first message is the hello.

    Login banners and profile scripts may print before it: that is kept in `noise`, up to a limit. After it,
    every line is a message or an error.
    """

    def __init__(self, *, max_line_bytes: int = MAX_LINE_BYTES, noise_limit_bytes: int = NOISE_LIMIT_BYTES) -> None:
        self.noise: list[str] = []
        self.greeted = False
        self._max_line_bytes = max_line_bytes
        self._noise_limit_bytes = self._noise_left = noise_limit_bytes
        self._held = bytearray()

    def feed(self, chunk: bytes) -> Iterator[JsonObject]:
        """The messages that `chunk` completes, one by one: those before an error are not lost with it."""
        *ends, rest = chunk.split(b"\n")
        if len(ends) == 1 and self.greeted and not self._held and not rest and len(chunk) <= self._max_line_bytes:
            message = self._message(ends[0])  # one whole line, as nearly always: a round waits for this
            if message is not None:
                yield message
            return
        for end in ends:
            self._hold(end)
            message = self._message(bytes(self._held))
            self._held.clear()
            if message is not None:
                yield message
        self._hold(rest)

    def _hold(self, piece: bytes) -> None:
        self._held += piece
        limit = self._max_line_bytes if self.greeted else self._noise_limit_bytes + HELLO_LIMIT_BYTES
        if len(self._held) > limit:
            raise FramingError(f"a line of more than {limit} bytes: {quote(bytes(self._held[:_QUOTED_BYTES]))}")

    def _message(self, line: bytes) -> JsonObject | None:
        value = _parse(line)
        if self.greeted:
            if not isinstance(value, dict):
                raise FramingError(f"a line that is not a message: {quote(line)}")
            return value
        if isinstance(value, dict) and HELLO_KEY in value:
            self.greeted = True
            return value
        self._noise_left -= len(line) + 1
        if self._noise_left < 0:
            raise FramingError(f"no hello among the first lines, which begin: {self.noise[:1]}")
        self.noise.append(line.decode("utf-8", "replace").rstrip("\r"))
        return None


def quote(line: bytes) -> str:
    """A line as an error shows it: one line, not too long."""
    text = repr(line[:_QUOTED_BYTES].decode("utf-8", "replace"))
    return text if len(text) <= 200 else text[:197] + "..."


def _parse(line: bytes) -> object:
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
