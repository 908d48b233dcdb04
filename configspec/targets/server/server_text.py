"""Tokens as text and back, for a server that speaks text only.

The text of token ids is their own only if it tokenises back to them. That is checked each time: another text's tokens
must not pass for those that were meant.
"""

from __future__ import annotations

from collections.abc import Sequence

from configspec.errors import UsageError
from configspec.targets.server.server_tokenizer import Tokenizer

_NO_LIMIT = "A server that speaks token ids (vLLM, llama-server) has no such limit."


class TextIds:
    """Ids and their text, by one tokenizer; `url` is for messages."""

    def __init__(self, tokenizer: Tokenizer, url: str) -> None:
        """Find out what the tokenizer itself puts before a text."""
        self._tokenizer = tokenizer
        self._url = url
        self._before = tokenizer.prefix

    def text_of(self, ids: Sequence[int]) -> str:
        """The text that tokenises to `ids`.

        Raises:
            UsageError: There is none.
        """
        text, back = self._there_and_back(ids)
        if back != tuple(ids):
            raise UsageError(
                f"{self._url} takes text only, and the text of this prompt does not tokenise back: its tokens "
                f"differ from {_first_difference(back, ids)} of {len(ids)} on. {_NO_LIMIT}"
            )
        return text

    def longest(self, ids: Sequence[int], least: int) -> int:
        """How many of `ids`, at least `least`, have a text that tokenises to them; `least` where none of those has."""
        for length in range(len(ids), least, -1):
            if self._there_and_back(ids[:length])[1] == tuple(ids[:length]):
                return length
        return least

    def id_after(self, ids: Sequence[int], piece: str) -> int | None:
        """The token with that text after `ids`; None where the two tokenise otherwise together."""
        text, back = self._there_and_back(ids)
        together = self._ids(text + piece)
        return together[-1] if back == tuple(ids) == together[:-1] else None

    def ids_of(self, ids: Sequence[int], pieces: Sequence[str]) -> tuple[int, ...]:
        """The tokens with the texts `pieces` that follow `ids`.

        Raises:
            UsageError: Together they tokenise otherwise.
        """
        together = self._ids(self.text_of(ids) + "".join(pieces))
        found = together[len(ids) :]
        texts = [self._tokenizer.piece(token) for token in found]
        if together[: len(ids)] != tuple(ids) or texts != list(pieces):
            place = _first_difference(texts, pieces) if together[: len(ids)] == tuple(ids) else 0
            shown = repr(pieces[place]) if place < len(pieces) else "its end"
            raise UsageError(
                f"{self._url} gives tokens as text only, and what it wrote does not tokenise back: its tokens "
                f"differ from {place} of {len(pieces)} on ({shown:.60}). {_NO_LIMIT}"
            )
        return found

    def piece(self, token: int) -> str:
        """The text of one token."""
        return self._tokenizer.piece(token)

    def _there_and_back(self, ids: Sequence[int]) -> tuple[str, tuple[int, ...]]:
        begin = len(self._before)
        text = self._tokenizer.decode(ids[begin:] if tuple(ids[:begin]) == self._before else ids)
        return text, self._ids(text)

    def _ids(self, text: str) -> tuple[int, ...]:
        """What the server makes of a text: the prefix, and special tokens for their names."""
        return (*self._before, *self._tokenizer.encode(text, "parse"))


def _first_difference(found: Sequence[object], wanted: Sequence[object]) -> int:
    """The first place at which the two differ; the shorter's length where one begins the other."""
    for place, (one, other) in enumerate(zip(found, wanted, strict=False)):
        if one != other:
            return place
    return min(len(found), len(wanted))
