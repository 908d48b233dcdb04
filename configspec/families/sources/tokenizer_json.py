"""A byte-level BPE tokenizer as tokenizer.json holds it, in llama.cpp's terms.

llama.cpp does not run the regular expression of tokenizer.json: it has its own code for each known one, chosen by a
name (`tokenizer.ggml.pre`). The name is decided here by the expression itself, never by the model's name, because
a wrong one tokenises nearly everything right. Names: llama.cpp, src/llama-vocab.cpp, `LLAMA_VOCAB_PRE_TYPE_*`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from configspec.errors import UsageError
from configspec.families.sources.safetensors_folder import JsonObject, read_json

TOKENIZER = "tokenizer.json"
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

    def id_of(self, text: str | None) -> int | None:
        """The id of a token's text, or None."""
        return self.tokens.index(text) if text in self.tokens else None


def padding_token(index: int) -> str:
    """The name of an id that no token has, as llama.cpp's own converter writes it."""
    return f"[PAD{index}]"


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model folder. Its kind is not judged here; see `bpe_merges` and `pre_tokenizer_name`."""
    path = folder / TOKENIZER
    raw = read_json(path)
    model = raw.get("model") or {}
    vocabulary = model.get("vocab")
    if not isinstance(vocabulary, dict) or not vocabulary:
        raise UsageError(
            f"{path}: model.vocab is not a table of tokens (the model is {model.get('type')!r}). "
            "Tokenizers of type BPE with a vocabulary by text are supported."
        )
    by_id = {int(index): str(text) for text, index in vocabulary.items()}
    added = {int(entry["id"]): entry for entry in raw.get("added_tokens") or ()}
    by_id |= {index: str(entry["content"]) for index, entry in added.items()}
    size = max(by_id) + 1
    return Tokenizer(
        path=path,
        tokens=tuple(by_id.get(index, padding_token(index)) for index in range(size)),
        control=frozenset(index for index, entry in added.items() if entry.get("special")),
        added=frozenset(index for index, entry in added.items() if not entry.get("special")),
        unused=frozenset(range(size)) - by_id.keys(),
        raw=raw,
    )


def bpe_merges(tokenizer: Tokenizer) -> tuple[str, ...]:
    """The merges of a byte-level BPE, each "left right"."""
    model = tokenizer.raw["model"]
    if model.get("type") != "BPE" or not any(step.get("type") == "ByteLevel" for step in _steps(tokenizer)):
        raise UsageError(
            f"{tokenizer.path}: the model is {model.get('type')!r}, cut by "
            f"{', '.join(str(step.get('type')) for step in _steps(tokenizer)) or 'nothing'}. "
            "configspec converts byte-level BPE; give the draft as ready GGUF files instead."
        )
    # Older files hold "left right", newer ones ["left", "right"]; byte-level text has no blank of its own.
    return tuple(merge if isinstance(merge, str) else " ".join(merge) for merge in model.get("merges") or ())


def pre_tokenizer_name(tokenizer: Tokenizer) -> str:
    """llama.cpp's name of the expression that cuts text into words."""
    found = [step["pattern"]["Regex"] for step in _steps(tokenizer) if "Regex" in (step.get("pattern") or {})]
    known = _KNOWN.get(found[0]) if len(found) == 1 else None
    if known is None:
        raise UsageError(
            f"{tokenizer.path}: the pre-tokenizer splits by {found or 'no expression'}, which configspec cannot name "
            f"to llama.cpp. Known: {', '.join(name for name, _ in _KNOWN.values())}. Give the draft as ready "
            "GGUF files instead, converted by llama.cpp's convert_hf_to_gguf.py."
        )
    normalizers = [str(step.get("type")) for step in _flat(tokenizer.raw.get("normalizer"), "normalizers")]
    if set(normalizers) - {"NFC"}:  # llama.cpp leaves NFC to its caller, as its converter does
        raise UsageError(
            f"{tokenizer.path}: text is normalised by {', '.join(normalizers)} first, which llama.cpp does not do. "
            "Give the draft as ready GGUF files instead."
        )
    name, ignores_merges = known
    if bool(tokenizer.raw["model"].get("ignore_merges")) != ignores_merges:
        raise UsageError(
            f"{tokenizer.path}: ignore_merges is {not ignores_merges}, but llama.cpp's {name!r} tokenises as if it "
            f"were {ignores_merges}; some words would be cut differently. Give the draft as ready GGUF files instead."
        )
    return name


def begins_with(tokenizer: Tokenizer, text: str) -> bool:
    """Whether encoding puts this token first, by the post-processor."""
    return any(
        isinstance(processor.get("single"), list)
        and processor["single"]
        and (processor["single"][0].get("SpecialToken") or {}).get("id") == text
        for processor in _flat(tokenizer.raw.get("post_processor"), "processors")
    )


def _steps(tokenizer: Tokenizer) -> list[JsonObject]:
    return list(_flat(tokenizer.raw.get("pre_tokenizer"), "pretokenizers"))


def _flat(node: JsonObject | None, children: str) -> Iterator[JsonObject]:
    """A step, or the steps of a Sequence."""
    if node and node.get("type") == "Sequence":
        for child in node.get(children) or ():
            yield from _flat(child, children)
    elif node:
        yield node
