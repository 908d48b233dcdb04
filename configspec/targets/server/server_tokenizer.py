"""The tokenizer of a target behind a server: a local folder's, or the server's own, asked over HTTP.

vLLM, llama-server     POST /tokenize and /detokenize, beside /v1; what they are given has two names
llama-cpp-python       POST /extras/tokenize and /extras/detokenize
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from configspec.errors import TestbedError, UsageError
from configspec.targets.server.server_answer import TokenId, read_form
from configspec.targets.server.server_client import FailedError, RefusedError, ServerClient
from configspec.targets.tokenizer_faults import told_of
from configspec.untrusted import NotJson, parse_json, read_bounded

MAX_TOKENIZER_BYTES = 256 << 20  # the largest of published models have some 35 MB
MAX_CONFIG_BYTES = 16 << 20


class Tokenizer(Protocol):
    """Text to token ids and back."""

    ends: frozenset[int]  # the ids that end a text; empty where that is not known
    size: int | None  # every id is below it; None where that is not known

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
        self._file = folder / "tokenizer.json"
        try:
            content = read_bounded(self._file, at_most_bytes=MAX_TOKENIZER_BYTES)
        except OSError as error:
            raise UsageError(f"{self._file}: no tokenizer can be read: {error.strerror}.") from None
        with told_of(self._file, "no tokenizer can be read"):
            self._reader = Reader.from_buffer(content)
            self.size: int | None = max(self._reader.get_vocab().values(), default=-1) + 1
        self.ends = self._ends(folder)
        self._before = self.encode("a")[-1:]

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of a text, with what the tokenizer puts before it."""
        with told_of(
            self._file, "a text cannot be tokenised with it"
        ):  # no token for a letter, and none for unknown ones
            return tuple(self._reader.encode(text).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens left out."""
        with told_of(self._file, "tokens cannot be made a text with it"):
            return str(self._reader.decode(list(ids)))

    def piece(self, token: int) -> str:
        """The text of one token; a space before it counts, which a text's first token may lose."""
        return self.decode([*self._before, token])[len(self.decode(self._before)) :]

    def _ends(self, folder: Path) -> frozenset[int]:
        for name in ("generation_config.json", "config.json"):
            declared = _read(folder / name, _Ends).eos_token_id
            if declared is not None:
                return frozenset(declared if isinstance(declared, list) else [declared])
        text = _read(folder / "tokenizer_config.json", _EndText).eos_token
        found = self._reader.token_to_id(text.content if isinstance(text, _Special) else text) if text else None
        return frozenset() if found is None else frozenset([found])


class RemoteTokenizer:
    """The server's own; it does not say which tokens end a text."""

    ends: frozenset[int] = frozenset()
    size: int | None = None

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
        ids = read_form(self._ask(self._path, body, "tokens"), list[TokenId], self._path, self._client.url)
        most = _MOST_TOKENS_A_BYTE * len(text.encode()) + _MOST_AROUND
        if len(ids) > most:
            raise TestbedError(
                f"{self._client.url}: its answer to {self._path} has {len(ids)} tokens, more than {most}."
            )
        return tuple(ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids."""
        path = self._path.replace("/tokenize", "/detokenize")
        return read_form(self._ask(path, {"tokens": list(ids)}, *_TEXTS), str, path, self._client.url)

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
# Letters that are written out in full before they are tokenised (Unicode's NFKC) become up to 18, of three bytes each.
_MOST_TOKENS_A_BYTE = 18
_MOST_AROUND = 64


class _Ends(msgspec.Struct):
    eos_token_id: TokenId | list[TokenId] | None = None


class _Special(msgspec.Struct):
    content: str


class _EndText(msgspec.Struct):
    eos_token: str | _Special | None = None


_Form = TypeVar("_Form", _Ends, _EndText)


def _read(path: Path, form: type[_Form]) -> _Form:
    """What a file beside the tokenizer says; nothing, where there is no such file."""
    try:
        return msgspec.convert(parse_json(read_bounded(path, at_most_bytes=MAX_CONFIG_BYTES), constants=True), form)
    except FileNotFoundError:
        return form()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except (NotJson, msgspec.ValidationError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None
