"""The agent's reading of requests, without a process."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.protocol import AgentError, Deadline, encode, split_lines


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[ends[index] : ends[index + 1]] for index in range(len(ends) - 1)]


@given(lines=st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line)), places=st.lists(st.integers(0)))
def test_lines_do_not_depend_on_where_the_stream_is_cut(lines: list[bytes], places: list[int]) -> None:
    """Any pieces of a stream give its lines, with None for each that is over the limit."""
    stream = b"".join(line + b"\n" for line in lines)
    expected = [line if len(line) <= 10 else None for line in lines]
    assert list(split_lines(cut(stream, places), limit_bytes=10)) == expected


def test_a_line_without_its_end_is_not_a_request() -> None:
    """What a dying host has half written is dropped."""
    assert list(split_lines([b"whole\nhal", b"f"])) == [b"whole"]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_not_json_is_never_sent(value: float) -> None:
    """NaN and infinity are refused by the encoder: other languages cannot read them."""
    with pytest.raises(ValueError, match="JSON"):
        encode({"x": value})


def test_a_deadline_passes_when_the_host_is_gone_and_stays_so() -> None:
    """Work stops for a host that has gone, and no later request of it is begun."""
    deadline = Deadline()
    deadline.start(1000.0)
    assert not deadline.passed()
    deadline.host_is_gone()
    assert deadline.passed()
    deadline.start(1000.0)
    with pytest.raises(AgentError, match="deadline passed while drafting"):
        deadline.check("drafting")
