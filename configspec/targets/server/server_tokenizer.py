"""The tokenizer of a target behind a server: a local folder's, or the server's own, asked over HTTP.

vLLM, llama-server     POST /tokenize and /detokenize, beside /v1; what they are given has two names
llama-cpp-python       POST /extras/tokenize and /extras/detokenize
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from configspec.errors import TestbedError, UsageError
from configspec.targets.server.server_client import FailedError, JsonObject, RefusedError, ServerClient


class Tokenizer(Protocol):
    """Text to token ids and back."""

    ends: frozenset[int]  # the ids that end a text; empty where that is not known

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of a text, begin-of-text first where the tokenizer puts it there."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens left out."""

    def piece(self, token: int) -> str:
        """The text of one token among others."""


class LocalTokenizer:
    """The `tokenizer.json` of a folder, with what the files beside it say of its end tokens."""

    def __init__(self, folder: Path) -> None:
        """Read it.

        Raises:
            UsageError: The tokenizers package, or the file, is missing or broken.
        """
        try:
            from tokenizers import Tokenizer as Reader
        except ImportError as error:
            raise UsageError(f"Reading {folder} needs tokenizers ({error}): pip install 'configspec[server]'") from None
        try:
            self._reader = Reader.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the package raises plain Exception
            raise UsageError(f"{folder / 'tokenizer.json'}: no tokenizer can be read: {error}") from error
        self.ends = self._ends(folder)
        self._before = self.encode("a")[-1:]

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of a text, with what the tokenizer puts before it."""
        return tuple(self._reader.encode(text).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens left out."""
        return str(self._reader.decode(list(ids)))

    def piece(self, token: int) -> str:
        """The text of one token; a space before it counts, which a text's first token may lose."""
        return self.decode([*self._before, token])[len(self.decode(self._before)) :]

    def _ends(self, folder: Path) -> frozenset[int]:
        for name in ("generation_config.json", "config.json"):
            declared = _read(folder / name).get("eos_token_id")
            if declared is not None:
                return frozenset(declared if isinstance(declared, list) else [declared])
        text = _read(folder / "tokenizer_config.json").get("eos_token")
        found = self._reader.token_to_id(text["content"] if isinstance(text, dict) else text) if text else None
        return frozenset() if found is None else frozenset([found])


class RemoteTokenizer:
    """The server's own; it does not say which tokens end a text."""

    ends: frozenset[int] = frozenset()

    def __init__(self, client: ServerClient, model: str) -> None:
        """Find out how the server wants to be asked.

        Raises:
            UsageError: It has no endpoint that tokenises.
        """
        self._client = client
        self._model = model
        self._pieces: dict[int, str] = {}
        for path in ("../tokenize", "../extras/tokenize"):
            self._path = path
            try:
                self.encode("a")
            except (RefusedError, FailedError):
                continue
            return
        raise UsageError(
            f"{client.url} does not tokenise (no /tokenize, no /extras/tokenize), so its tokens' ids are not known. "
            "Name a folder with the model's tokenizer.json as `tokenizer`."
        )

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of a text, begin-of-text first where the server puts it there."""
        body = {"prompt": text, "content": text, "input": text, "add_special_tokens": True, "add_special": True}
        ids = self._ask(self._path, body, "tokens")
        if not isinstance(ids, list) or not all(isinstance(one, int) for one in ids):
            raise TestbedError(f"{self._client.url}: its answer to {self._path} holds no list of token ids.")
        return tuple(ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids."""
        return str(self._ask(self._path.replace("/tokenize", "/detokenize"), {"tokens": list(ids)}, *_TEXTS))

    def piece(self, token: int) -> str:
        """The text of one token."""
        if token not in self._pieces:
            self._pieces[token] = self.decode([token])
        return self._pieces[token]

    def _ask(self, path: str, body: Mapping[str, object], *names: str) -> object:
        answer = self._client.post(path, {"model": self._model, **body}, retries=1)
        for name in names:
            if name in answer:
                return answer[name]
        raise TestbedError(f"{self._client.url}: its answer to {path} has none of {', '.join(names)}.")


_TEXTS = ("prompt", "content", "text")  # vLLM, llama-server, llama-cpp-python


def _read(path: Path) -> JsonObject:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None
    return found if isinstance(found, dict) else {}
