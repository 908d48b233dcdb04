"""The tokenizer of a target behind a server: a local folder's, or the server's own, asked over HTTP.

vLLM             POST /tokenize and /detokenize, beside /v1; special tokens of a text are always parsed
llama-server     the same, with other names for what they are given, and `parse_special`
llama-cpp-python POST /extras/tokenize and /extras/detokenize; the prefix is always there, special tokens are parsed
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from configspec.errors import TestbedError, UsageError
from configspec.targets.prompt_source import Encoder, before
from configspec.targets.server.server_answer import TokenId, read_form
from configspec.targets.server.server_client import FailedError, RefusedError, ServerClient
from configspec.testbed.chat_spec import SpecialTokens

# How special tokens are written, and little else: <|eot_id|>, </s>, <start_of_turn>, [INST].
_SPECIAL_LOOK = re.compile(
    r"<[|｜][^<>\s]{1,80}[|｜]>|</?s>|<(?:bos|eos|pad|unk|mask|(?:start|end)_of_[a-z]{1,20})>|\[/?[A-Z]+(?:_[A-Z]+)*\]"
)
_MOST_LOOKED_UP = 1000


class Tokenizer(Encoder, Protocol):
    """Text to token ids and back."""

    ends: frozenset[int]  # the ids that end a text; empty where that is not known
    size: int | None  # every id is below it; None where that is not known

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens included where they are told."""

    def piece(self, token: int) -> str:
        """The text of one token among others, empty for a special one where they are not told."""


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
        self._special: dict[str, bool] = {}
        for path in ("../tokenize", "../extras/tokenize"):
            self._path = path
            try:
                whole = self._ids("a", "text", whole=True)
            except (RefusedError, FailedError):
                continue
            self.prefix = self._find_prefix(whole)
            return
        raise UsageError(
            f"{client.url} does not tokenise (no /tokenize, no /extras/tokenize), so its tokens' ids are not known. "
            "Name a folder with the model's tokenizer.json as `tokenizer`."
        )

    def encode(self, text: str, special_tokens: SpecialTokens) -> tuple[int, ...]:
        """The ids of a text alone, without the prefix.

        Raises:
            UsageError: The server takes something in the text for a special token, and it is to be text.
        """
        if special_tokens == "text" and self._parses_always:
            self._refuse_special(text)
        ids = self._ids(text, special_tokens, whole=False)
        return ids[len(self.prefix) :] if self._begins_always else ids

    def _ids(self, text: str, special_tokens: SpecialTokens, *, whole: bool) -> tuple[int, ...]:
        parse = special_tokens == "parse"
        body = {"prompt": text, "content": text, "input": text, "add_special_tokens": whole, "add_special": whole}
        answer = self._answer(self._path, {**body, "parse_special": parse})
        self._parses_always = "extras" in self._path or "max_model_len" in answer  # the second is vLLM's
        ids = read_form(self._one_of(answer, self._path, "tokens"), list[TokenId], self._path, self._client.url)
        most = _MOST_TOKENS_A_BYTE * len(text.encode()) + _MOST_AROUND
        if len(ids) > most:
            raise TestbedError(
                f"{self._client.url}: its answer to {self._path} has {len(ids)} tokens, more than {most}."
            )
        return tuple(ids)

    def _find_prefix(self, whole: tuple[int, ...]) -> tuple[int, ...]:
        alone = self._ids("a", "text", whole=False)
        self._begins_always = whole == alone and "extras" in self._path
        if not self._begins_always:
            return before(whole, alone)
        return self._ids("", "text", whole=False)

    def _refuse_special(self, text: str) -> None:
        for look in dict.fromkeys(_SPECIAL_LOOK.findall(text)):
            if look not in self._special and len(self._special) < _MOST_LOOKED_UP:
                begin = len(self.prefix) if self._begins_always else 0
                self._special[look] = len(self._ids(look, "parse", whole=False)) == begin + 1
            if self._special.get(look, True):
                raise UsageError(
                    f"{self._client.url} takes {look!r} in a prompt for a special token, and cannot be asked to "
                    "read it as text. Say `sweep: {special_tokens: parse}` if it is meant as that token, or name a "
                    "folder with the model's tokenizer.json as `tokenizer`."
                )

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids."""
        path = self._path.replace("/tokenize", "/detokenize")
        found = self._one_of(self._answer(path, {"tokens": list(ids)}), path, *_TEXTS)
        return read_form(found, str, path, self._client.url)

    def piece(self, token: int) -> str:
        """The text of one token."""
        if token not in self._pieces:
            self._pieces[token] = self.decode([token])
        return self._pieces[token]

    def _answer(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        return self._client.post(path, {"model": self._model, **body}, retries=1)

    def _one_of(self, answer: Mapping[str, object], path: str, *names: str) -> object:
        for name in names:
            if name in answer:
                return answer[name]
        raise TestbedError(f"{self._client.url}: its answer to {path} has none of {', '.join(names)}.")


_TEXTS = ("prompt", "content", "text")  # vLLM, llama-server, llama-cpp-python
# Letters that are written out in full before they are tokenised (Unicode's NFKC) become up to 18, of three bytes each.
_MOST_TOKENS_A_BYTE = 18
_MOST_AROUND = 64
