"""A byte-level BPE tokenizer as tokenizer.json holds it, in llama.cpp's terms.

llama.cpp does not run the regular expression of tokenizer.json: it has its own code for each known one, chosen by a
name (`tokenizer.ggml.pre`). The name is decided here by the expression itself, never by the model's name, because
a wrong one tokenises nearly everything right. Names: llama.cpp, src/llama-vocab.cpp, `LLAMA_VOCAB_PRE_TYPE_*`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from configspec.errors import UsageError
from configspec.families.sources.model_json import (
    MOST_TOKENS,
    JsonObject,
    read_json,
    shown,
    table,
    tables,
    truth,
    whole,
    wrong,
)
from configspec.families.token_meaning import Alphabet, Kind
from configspec.printable import printable

TOKENIZER = "tokenizer.json"
_SHOWN = 400  # letters of an expression in a message
_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
_PUNCTUATION = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# By expression: llama.cpp's name, and whether llama.cpp then takes a word that is a token whole, without merging.
_KNOWN = {
    _CONTRACTIONS + r"|\p{N}{1,3}" + _PUNCTUATION: ("llama-bpe", True),
    _CONTRACTIONS + r"|\p{N}" + _PUNCTUATION: ("qwen2", False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenizer:
    """What a tokenizer.json says. `tokens[id]` is the token's text; an id that has none is named `[PAD<id>]`."""

    path: Path
    tokens: tuple[str, ...]
    control: frozenset[int]  # special tokens: never the text of a prompt
    added: frozenset[int]  # added tokens that are text
    unused: frozenset[int]  # ids without a token
    raw: JsonObject

    def padded(self, size: int) -> tuple[str, ...]:
        """The tokens, with names for the embedding's rows that no token has."""
        return self.tokens + tuple(padding_token(index) for index in range(len(self.tokens), size))

    def kinds(self, size: int) -> dict[int, Kind]:
        """Of the first `size` ids, those that are not plain text."""
        named: tuple[tuple[Kind, Iterable[int]], ...] = (
            ("added", self.added),
            ("control", self.control),
            ("unused", self.unused),
            ("unused", range(len(self.tokens), size)),
        )
        return {index: kind for kind, indices in named for index in indices if index < size}

    @property
    def alphabet(self) -> Alphabet | None:
        """How its plain tokens spell blanks and bytes; None where the file does not say."""
        decoders = flat_steps(self.path, self.raw, "decoder", "decoders")
        kinds = {step.get("type") for step in (*_steps(self), *decoders)}
        if "ByteLevel" in kinds:
            return "bytes"
        return "blanks" if kinds & {"Metaspace", "ByteFallback"} else None

    def id_of(self, text: object) -> int | None:
        """The id of a token's text, or None."""
        return self.tokens.index(text) if isinstance(text, str) and text in self.tokens else None

    @property
    def model(self) -> JsonObject:
        """Its `model`, which holds the merges."""
        return table(self.path, self.raw, "model")


