"""What is written as JSON is read back by every reader."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.records.plain import canonical, dumps, loads

texts = st.text(st.characters())  # lone surrogates too: a file name may hold some
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_every_value_comes_back_on_one_line(value):
    """By our reader and by Python's."""
    text = dumps(value)
    assert "\n" not in text
    assert loads(text) == json.loads(text) == value


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_null(number):
    """And is read where another tool wrote it."""
    assert dumps({"a": [number]}).replace(" ", "") == '{"a":[null]}'
    assert repr(loads(json.dumps([number]))) == repr([number])


def test_what_json_has_no_word_for_is_its_text():
    """A path, a set, a key that is a number."""
    assert loads(dumps({1: Path("a"), "b": {3}, "c": (1, math.nan)})) == {"1": "a", "b": [3], "c": [1, None]}


@given(st.dictionaries(texts, values))
def test_the_order_of_keys_does_not_matter(value):
    """Content hashes are of one text."""
    assert canonical(value) == canonical(dict(reversed(value.items())))
