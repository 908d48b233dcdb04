"""One vocabulary in several spellings, and which differences of two a draft can live with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.families.token_meaning import Alphabet, Kind, TokenTable, bytes_by_letter, is_padding
from configspec.families.vocabulary import Vocabulary, compare_vocabularies, vocabulary_of_folder
from configspec.testbed.family_spec import ADDED, UNREADABLE

MakeFolder = Callable[..., Path]

# As makers of models call the rows that no token has.
PADS = (
    *("[PAD151646]", "[PAD]", "<pad>", "<|pad|>", "<|PAD_TOKEN|>", "<pad_token>", "<|finetune_right_pad_id|>"),
    *("<unused12>", "[unused12]", "[UNUSED_TOKEN_141]", "<|unused_3|>", "<|reserved_special_token_3|>", "<reserved_7>"),
    *("<|reserved_200012|>", "<extra_id_0>", "<|extra_12|>", "<SPECIAL_12>", "<dummy00009>", "<|dummy_85|>"),
    *("<|placeholder4|>", "madeupword0003", "<｜reserved▁token▁5｜>"),
)
# And what is named alike, and stands for something.
NO_PADS = (
    *("pad", "unused", "<|vision_pad|>", "<|image_pad|>", "<|fim_pad|>", "<|im_start|>", "<s>", "<extra>", "[12]"),
    *("<|end_of_text|>", "[reserved words]", "<think>", "special 7", "", "<", "<>", "[]"),
)
WORDS = tuple(f"w{number}" for number in range(8))
texts = st.text(st.characters(codec="utf-8", exclude_characters="▁"), min_size=1, max_size=6).filter(
    lambda text: not text.startswith(("<", "["))
)


def vocabulary(
    tokens: Sequence[str], kinds: Mapping[int, Kind] | None = None, alphabet: Alphabet | None = None, name: str = "d"
) -> Vocabulary:
    return Vocabulary(name=name, tokens=tuple(tokens), kinds=kinds, alphabet=alphabet)


def kinds(kind: Kind, *indices: int) -> dict[int, Kind]:
    return dict.fromkeys(indices, kind)


@pytest.mark.parametrize("name", PADS)
def test_padding_is_known_in_every_spelling(name: str) -> None:
    """Each maker of models has a name of its own for it."""
    assert is_padding(name)


@pytest.mark.parametrize("name", NO_PADS)
def test_what_is_only_named_alike_is_no_padding(name: str) -> None:
    """Or a token that means something would not be compared."""
    assert not is_padding(name)


@given(st.binary(min_size=1, max_size=8))
def test_every_bytes_are_one_token_in_both_alphabets(raw: bytes) -> None:
    """Byte-level BPE spells each byte with a letter; SentencePiece has the text, and bytes that are none as <0x0A>."""
    letters = {byte: letter for letter, byte in bytes_by_letter().items()}
    spelled = TokenTable(tokens=["".join(letters[byte] for byte in raw)], kinds={}, alphabet="bytes")
    assert spelled.meaning(0, None) == raw
    if len(raw) == 1:
        assert TokenTable(tokens=[f"<0x{raw[0]:02X}>"], kinds={}, alphabet="blanks").meaning(0, None) == raw


@given(st.lists(texts, min_size=1, max_size=8, unique=True))
def test_one_vocabulary_in_two_alphabets_is_one(words: list[str]) -> None:
    """A tokenizer folder of one kind, a GGUF file of the other: every text is the same text."""
    letters = {byte: letter for letter, byte in bytes_by_letter().items()}
    of_bytes = ["".join(letters[byte] for byte in f" {word}".encode()) for word in words]
    of_blanks = [f"▁{word.replace(' ', '▁')}" for word in words]
    draft, target = vocabulary(of_bytes, {}, "bytes"), vocabulary(of_blanks, {}, "blanks", "t")
    assert compare_vocabularies(draft, target) == compare_vocabularies(target, draft) == ()


def test_blanks_of_added_tokens_are_spelled_in_two_ways() -> None:
    """Tokenizer folders have "▁▁"; llama.cpp's converter writes two blanks, its older ones left them as they were."""
    folder = vocabulary([*WORDS, "▁▁", "▁▁▁"], kinds("added", 8, 9), "bytes")
    for newer in ("  ", "   "), ("▁▁", "▁▁▁"):
        file = vocabulary([*WORDS, *newer], kinds("added", 8, 9), "bytes", "t")
        assert compare_vocabularies(file, folder) == compare_vocabularies(folder, file) == ()
        bare = vocabulary([*WORDS, *newer], name="t")  # of a file without kinds
        assert compare_vocabularies(bare, folder) == ()


@given(st.sampled_from(PADS), st.sampled_from(PADS))
def test_two_names_of_padding_are_no_difference(ours: str, theirs: str) -> None:
    """Whoever named them."""
    assert compare_vocabularies(vocabulary([*WORDS, ours]), vocabulary([*WORDS, theirs], name="t")) == ()


CONTROL = ("<|im_start|>", "<|im_end|>", "<|eot|>", "<|python|>", "<|header|>")


