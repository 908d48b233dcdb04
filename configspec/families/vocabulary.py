"""Whether a draft and its target mean the same by the same token id.

A draft proposes ids and the target judges ids, so one id with two meanings makes every figure of the pair
worthless without any error. The comparison is of what every id means, not of sizes, names or spellings.

Prompts are cut into tokens by the target alone, so what else differs (tokens that only the target has, how text is
cut, which token begins or ends a text) costs acceptance at most, and is a warning.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from configspec.errors import UsageError
from configspec.families.sources.model_config import CONFIG
from configspec.families.sources.model_json import MOST_TOKENS, read_json, whole
from configspec.families.sources.special_tokens import declared_ids, named_ids
from configspec.families.sources.text_beginning import ids_before
from configspec.families.sources.tokenizer_json import (
    Tokenizer,
    pre_tokenizer_name,
    read_tokenizer,
)
from configspec.families.token_differences import token_warnings
from configspec.families.token_meaning import Alphabet, Kind, TokenTable, is_padding

# Names under which llama.cpp runs the same code (src/llama-vocab.cpp): files of different converters.
_SAME_PRE_TOKENIZER = {"llama3": "llama-bpe", "llama-v3": "llama-bpe"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What a model's ids mean, and how text becomes ids. None: not known, so not compared."""

    name: str  # what messages call it: the model's file or folder
    tokens: tuple[str, ...]
    kinds: Mapping[int, Kind] | None = None  # of the ids that are not plain text
    alphabet: Alphabet | None = None
    pre_tokenizer: str | None = None  # llama.cpp's name
    bos: int | None = None
    eos: int | None = None
    adds_bos: bool | None = None  # whether encoding a text begins with bos

    @property
    def table(self) -> TokenTable:
        """Its tokens alone."""
        return TokenTable(tokens=self.tokens, kinds=self.kinds, alphabet=self.alphabet)


def vocabulary_of_folder(folder: Path) -> Vocabulary:
    """The vocabulary of a transformers folder; only its tokenizer's files and config.json are read."""
    tokenizer = read_tokenizer(folder)
    path = folder / CONFIG
    config = read_json(path) if os.path.lexists(path) else {}
    rows = None if config.get("vocab_size") is None else whole(path, config, "vocab_size", most=MOST_TOKENS)
    special = {**declared_ids(path, config), **named_ids(folder, tokenizer)}
    bos, tokens = special.get("bos"), tokenizer.tokens if rows is None else tokenizer.padded(rows)
    return Vocabulary(
        name=str(folder),
        tokens=tokens,
        kinds=tokenizer.kinds(len(tokens)),
        alphabet=tokenizer.alphabet,
        pre_tokenizer=_known_pre_tokenizer(tokenizer),
        bos=bos,
        eos=special.get("eos"),
        adds_bos=bos is not None and bos in ids_before(tokenizer),
    )


def _known_pre_tokenizer(tokenizer: Tokenizer) -> str | None:
    try:
        return pre_tokenizer_name(tokenizer)
    except UsageError:  # it could not be converted; to be compared, it need not be
        return None


def vocabulary_sha256(tokens: Sequence[str]) -> str:
    """One name for a vocabulary: equal where every id has the same text, padding left out."""
    meant = [None if is_padding(text) else text.replace("▁", " ") for text in tokens]
    while meant and meant[-1] is None:
        meant.pop()
    return hashlib.sha256(json.dumps(meant).encode("ascii")).hexdigest()


def compare_vocabularies(draft: Vocabulary, target: Vocabulary, allow: Collection[str] = ()) -> tuple[str, ...]:
    """Warnings about all that differs between a draft and its target; a UsageError where they cannot work together.

    `allow`: the differences that the family's `vocabulary.allow` names.
    """
    names = {"draft_name": draft.name, "target_name": target.name}
    warnings = list(token_warnings(draft.table, target.table, allow=allow, **names))
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
    """Warnings about two lists of tokens that can work together; a UsageError where they cannot.

    Which of them are control tokens is known by their spelling alone.

    Args:
        draft: The draft's tokens by id.
        target: The target's tokens by id.
        draft_name: What the message calls the draft: its file.
        target_name: What the message calls the target: its folder or file.

    """
    tables = TokenTable(tokens=draft), TokenTable(tokens=target)
    return token_warnings(*tables, draft_name=draft_name, target_name=target_name)
