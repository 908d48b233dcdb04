"""Private words do not stand in what is written."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from configspec.records.redact import redacted

WORDS = {
    "ci-7.lab": "<host>",
    "ci-7": "<host>",
    "alice": "<user>",
    "/home/alice": "~",
    "alice@orin-01": "<destination>",
}
texts = st.text(st.sampled_from('ab /.:-@\n"é')) | st.sampled_from(sorted(WORDS))
documents = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["cause", "what", "platform"]), inner),
)


@given(st.lists(texts))
def test_no_word_is_left(parts):
    """Whatever stands around it, in any case of letters, as long as it is a word of its own."""
    found = redacted({"cause": [" ".join(parts), " ".join(parts).upper()]}, WORDS)
    text = json.dumps(found).casefold()
    assert not any(word in text for word in WORDS)


@given(documents)
def test_a_document_keeps_its_shape_and_is_changed_once(document):
    """Same keys, same numbers; a second time nothing happens."""
    once = redacted(document, WORDS)
    assert redacted(once, WORDS) == once
    if not any(word in json.dumps(document) for word in WORDS):
        assert once == document


def test_the_longest_word_is_meant():
    """A home folder is not a slash and a user."""
    said = "ssh cannot reach alice@orin-01: /home/alice/.ssh on ci-7.lab is of alice; malice and ci-77 are others"
    assert redacted(said, WORDS) == (
        "ssh cannot reach <destination>: ~/.ssh on <host> is of <user>; malice and ci-77 are others"
    )


def test_names_of_the_inventory_stay():
    """A device may be called as its destination is: rows are found by it."""
    row = {"fullname": "dev:alice:", "params": {"who": "alice"}, "extra_info": {"device": "alice", "note": "alice"}}
    assert redacted(row, WORDS) == {**row, "extra_info": {"device": "alice", "note": "<user>"}}


def test_without_words_nothing_is_changed():
    """The value itself comes back."""
    value = {"a": ["b"]}
    assert redacted(value, {}) is value
