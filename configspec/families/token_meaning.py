"""What a token means: the bytes that it stands for, or that no text yields it, however its file spells that.

One vocabulary is spelled in several ways. A blank is `Ġ` in the alphabet of byte-level BPE and `▁` in SentencePiece;
of tokens that were added to a model's own, a tokenizer folder has `▁▁` where llama.cpp's converter writes two blanks.
A byte is a letter of that alphabet, or `<0x0A>`. Rows of the embedding that no token has are called `[PAD151646]`,
`<unused12>`, `<|reserved_special_token_3|>`, each maker with a name of its own.

Kinds and their numbers: https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h (llama_token_type); what is
a control token by its spelling: `does_token_look_special` in convert_hf_to_gguf.py there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

Kind = Literal["control", "added", "unused"]  # of a token that is not plain text
Alphabet = Literal["bytes", "blanks"]  # byte-level BPE's letters; SentencePiece's `▁` and `<0x0A>`

_BLANK = "▁"
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_WRAPPED = re.compile(r"<[|｜](.+)[|｜]>|<(.+)>|\[(.+)\]|(madeupword[0-9]+)", re.DOTALL)
_BETWEEN_BARS = re.compile(r"<[|｜].*[|｜]>", re.DOTALL)  # which files of older converters have as plain text
_LOOKS_CONTROL = re.compile(r"</?s>|<(?:unk|bos|eos|mask)>|\[(?:CLS|SEP|MASK|BOS|EOS|UNK)\]", re.DOTALL)
_WORDS = re.compile(r"[a-z]+|[0-9]+")
_OF_PADDING = frozenset(("pad", "padding", "unused", "reserved", "dummy", "placeholder", "madeupword", "blank"))
_NUMBERED = frozenset(("extra", "special"))  # `<extra_id_0>`, `<SPECIAL_12>`: padding where a number follows
_BESIDE = frozenset(("token", "tokens", "id", "right", "left", "finetune", "vocab", "added", "final"))


class Role(Enum):
    """What an id is for."""

    ABSENT = auto()  # no row of the embedding
    PADDING = auto()  # a row that no text yields, and that stands for nothing
    CONTROL = auto()  # begins, ends or divides a text; plain text never yields it
    ADDED = auto()  # a text that was added to the model's own tokens
    TEXT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTable:
    """The tokens of a model by id, and what is known of them."""

    tokens: Sequence[str]
    kinds: Mapping[int, Kind] | None = None  # of those that are not plain text; None: known by their spelling only
    alphabet: Alphabet | None = None  # None: not known

    def is_control(self, index: int) -> bool:
        """Whether the file itself says so."""
        return self.kinds is not None and self.kinds.get(index) == "control"

    def role(self, index: int) -> Role:
        """What the id is for."""
        if index >= len(self.tokens):
            return Role.ABSENT
        text, kind = self.tokens[index], None if self.kinds is None else self.kinds.get(index)
        if kind == "unused" or is_padding(text):
            return Role.PADDING
        not_plain = kind is not None or self.kinds is None
        if kind == "control" or _BETWEEN_BARS.fullmatch(text) or (not_plain and _LOOKS_CONTROL.fullmatch(text)):
            return Role.CONTROL
        return Role.ADDED if kind == "added" else Role.TEXT

    def meaning(self, index: int, alphabet: Alphabet | None) -> bytes:
        """The bytes that the token stands for; `alphabet` where the table does not know its own."""
        text, plain = self.tokens[index], self.kinds is None or index not in self.kinds
        if plain and (self.alphabet or alphabet) == "bytes":
            letters = [_BYTE_OF.get(letter) for letter in text]
            if None not in letters:
                return bytes(letter for letter in letters if letter is not None)
        byte = _BYTE.fullmatch(text) if plain else None
        return bytes.fromhex(byte[1]) if byte else _encoded(text.replace(_BLANK, " "))


def is_padding(text: str) -> bool:
    """Whether a token's name says that it stands for nothing.

    >>> [is_padding(one) for one in ("[PAD7]", "<unused12>", "<|reserved_special_token_3|>", "<|vision_pad|>", "pad")]
    [True, True, True, False, False]
    """
    if text[:1] not in "<[m" or len(text) > _LONGEST_NAME:
        return False
    match = _WRAPPED.fullmatch(text)
    inner = next(filter(None, match.groups()), "") if match else ""
    words = _WORDS.findall(inner.lower())
    named = [word for word in words if not word.isdecimal()]
    numbered = len(named) < len(words)
    says_so = any(word in _OF_PADDING or (word in _NUMBERED and numbered) for word in named)
    return says_so and {*named} <= _OF_PADDING | _NUMBERED | _BESIDE


_LONGEST_NAME = 60


def bytes_by_letter() -> dict[str, int]:
    """The letters by which byte-level BPE writes bytes (`bytes_to_unicode` of GPT-2), each with its byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + at): byte for at, byte in enumerate(others)}


_BYTE_OF = bytes_by_letter()


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")  # pieces of characters, as a GGUF file is read
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
