"""When two vocabularies can work together."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.families.gguf.gguf_facts import read_facts
from configspec.families.token_meaning import Kind
from configspec.families.vocabulary import (
    Vocabulary,
    check_vocabulary,
    compare_vocabularies,
    vocabulary_of_folder,
    vocabulary_sha256,
)

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
    with pytest.raises(
        UsageError, match=r"token 2 is 'c' in the draft and no token in the target.*has 3 tokens.*target 2"
    ):
        check_vocabulary(("a", "b", "c"), ("a", "b"))


def test_tokens_are_read_from_a_folder_without_transformers(make_folder: MakeFolder) -> None:
    """By id, special tokens first, rows beyond the last token as padding."""
    tokens = vocabulary_of_folder(make_folder(rows=270)).tokens
    assert tokens[:3] == ("<|begin|>", "<|end|>", "Ā")  # byte 0 is shown as U+0100
    assert tokens[2 + ord("a")] == "a"
    assert tokens[262:] == ("ĠĠ", "in", "re", *padding(265, 5))


def test_a_tokenizer_without_a_table_of_tokens_is_refused(make_folder: MakeFolder) -> None:
    """Unigram models keep a list of scores."""
    folder = make_folder(tokenizer={"model": {"type": "Unigram", "vocab": [["a", 0.0]]}})
    with pytest.raises(UsageError, match=r"tokenizer\.json.*Unigram"):
        vocabulary_of_folder(folder)


def test_a_folder_and_its_gguf_have_one_vocabulary(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Tokens, pre-tokeniser and special tokens, as the folder says and as the file does."""
    pytest.importorskip("gguf")
    from configspec.families.gguf.gguf_writer import write_gguf

    unused: dict[int, Kind] = dict.fromkeys(range(265, 272), "unused")
    for architecture, first, name in (
        ("LlamaForCausalLM", "<|begin|>", "llama-bpe"),
        ("Qwen3ForCausalLM", None, "qwen2"),
    ):
        folder, path = make_folder(name, architecture=architecture, first=first), tmp_path / f"{name}.gguf"
        write_gguf(folder, path)
        here, there = vocabulary_of_folder(folder), read_facts(path).vocabulary
        assert replace(here, name="") == replace(there, name="")
        assert (here.kinds, here.alphabet) == ({0: "control", 1: "control", **unused}, "bytes")
        assert (here.pre_tokenizer, here.bos, here.eos) == (name, 0 if first else None, 1)
        assert here.adds_bos == (first is not None)
        assert compare_vocabularies(there, here) == ()


def test_what_costs_only_acceptance_is_a_warning(make_folder: MakeFolder) -> None:
    """Another way to cut text, another end, a begin-of-text: the target's ids mean the same nevertheless."""
    target = vocabulary_of_folder(make_folder(first="<|begin|>"))
    draft = replace(target, name="draft.gguf", pre_tokenizer="qwen2", bos=5, eos=0, adds_bos=False)
    cut, begin, end, added = compare_vocabularies(draft, target)
    assert cut == f"draft.gguf cuts text into words as 'qwen2', {target.name} as 'llama-bpe'"
    assert begin.startswith("draft.gguf begins a text with token 5 (")
    assert end == f"draft.gguf ends a text with token 0 ('<|begin|>'), {target.name} with token 1 ('<|end|>')"
    assert added == f"{target.name} puts a begin-of-text before every text, draft.gguf does not"


def test_of_a_token_that_stands_twice_the_last_counts_as_for_the_tokenizers_package(make_folder: MakeFolder) -> None:
    """Such files load everywhere: what is converted and compared is what the target's own reader makes of them."""
    tokenizers = pytest.importorskip("tokenizers")
    path = make_folder() / "tokenizer.json"
    path.write_text(path.read_text().replace('"vocab": {', '"vocab": {"re": 300, ', 1))
    assert json.loads(path.read_text(), object_pairs_hook=list) != json.loads(path.read_text())
    theirs = tokenizers.Tokenizer.from_file(str(path)).get_vocab()
    ours = vocabulary_of_folder(path.parent).tokens
    assert {text: ours.index(text) for text in theirs} == theirs
    assert theirs["re"] != 300


def test_what_is_not_known_is_not_compared() -> None:
    """A file that leaves it to llama.cpp, a tokenizer that has no name there, two names for one way to cut."""
    tokens = ("a", "b")
    full = Vocabulary(name="t", tokens=tokens, pre_tokenizer="llama-bpe", bos=0, eos=1, adds_bos=True)
    assert compare_vocabularies(Vocabulary(name="d", tokens=tokens), full) == ()
    assert compare_vocabularies(full, Vocabulary(name="d", tokens=tokens)) == ()
    assert compare_vocabularies(replace(full, pre_tokenizer="llama3"), full) == ()


def test_an_id_with_two_meanings_outranks_every_warning() -> None:
    """Nothing else matters then."""
    with pytest.raises(UsageError, match=r"d and t do not share a vocabulary: token 1 is 'x'"):
        compare_vocabularies(
            Vocabulary(name="d", tokens=("a", "x"), bos=1), Vocabulary(name="t", tokens=("a", "b"), bos=0)
        )


def test_a_tokenizer_that_llama_cpp_has_no_name_for_can_be_compared(make_folder: MakeFolder) -> None:
    """It could not be converted; the target need not be."""
    folder = make_folder(tokenizer={"pre_tokenizer": {"type": "Metaspace"}})
    assert vocabulary_of_folder(folder).pre_tokenizer is None
    assert len(vocabulary_of_folder(folder).tokens) == 272
