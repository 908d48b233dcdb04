"""Whether a draft and its target mean the same by the same token id.

A draft proposes ids and the target judges ids, so one id with two meanings makes every figure of the pair
worthless without any error. The comparison is of every id's text, not of sizes or of names. Rows that no token
has (embeddings padded to a round size) are called `[PAD<id>]` in GGUF files and are not tokens.

Prompts are cut into tokens by the target alone, so what else differs (tokens that only the target has, how text is
cut, which token begins or ends a text) costs acceptance at most, and is a warning.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from configspec.errors import UsageError
from configspec.families.sources.model_config import CONFIG
from configspec.families.sources.model_json import MOST_TOKENS, read_json, whole
from configspec.families.sources.special_tokens import declared_ids, named_ids
from configspec.families.sources.tokenizer_json import (
    Tokenizer,
    begins_with,
    padding_token,
    pre_tokenizer_name,
    read_tokenizer,
)

# Names under which llama.cpp runs the same code (src/llama-vocab.cpp): files of different converters.
_SAME_PRE_TOKENIZER = {"llama3": "llama-bpe", "llama-v3": "llama-bpe"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What a model's ids mean, and how text becomes ids. None: not known, so not compared."""

    name: str  # what messages call it: the model's file or folder
    tokens: tuple[str, ...]
    pre_tokenizer: str | None = None  # llama.cpp's name
    bos: int | None = None
    eos: int | None = None
    adds_bos: bool | None = None  # whether encoding a text begins with bos


def vocabulary_of_folder(folder: Path) -> Vocabulary:
    """The vocabulary of a transformers folder; only its tokenizer's files and config.json are read."""
    tokenizer = read_tokenizer(folder)
    path = folder / CONFIG
    config = read_json(path) if os.path.lexists(path) else {}
    rows = None if config.get("vocab_size") is None else whole(path, config, "vocab_size", most=MOST_TOKENS)
    special = {**declared_ids(path, config), **named_ids(folder, tokenizer)}
    bos = special.get("bos")
    return Vocabulary(
        name=str(folder),
        tokens=tokenizer.tokens if rows is None else tokenizer.padded(rows),
        pre_tokenizer=_known_pre_tokenizer(tokenizer),
        bos=bos,
        eos=special.get("eos"),
        adds_bos=bos is not None and bos < len(tokenizer.tokens) and begins_with(tokenizer, tokenizer.tokens[bos]),
    )


def _known_pre_tokenizer(tokenizer: Tokenizer) -> str | None:
    try:
        return pre_tokenizer_name(tokenizer)
    except UsageError:  # it could not be converted; to be compared, it need not be
        return None


def vocabulary_sha256(tokens: Sequence[str]) -> str:
    """One name for a vocabulary: equal where every id has the same text, padding left out."""
    meant = list(tokens)
    while meant and meant[-1] == padding_token(len(meant) - 1):
        meant.pop()
    return hashlib.sha256(json.dumps(meant).encode("ascii")).hexdigest()


def compare_vocabularies(draft: Vocabulary, target: Vocabulary) -> tuple[str, ...]:
    """Warnings about all that differs between a draft and its target; a UsageError where they cannot work together."""
    warnings = list(check_vocabulary(draft.tokens, target.tokens, draft_name=draft.name, target_name=target.name))
    ours, theirs = (_SAME_PRE_TOKENIZER.get(name or "", name) for name in (draft.pre_tokenizer, target.pre_tokenizer))
    if None not in (ours, theirs) and ours != theirs:
        warnings.append(f"{draft.name} cuts text into words as {ours!r}, {target.name} as {theirs!r}")
    for what, mine, other in (("begins", draft.bos, target.bos), ("ends", draft.eos, target.eos)):
        if mine is not None and other is not None and mine != other:
            warnings.append(
                f"{draft.name} {what} a text with {_token(draft, mine)}, {target.name} with {_token(target, other)}"
            )
    if None not in (draft.adds_bos, target.adds_bos) and draft.adds_bos != target.adds_bos:
        with_it, without = (draft, target) if draft.adds_bos else (target, draft)
        warnings.append(f"{with_it.name} puts a begin-of-text before every text, {without.name} does not")
    return tuple(warnings)


def _token(vocabulary: Vocabulary, index: int) -> str:
    text = repr(vocabulary.tokens[index]) if 0 <= index < len(vocabulary.tokens) else "no text"
    return f"token {index} ({text})"


def check_vocabulary(
    draft: Sequence[str], target: Sequence[str], *, draft_name: str = "the draft", target_name: str = "the target"
) -> tuple[str, ...]:
    """Warnings about two vocabularies that can work together; a UsageError where they cannot.

    Args:
        draft: The draft's tokens by id.
        target: The target's tokens by id.
        draft_name: What the message calls the draft: its file.
        target_name: What the message calls the target: its folder or file.

    """
    pairs = list(_pairs(draft, target))
    differing = [index for index, (ours, theirs) in enumerate(pairs) if ours is not None and ours != theirs]
    if differing:
        first = differing[0]
        ours, theirs = pairs[first]
        raise UsageError(
            f"{draft_name} and {target_name} do not share a vocabulary: token {first} is {ours!r} in the draft and "
            f"{theirs if theirs is None else repr(theirs)} in the target. {len(differing)} ids differ; the draft has "
            f"{_count(draft)} tokens, the target {_count(target)}. Use a draft of the target's own family, or convert "
            "both from folders with the same tokenizer.json."
        )
    warnings = []
    unknown = sum(ours is None and theirs is not None for ours, theirs in pairs)
    if unknown:
        warnings.append(f"{draft_name} lacks {unknown} tokens of {target_name}, which it can never propose")
    elif len(draft) != len(target):
        warnings.append(f"{draft_name} has {len(draft)} token ids, {target_name} {len(target)}; the rest is padding")
    return tuple(warnings)


def _pairs(draft: Sequence[str], target: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """Each id's text in both; None where it has none."""
    for index, (ours, theirs) in enumerate(zip_longest(draft, target)):
        padding = padding_token(index)
        yield (None if ours == padding else ours), (None if theirs == padding else theirs)


def _count(tokens: Sequence[str]) -> int:
    return sum(text != padding_token(index) for index, text in enumerate(tokens))
