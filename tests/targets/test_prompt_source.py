"""One tokenising rule: what begins a prompt, and what a special token's name in it is."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from configspec.targets.prompt_source import begun, prompt_ids
from configspec.testbed.chat_spec import SpecialTokens

ids = st.lists(st.integers(0, 3), max_size=6).map(tuple)
prefixes = st.lists(st.integers(0, 3), max_size=3, unique=True).map(tuple)


@given(prefixes, ids)
def test_a_text_begins_with_the_prefix_once(prefix: tuple[int, ...], text: tuple[int, ...]) -> None:
    """It begins with all of it, nothing of the text is lost, and no shorter beginning would do."""
    found = begun(prefix, text)
    assert found[: len(prefix)] == prefix
    assert found[len(found) - len(text) :] == text
    shorter = (prefix[:cut] + text for cut in range(len(found) - len(text)))
    assert all(one[: len(prefix)] != prefix for one in shorter)


@given(prefixes, ids)
def test_a_second_time_changes_nothing(prefix: tuple[int, ...], text: tuple[int, ...]) -> None:
    """A template that writes what the tokenizer adds does not double it."""
    assert begun(prefix, begun(prefix, text)) == begun(prefix, text)


@dataclass
class Letters:
    """Each letter is a token; `^` is begin-of-text where special tokens are parsed."""

    prefix: tuple[int, ...] = (0,)

    def encode(self, text: str, special_tokens: SpecialTokens) -> tuple[int, ...]:
        return tuple(0 if letter == "^" and special_tokens == "parse" else ord(letter) for letter in text)


def test_a_plain_text_that_names_the_prefix_is_text() -> None:
    """Only what is parsed as the token stands for it."""
    assert prompt_ids(Letters(), "^a", "text") == (0, ord("^"), ord("a"))
    assert prompt_ids(Letters(), "^a", "parse") == prompt_ids(Letters(), "a", "parse") == (0, ord("a"))
