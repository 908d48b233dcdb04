"""When two vocabularies can work together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.families.vocabulary import check_vocabulary, tokens_of_folder, vocabulary_sha256

MakeFolder = Callable[..., Path]

vocabularies = st.lists(st.text(max_size=4), min_size=1, max_size=30, unique=True).map(tuple)


def padding(first: int, count: int) -> tuple[str, ...]:
    return tuple(f"[PAD{index}]" for index in range(first, first + count))


@given(vocabularies)
def test_a_vocabulary_agrees_with_itself(tokens: tuple[str, ...]) -> None:
    """Without a warning, special characters and halves of characters included."""
    assert check_vocabulary(tokens, tokens) == ()


@given(vocabularies, st.integers(1, 5))
def test_padding_on_either_side_is_only_a_warning(tokens: tuple[str, ...], count: int) -> None:
    """Embeddings are padded to round sizes; the tokens are the same, and so is their hash."""
    padded = tokens + padding(len(tokens), count)
    assert len(check_vocabulary(tokens, padded)) == len(check_vocabulary(padded, tokens)) == 1
    assert vocabulary_sha256(tokens) == vocabulary_sha256(padded)


@given(vocabularies, st.data())
def test_one_id_with_two_meanings_is_refused(tokens: tuple[str, ...], data: st.DataObject) -> None:
    """Whichever id it is, the message names it and both texts, and the hash differs."""
    index = data.draw(st.integers(0, len(tokens) - 1))
    other = (*tokens[:index], tokens[index] + "!", *tokens[index + 1 :])
    with pytest.raises(UsageError) as caught:
        check_vocabulary(tokens, other, draft_name="a.gguf", target_name="target/")
    said = str(caught.value)
    assert all(part in said for part in ("a.gguf", "target/", f"token {index} ", repr(tokens[index]), "1 ids differ"))
    assert vocabulary_sha256(tokens) != vocabulary_sha256(other)


def test_a_draft_may_know_fewer_tokens_than_its_target() -> None:
    """It can never propose them, which costs acceptance and breaks nothing."""
    (warning,) = check_vocabulary(("a", "b"), ("a", "b", "c"))
    assert "lacks 1 tokens" in warning


def test_a_draft_may_not_know_more_tokens_than_its_target() -> None:
    """The target could not even look the proposed id up."""
    with pytest.raises(UsageError, match=r"token 2 is 'c' in the draft and None in the target.*has 3 tokens.*target 2"):
        check_vocabulary(("a", "b", "c"), ("a", "b"))


def test_tokens_are_read_from_a_folder_without_transformers(make_folder: MakeFolder) -> None:
    """By id, special tokens first, rows beyond the last token as padding."""
    tokens = tokens_of_folder(make_folder(rows=270))
    assert tokens[:3] == ("<|begin|>", "<|end|>", "Ā")  # byte 0 is shown as U+0100
    assert tokens[2 + ord("a")] == "a"
    assert tokens[262:] == ("ĠĠ", "in", "re", *padding(265, 5))


def test_a_tokenizer_without_a_table_of_tokens_is_refused(make_folder: MakeFolder) -> None:
    """Unigram models keep a list of scores."""
    folder = make_folder(tokenizer={"model": {"type": "Unigram", "vocab": [["a", 0.0]]}})
    with pytest.raises(UsageError, match=r"tokenizer\.json.*Unigram"):
        tokens_of_folder(folder)
