"""Requests: the same on both sides, checked by the agent, each with its handler."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import get_type_hints

import pytest
from damage import one_field_at_a_time
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.protocol import AgentError, encode
from configspec.agent.requests.forms import DATA, FLAG, TEXT, TOKENS, Request, number, read_value, whole
from configspec.agent.requests.model import CACHE_TYPES, Returns
from configspec.agent.requests.registry import REQUESTS, read_request

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3),
)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
# By type alone: what the numbers are bounded by is between these.
OF_TYPE: dict[object, st.SearchStrategy[object]] = {
    int: st.integers(1, 512),
    int | None: st.none() | st.integers(1, 512),
    float: st.floats(1e-300, 1.0),
    float | None: st.none() | st.floats(1e-300, 1.0),
    str: texts,
    str | None: st.none() | texts,
    bool: st.booleans(),
    bool | None: st.none() | st.booleans(),
    bytes: st.binary(min_size=1),
    tuple[int, ...]: st.lists(st.integers(0, 2**31 - 1)).map(tuple),
    tuple[int, ...] | None: st.none() | st.lists(st.integers(0, 8191), min_size=1).map(tuple),
    tuple[str, ...] | None: st.none() | st.lists(texts, min_size=1, max_size=16).map(tuple),
}
OF_TYPE[Mapping[str, object]] = st.dictionaries(
    texts, texts | st.integers(0, 2**31) | st.floats(0, 1e6) | st.lists(texts, max_size=3), max_size=5
)
# Of those, what takes some words only.
OF_NAME: dict[str, st.SearchStrategy[object]] = {
    "flash_attention": st.sampled_from([None, "on", "off", "auto"]),
    **dict.fromkeys(("cache_type_k", "cache_type_v"), st.sampled_from([None, *CACHE_TYPES])),
}


def of_kind(kind: type[Request]) -> st.SearchStrategy[Request]:
    """Any request of a kind, from the types of its fields."""
    types = get_type_hints(kind)
    known = {one.name: OF_TYPE[types[one.name]] for one in fields(kind) if one.name not in OF_NAME}
    if kind is Returns:  # counts of 1 or more
        known["pending"] = st.lists(st.integers(1, 512), min_size=1).map(tuple)
    named = {one.name: OF_NAME[one.name] for one in fields(kind) if one.name in OF_NAME}
    return st.builds(kind, **known, **named)


@given(st.sampled_from(REQUESTS).flatmap(of_kind))
def test_a_request_arrives_as_it_was_sent(request: Request) -> None:
    """Through JSON and the agent's checks."""
    assert read_request(request.op, json.loads(encode(request.as_json()))) == request


def test_every_request_has_a_name_of_its_own() -> None:
    """By which the agent finds its class; `tests/devices/test_every_request.py` asks each."""
    assert len({kind.op for kind in REQUESTS}) == len(REQUESTS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("flash_attention", value) for value in ("maybe", 1, True, "")),
        *(("cache_type_k", value) for value in ("q3_0", "F16", 1)),
        *(("cpus", value) for value in ([], [-1], [True], ["0"], "0-3", [8192], [0] * 8193)),
        *(("devices", value) for value in ([], [""], [1], "CUDA0", ["CUDA0"] * 17)),
        *(("mmap", value) for value in ("on", 1)),
        *(("micro_batch", value) for value in (0, 1.5, 2**31)),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(name: str, value: object) -> None:
    """Whoever sends it; llama.cpp never sees it."""
    plain = {"path": "m", "context": 8, "gpu_layers": 0, "batch": 8}
    with pytest.raises(AgentError, match=f"open: {name} must be "):
        read_request("open", {**plain, name: value})


@pytest.mark.parametrize("kind", REQUESTS)
def test_an_argument_of_another_name_is_refused(kind: type[Request]) -> None:
    """With the names that it takes: a misspelt one must not pass for an absent one."""
    with pytest.raises(AgentError, match=f"{kind.op}: unknown argument") as refused:
        read_request(kind.op, {"wrong": 1})
    assert refused.value.found == "'wrong'"
    names = ", ".join(sorted(one.name for one in fields(kind))) or "none"
    assert refused.value.hint == f"It knows: {names}."


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, one.name) for kind in REQUESTS for one in fields(kind) if one.default is MISSING]
)
def test_what_has_no_default_must_be_there(kind: type[Request], name: str) -> None:
    """The error says that nothing was found."""
    present = {one.name: value for one in fields(kind) for value in _good(kind, one.name) if one.name != name}
    with pytest.raises(AgentError, match=f"{kind.op}: {name} must be") as refused:
        read_request(kind.op, present)
    assert refused.value.found == "nothing"


