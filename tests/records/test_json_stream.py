"""A document that is read a piece at a time says what it says when it is read whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import RecordError
from configspec.records.json_stream import stream

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("streamed") / "d.json"


@given(
    st.dictionaries(st.text().filter(lambda key: key != "rows"), VALUES, max_size=4),
    st.lists(VALUES, max_size=6),
    st.sampled_from([None, 1, 4]),
    st.integers(1, 40),
)
def test_every_value_comes_back(path, outer, rows, indent, chunk):
    """Whatever the values, the layout and where the pieces end."""
    path.write_text(json.dumps({**outer, "rows": rows}, indent=indent), encoding="utf-8")
    found = list(stream(path, "rows", chunk=chunk))
    assert [value for key, value in found if key is None] == rows
    assert {key: value for key, value in found if key is not None} == {**outer, "rows": []}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "cut short"),
        ('{"a": 1', "cut short"),
        ('{"rows": [1, 2', "cut short"),
        ('{"rows": [{"a": "b', "cut short"),
        ("[1]", "not JSON"),
        ('{"rows": [1 2]}', "not JSON"),
        ('{"a" 1}', "not JSON"),
        ("{1: 2}", "a key is missing"),
        ("[" * 100_000, "not JSON"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_document_is_told(path, text, word):
    """Cut short or no JSON, with the file's name."""
    path.write_text(text)
    with pytest.raises(RecordError, match=word) as told:
        list(stream(path, "rows"))
    assert str(path) in str(told.value)


def test_bytes_that_are_no_text_are_told(path):
    """As such."""
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(RecordError, match="not text"):
        list(stream(path, "rows"))


def test_a_list_that_is_something_else_is_one_value(path):
    """`rows` that is no list is handed over as it is."""
    path.write_text('{"rows": {"a": 1}}')
    assert list(stream(path, "rows")) == [("rows", {"a": 1})]