def test_renamed_control_tokens_are_a_warning_with_their_number() -> None:
    """Chat templates of two releases: plain text yields neither, and the first few are named."""
    draft = vocabulary([*WORDS, *CONTROL], kinds("control", *range(8, 13)))
    renamed = vocabulary([*WORDS, *(f"{one[:-2]}_2|>" for one in CONTROL)], kinds("control", *range(8, 13)), name="t")
    (warning,) = compare_vocabularies(draft, renamed)
    assert warning.startswith("5 control tokens differ between d and t (8 is '<|im_start|>' in the draft and '<|im_st")
    assert warning.endswith("and 2 more); plain text never yields them")


@pytest.mark.parametrize("rows", [0, 1, 20])
def test_one_more_control_token_is_a_warning(rows: int) -> None:
    """Whether the target has a row at its id, no row, or many; and the other way round."""
    plain = vocabulary([*WORDS, *(f"[PAD{8 + row}]" for row in range(rows))], kinds("unused", *range(8, 8 + rows)))
    more = vocabulary([*WORDS, "<|im_start|>"], kinds("control", 8), name="t")
    for one, other in ((plain, more), (more, plain)):
        warning, *_ = compare_vocabularies(one, other)
        assert warning.startswith("1 control token differs")
        assert "'<|im_start|>'" in warning


def test_an_added_text_is_an_error_that_names_the_key_which_allows_it() -> None:
    """`<tool_call>` could be text: the draft would read it otherwise. With the key it is a counted warning."""
    draft = vocabulary([*WORDS, "<tool_call>", "</tool_call>"], kinds("added", 8, 9))
    for theirs, how in (
        (["[PAD8]", "[PAD9]"], kinds("unused", 8, 9)),
        (["<|box|>", "<|end|>"], kinds("control", 8, 9)),
        (["<think>", "</think>"], kinds("added", 8, 9)),
    ):
        target = vocabulary([*WORDS, *theirs], how, name="t")
        with pytest.raises(UsageError, match=r"token 8 is '<tool_call>' in the draft .*2 ids differ.*allow: \[added\]"):
            compare_vocabularies(draft, target)
        (warning,) = compare_vocabularies(draft, target, [ADDED])
        assert warning.startswith("2 added tokens differ between d and t, which is allowed (8 is '<tool_call>'")


def test_a_text_that_is_damaged_in_one_file_can_be_allowed() -> None:
    """A converter that lost bytes: nobody can tell, so it is the person's word."""
    draft, target = vocabulary([*WORDS, "a\ufffd"], {}), vocabulary([*WORDS, "aé"], {}, name="t")
    with pytest.raises(UsageError, match=r"token 8 is .*allow: \[unreadable\]"):
        compare_vocabularies(draft, target)
    (warning,) = compare_vocabularies(draft, target, [UNREADABLE])
    assert warning.startswith("1 token cannot be compared between d and t (8 is")


@given(st.lists(texts, min_size=2, max_size=8, unique=True), st.data())
def test_whatever_is_allowed_a_text_with_another_text_is_an_error(words: list[str], data: st.DataObject) -> None:
    """The first such id is named; so it is where two ids changed places, and where the target lacks one."""
    one, other = sorted(data.draw(st.permutations(range(len(words))))[:2])
    swapped = list(words)
    swapped[one], swapped[other] = words[other], words[one]
    for draft, target, first in (
        (words, swapped, one),
        (words, [*words[:one], "x" * 9, *words[one + 1 :]], one),
        (words, words[:-1], len(words) - 1),
    ):
        with pytest.raises(UsageError, match=rf"do not share a vocabulary: token {first} is "):
            compare_vocabularies(vocabulary(draft, {}), vocabulary(target, {}, name="t"), [ADDED])


@pytest.mark.parametrize("theirs", ["<|im_start|>", "[PAD8]"])
def test_a_text_where_the_target_has_none_is_an_error(theirs: str) -> None:
    """Text that the target has no id for cannot be what its id means."""
    how = kinds("control" if theirs.startswith("<") else "unused", 8)
    with pytest.raises(UsageError, match=r"token 8 is 'text' in the draft"):
        compare_vocabularies(
            vocabulary([*WORDS, "text"], {}), vocabulary([*WORDS, theirs], how, name="t"), [ADDED, UNREADABLE]
        )


def test_the_kinds_of_a_folder_are_those_of_its_files(make_folder: MakeFolder) -> None:
    """Special tokens are control tokens, other added ones are texts, rows beyond the tokens are unused."""
    folder = make_folder(rows=275)
    raw = json.loads((folder / "tokenizer.json").read_text())
    raw["added_tokens"].append({"id": 265, "content": "<tool_call>", "special": False})
    (folder / "tokenizer.json").write_text(json.dumps(raw))
    found = vocabulary_of_folder(folder)
    assert found.kinds == {0: "control", 1: "control", 265: "added", **kinds("unused", *range(266, 275))}
    assert found.alphabet == "bytes"


def test_a_sentencepiece_folder_spells_blanks_by_a_mark(make_folder: MakeFolder) -> None:
    """Gemma's and Llama 2's tokenizer.json."""
    decoder = {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]}
    folder = make_folder(tokenizer={"pre_tokenizer": None, "decoder": decoder})
    assert vocabulary_of_folder(folder).alphabet == "blanks"