def _good(kind: type[Request], name: str) -> tuple[object, ...]:
    examples: dict[object, object] = {int: 1, float: 0.5, str: "x", bytes: "eA=="}
    hint = get_type_hints(kind)[name]
    return (examples[hint],) if hint in examples else ()


@pytest.mark.parametrize(
    ("op", "values", "message", "found"),
    [
        ("draft", {"k": 0}, "k must be a whole number of at least 1", "0"),
        ("draft", {"k": True}, "k must be a whole number of at least 1", "True"),
        ("draft", {"k": None}, "k must be a whole number of at least 1", "None"),
        ("draft", {"k": 1, "append": [1.0]}, "append must be a list of token ids", "[1.0]"),
        ("draft", {"k": 1, "top_p": 1.5}, "top_p must be a number above 0 and at most 1", "1.5"),
        ("rounds", {"k": 1, "rounds": 1, "warmup": 0, "seconds": 0}, "seconds must be a number above 0", "0"),
        ("open", {"path": ""}, "path must be a string, not empty", "''"),
        ("receive", {"name": "x", "size": 1, "sha256": "y", "fresh": 1}, "fresh must be true or false", "1"),
        ("chunk", {"offset": 0, "data": "?" * 100}, "data must be base64", "'" + "?" * 76 + "..."),
        ("fly", {}, "unknown operation", "'fly'"),
        ("open", {"threads": 4294967297}, "threads must be a whole number .* at most 512", "4294967297"),
        ("open", {"context": 2**31}, "context must be a whole number .* at most 2147483647", "2147483648"),
        ("prefill", {"tokens": [2**31]}, "tokens must be a list of token ids", "[2147483648]"),
        ("prefill", {"tokens": [-1]}, "tokens must be a list of token ids", "[-1]"),
        ("open", {"path": "a\0b"}, "path must be a string", r"'a\x00b'"),
        ("open", {"path": "\ud800"}, "path must be a string", r"'\ud800'"),
        ("open", {"path": "x" * 4097}, "path must be a string", "'" + "x" * 76 + "..."),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_found(
    op: str, values: dict[str, object], message: str, found: str
) -> None:
    """One clear sentence: which argument, what it must be, what it is."""
    with pytest.raises(AgentError, match=message) as refused:
        read_request(op, values)
    assert (refused.value.kind, refused.value.found) == ("usage", found)


GOOD: dict[str, dict[str, object]] = {
    "lock": {"user": "u", "host": "h", "pid": 1, "since": "s", "run": "r"},
    "open": {"path": "p", "context": 8, "gpu_layers": -1, "batch": 8, "threads": 1, "cache_bytes": 1},
    "draft": {"k": 1, "keep": 1, "append": [1], "temperature": 0.5, "top_k": 1, "top_p": 0.5, "seed": 1},
    "rounds": {"k": 1, "rounds": 1, "warmup": 0, "seconds": 1.0},
    "score": {"start": 1, "tokens": [1, 2], "temperature": 1.0},
    "receive": {"name": "n", "size": 1, "sha256": "s", "folder": "f", "replace": True},
    "chunk": {"offset": 0, "data": "eA=="},
}


def taken_or_refused(op: str, values: dict[str, object]) -> Request | AgentError:
    try:
        return read_request(op, values)
    except AgentError as refused:
        return refused


@pytest.mark.parametrize("op", GOOD)
def test_a_damaged_request_is_a_request_or_a_usage_error(op: str) -> None:
    """One argument at a time left out or made extreme: what is taken can be sent again, what is not can be told."""
    read_request(op, GOOD[op])
    for name, values in one_field_at_a_time(GOOD[op], seed=10, at_most=1000):
        assert isinstance(values, dict)
        taken = taken_or_refused(op, values)
        if isinstance(taken, AgentError):
            assert taken.kind == "usage", name
            encode({"error": taken.as_json()}, errors="replace")
        else:
            assert read_request(op, json.loads(encode(taken.as_json()))) == taken, name


@given(value=json_values)
def test_a_value_is_of_its_type_or_a_usage_error(value: object) -> None:
    """Whatever JSON stands in an argument."""
    forms: dict[Callable[[], object], type] = {
        lambda: read_value("test", "x", value, whole(1)): int,
        lambda: read_value("test", "x", value, number(0.0)): float,
        lambda: read_value("test", "x", value, TEXT): str,
        lambda: read_value("test", "x", value, FLAG): bool,
        lambda: read_value("test", "x", value, TOKENS): tuple,
        lambda: read_value("test", "x", value, DATA): bytes,
    }
    for read, kind in forms.items():
        try:
            found: object = read()
        except AgentError as error:
            found = error
        if isinstance(found, AgentError):
            assert found.kind == "usage"
            assert found.found
        else:
            assert type(found) is kind
