"""Whether a draft and its target mean the same by the same token id.

A draft proposes ids and the target judges ids, so one id with two meanings makes every figure of the pair
worthless without any error. The comparison is of every id's text, not of sizes or of names. Rows that no token
has (embeddings padded to a round size) are called `[PAD<id>]` in GGUF files and are no tokens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from configspec.errors import UsageError
from configspec.families.safetensors_folder import read_json
from configspec.families.tokenizer_json import padding_token, read_tokenizer


def tokens_of_folder(folder: Path) -> tuple[str, ...]:
    """The tokens of a transformers folder by id, padded to the model's rows where its config.json names them."""
    tokenizer = read_tokenizer(folder)
    config = folder / "config.json"
    rows = read_json(config).get("vocab_size") if config.exists() else None
    return tokenizer.padded(rows) if isinstance(rows, int) else tokenizer.tokens


def vocabulary_sha256(tokens: Sequence[str]) -> str:
    """One name for a vocabulary: equal where every id has the same text, padding left out."""
    meant = list(tokens)
    while meant and meant[-1] == padding_token(len(meant) - 1):
        meant.pop()
    return hashlib.sha256(json.dumps(meant).encode("ascii")).hexdigest()


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
            f"{_count(draft)} tokens, the target {_count(target)}. Take a draft of the target's own family, or convert "
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
