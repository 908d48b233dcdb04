"""The vocabulary of a GGUF file, through llama.cpp's own code: text to token ids, with or without the weights."""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Mapping
from pathlib import Path

from configspec.agent.llama.library import Handle, Library, load_library
from configspec.agent.llama.model_file import broken, check_file
from configspec.agent.protocol import AgentError
from configspec.errors import TestbedError, UsageError
from configspec.families.chat.template import ChatTemplate, special_texts_of_gguf, template_of_gguf
from configspec.testbed.chat_spec import SpecialTokens


class GgufVocabulary:
    """The vocabulary of an open model; `name` is what messages call that."""

    def __init__(self, library: Library, vocab: Handle, name: str) -> None:
        """Find out what the file puts before a text: begin-of-text, or nothing."""
        self.name = name
        self._api = library.api
        self._vocab = vocab
        adds = self._api.llama_vocab_get_add_bos(vocab)
        self.prefix = (int(self._api.llama_vocab_bos(vocab)),) if adds else ()

    def encode(self, text: str, special_tokens: SpecialTokens) -> tuple[int, ...]:
        """The ids of a text alone, without the prefix."""
        raw = text.encode("utf-8")
        room = len(raw) + 8  # never more tokens than bytes, but for what llama.cpp puts around a text
        cells = (ctypes.c_int32 * room)()
        count = self._api.llama_tokenize(self._vocab, raw, len(raw), cells, room, False, special_tokens == "parse")
        if count < 0:
            raise TestbedError(f"{self.name}: llama.cpp could not tokenise {text[:40]!r} (status {count}).")
        return tuple(cells[:count])


class GgufSource:
    """The vocabulary of a GGUF file and its chat template; the weights are not read."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            UsageError: llama-cpp-python is missing, or the file is not a whole GGUF file.
        """
        self.name = str(path)
        self._path = path
        try:
            found = library()
            check_file(self.name)
            parameters = found.api.llama_model_default_params()
            parameters.vocab_only = True
            found.forget_log()
            self._model = found.api.llama_model_load_from_file(os.fsencode(path), parameters)
            if not self._model:
                raise broken(self.name, found.complaints())
        except AgentError as error:
            raise for_people(self.name, error) from error
        self._api = found.api
        self._words = GgufVocabulary(found, found.api.llama_model_get_vocab(self._model), self.name)
        self.prefix = self._words.prefix

    @property
    def special_texts(self) -> Mapping[str, str]:
        """The texts of its special tokens by the names that templates have for them."""
        return special_texts_of_gguf(self._path)

    def encode(self, text: str, special_tokens: SpecialTokens) -> tuple[int, ...]:
        """The ids of a text alone, without the prefix."""
        return self._words.encode(text, special_tokens)

    def template(self) -> ChatTemplate | None:
        """The chat template in the file's metadata."""
        return template_of_gguf(self._path)

    def close(self) -> None:
        """Free the memory."""
        self._api.llama_model_free(self._model)


@functools.cache
def library() -> Library:
    """One for the process: llama.cpp logs to the last that was made, for as long as it lives."""
    return load_library()


def for_people(name: str, error: AgentError) -> UsageError | TestbedError:
    """What the agent's code says, as an error of the target `name`."""
    found = f": {error.found}" if error.found else ""
    message = f"The target {name}: {error.what}{found}." + (f" {error.hint}" if error.hint else "")
    return UsageError(message) if error.kind == "usage" else TestbedError(message)
