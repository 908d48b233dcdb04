"""A large object written a piece at a time is the same object."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.reporting.json_text import json_pieces

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_every_value_comes_back(value: object) -> None:
    """Whatever it is, and in ASCII."""
    text = "".join(json_pieces(value))
    assert json.loads(text) == value
    assert text.isascii()


def test_every_entry_of_an_inner_list_has_its_line() -> None:
    """So that a choice can be searched for, and two outputs compared."""
    choices = [{"rank": 1, "flags": []}, {"rank": 2, "flags": []}]
    pieces = json_pieces({"configspec": 1, "rankings": [{"device": "orin", "choices": choices}]})
    assert "".join(pieces) == (
        '{\n "configspec": 1,\n "rankings": [\n  {\n   "device": "orin",\n   "choices": [\n'
        '    {"rank": 1, "flags": []},\n    {"rank": 2, "flags": []}\n   ]\n  }\n ]\n}'
    )


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_not_finite_is_no_json(number: float) -> None:
    """It is an error, and not null."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        list(json_pieces({"rankings": [{"value": number}]}))
