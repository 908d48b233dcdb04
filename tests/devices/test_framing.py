"""Messages out of a stream, whatever its pieces and whatever stands before the hello."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.devices.transport.framing import Framing, FramingError

HELLO = {"configspec_agent": 1, "sha256": None}
noise_lines = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=20)
messages = st.dictionaries(st.sampled_from(["id", "ok", "x"]), st.integers() | st.text(max_size=10), max_size=3)


def read(
    framing: Framing, stream: bytes, places: list[int], received: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    ends = sorted({min(place, len(stream)) for place in places} | {0, len(stream)})
    pieces = [stream[ends[index] : ends[index + 1]] for index in range(len(ends) - 1)]
    received = [] if received is None else received
    for piece in pieces:
        received.extend(framing.feed(piece))
    return received


def lines(*values: object) -> bytes:
    return b"".join((value if isinstance(value, str) else json.dumps(value)).encode() + b"\n" for value in values)


@given(noise=st.lists(noise_lines), sent=st.lists(messages), places=st.lists(st.integers(0, 500)))
def test_messages_do_not_depend_on_where_the_stream_is_cut(
    noise: list[str], sent: list[dict[str, Any]], places: list[int]
) -> None:
    """Split and glued lines give the same messages, and the noise before the hello is kept apart."""
    framing = Framing()
    assert read(framing, lines(*noise, HELLO, *sent), places) == [HELLO, *sent]
    assert framing.noise == noise


@given(noise=noise_lines.filter(lambda text: not text.startswith("{")), places=st.lists(st.integers(0, 200)))
def test_noise_after_the_hello_is_an_error_that_quotes_it(noise: str, places: list[int]) -> None:
    """What is not a message ends the conversation; what came before it was delivered."""
    framing = Framing()
    received: list[dict[str, Any]] = []
    with pytest.raises(FramingError, match="not a message") as caught:
        read(framing, lines(HELLO, {"id": 1}, noise), places, received)
    assert received == [HELLO, {"id": 1}]
    assert repr(noise)[1:-1] in str(caught.value)


def test_noise_has_a_limit() -> None:
    """A program that talks without end is not waited for."""
    framing = Framing(noise_limit_bytes=100)
    with pytest.raises(FramingError, match="Welcome"):
        read(framing, lines(*["Welcome to this board"] * 10), [])


@pytest.mark.parametrize("start", [b"", lines(HELLO)], ids=["before-hello", "after-hello"])
def test_a_line_without_end_is_not_held_for_ever(start: bytes) -> None:
    """The memory that one line takes is bounded, before the hello and after it."""
    framing = Framing(max_line_bytes=10_000, noise_limit_bytes=1_000)
    with pytest.raises(FramingError, match="a line of more than"):
        read(framing, start + b"x" * 20_000, [])