def padding_token(index: int) -> str:
    """The name of an id that no token has, as llama.cpp's own converter writes it."""
    return f"[PAD{index}]"


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model folder. Its kind is not judged here; see `bpe_merges` and `pre_tokenizer_name`."""
    path = folder / TOKENIZER
    raw = read_json(path)
    model = table(path, raw, "model")
    vocabulary = model.get("vocab")
    if not isinstance(vocabulary, dict) or not vocabulary:
        raise UsageError(
            f"{path}: model.vocab is not a table of tokens (the model is {shown(model.get('type'))}). "
            "Tokenizers of type BPE with a vocabulary by text are supported."
        )
    by_id = {whole(path, vocabulary, text, least=0, most=MOST_TOKENS - 1): text for text in vocabulary}
    added = {}
    for entry in tables(path, raw, "added_tokens"):
        index = whole(path, entry, "id", least=0, most=MOST_TOKENS - 1)
        added[index] = entry
        by_id[index] = _text(path, entry, "content")
    size = max(by_id) + 1
    return Tokenizer(
        path=path,
        tokens=tuple(by_id.get(index, padding_token(index)) for index in range(size)),
        control=frozenset(index for index, entry in added.items() if truth(path, entry, "special")),
        added=frozenset(index for index, entry in added.items() if not truth(path, entry, "special")),
        unused=frozenset(range(size)) - by_id.keys(),
        raw=raw,
    )


def bpe_merges(tokenizer: Tokenizer) -> tuple[str, ...]:
    """The merges of a byte-level BPE, each "left right"."""
    model = tokenizer.model
    kinds = [step.get("type") for step in _steps(tokenizer)]
    if model.get("type") != "BPE" or "ByteLevel" not in kinds:
        raise UsageError(
            f"{tokenizer.path}: the model is {shown(model.get('type'))}, cut by "
            f"{', '.join(map(shown, kinds)) or 'nothing'}. "
            "configspec converts byte-level BPE; give the draft as ready GGUF files instead."
        )
    merges = model.get("merges")
    if not isinstance(merges, list | None):
        raise wrong(tokenizer.path, "model.merges", merges, "a list")
    return tuple(_merge(tokenizer.path, merge) for merge in merges or ())


def pre_tokenizer_name(tokenizer: Tokenizer) -> str:
    """llama.cpp's name of the expression that cuts text into words."""
    path = tokenizer.path
    patterns = (step.get("pattern") for step in _steps(tokenizer))
    found = [pattern["Regex"] for pattern in patterns if isinstance(pattern, dict) and "Regex" in pattern]
    known = _KNOWN.get(found[0]) if len(found) == 1 and isinstance(found[0], str) else None
    if known is None:
        raise UsageError(
            f"{path}: the pre-tokenizer splits by {printable(str(found or 'no expression'), at_most=_SHOWN)}, which "
            f"configspec cannot name to llama.cpp. Known: {', '.join(name for name, _ in _KNOWN.values())}. Give the "
            "draft as ready GGUF files instead, converted by llama.cpp's convert_hf_to_gguf.py."
        )
    normalizers = [step.get("type") for step in flat_steps(path, tokenizer.raw, "normalizer", "normalizers")]
    if any(one != "NFC" for one in normalizers):  # llama.cpp leaves NFC to its caller, as its converter does
        raise UsageError(
            f"{path}: text is normalised by {', '.join(map(shown, normalizers))} first, which llama.cpp does not do. "
            "Give the draft as ready GGUF files instead."
        )
    name, ignores_merges = known
    if truth(path, tokenizer.model, "ignore_merges") != ignores_merges:
        raise UsageError(
            f"{path}: ignore_merges is {not ignores_merges}, but llama.cpp's {name!r} tokenises as if it "
            f"were {ignores_merges}; some words would be cut differently. Give the draft as ready GGUF files instead."
        )
    return name


def _text(path: Path, entry: JsonObject, key: str) -> str:
    found = entry.get(key)
    if not isinstance(found, str):
        raise wrong(path, key, found, "a token's text")
    return found


def _merge(path: Path, merge: object) -> str:
    """Older files hold "left right", newer ones ["left", "right"]; byte-level text has no blank of its own."""
    parts = merge.split(" ") if isinstance(merge, str) else merge
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        raise wrong(path, "model.merges", merge, "two tokens each")
    return " ".join(parts)


def _steps(tokenizer: Tokenizer) -> list[JsonObject]:
    return flat_steps(tokenizer.path, tokenizer.raw, "pre_tokenizer", "pretokenizers")


def flat_steps(path: Path, raw: JsonObject, key: str, children: str) -> list[JsonObject]:
    """A step, or the steps of a Sequence and of those in it, in their order."""
    steps, waiting = [], [table(path, raw, key)]
    while waiting:
        step = waiting.pop()
        if step.get("type") == "Sequence":
            waiting += reversed(tables(path, step, children))
        elif step:
            steps.append(step)
    return steps
