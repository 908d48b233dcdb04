"""A GGUF file's tokenizer, as llama.cpp itself applies it to the text that one of its tools is given.

Its tools take text and not token ids: begin-of-text is added where the file says so, and the names of special tokens
are read as those tokens. So the same ids reach a tool exactly when their own text leads back to them.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from configspec.agent.llama.library import Library, load_library
from configspec.errors import UsageError

PIECE_BYTES = 1024  # of one token; the longest of Llama 3 has 128


class GgufVocabulary:
    """Text to ids and back; use it in a `with` statement."""

    def __init__(self, path: Path) -> None:
        self._api = api = _library().api
        parameters = api.llama_model_default_params()
        parameters.vocab_only = True
        self._model = api.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self._model:
            raise UsageError(f"llama.cpp cannot read the vocabulary of {path}.")
        self._vocabulary = api.llama_model_get_vocab(self._model)

    def __enter__(self) -> GgufVocabulary:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._api.llama_model_free(self._model)

    def ids(self, text: bytes) -> tuple[int, ...]:
        """The ids of a text, as llama.cpp's tools make them."""
        room = len(text) + 2  # no token is shorter than a byte; begin and end may be added
        found = (ctypes.c_int32 * room)()
        count = self._api.llama_tokenize(self._vocabulary, text, len(text), found, room, True, True)
        if count < 0:
            raise ValueError(f"{-count} tokens of {len(text)} bytes")
        return tuple(found[:count])

    def text(self, ids: Sequence[int]) -> bytes:
        """What llama.cpp's tools print of `ids`, special tokens by their names."""
        return b"".join(map(self._piece, ids))

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(PIECE_BYTES)
        length = self._api.llama_token_to_piece(self._vocabulary, token, buffer, PIECE_BYTES, 0, True)
        if length < 0:
            raise ValueError(f"token {token} has {-length} bytes")
        return buffer.raw[:length]


@functools.cache
def _library() -> Library:
    """One for the process: llama.cpp logs to the last that was made, for as long as it lives."""
    return load_library()
