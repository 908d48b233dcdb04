"""What makes token ids of a target's prompts, without its weights: one rule for every kind of target.

    prefix      the tokens that the tokenizer itself puts before a text: none, one, or several
    text        a special token's name in the text is text like any other
    parse       it is that token

A prompt is its text's tokens after the prefix. Where the text already begins with the prefix, or with its end, as what
a chat template made may, that part is not put twice. llama.cpp does the same (common/chat.cpp); transformers and vLLM
leave the beginning of a chat to its template alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from configspec.families.chat.template import ChatTemplate
from configspec.testbed.chat_spec import SpecialTokens
from configspec.testbed.prompt import Message


class Encoder(Protocol):
    """Text to token ids."""

    @property
    def prefix(self) -> tuple[int, ...]:
        """What the tokenizer itself puts before a text."""

    def encode(self, text: str, special_tokens: SpecialTokens) -> tuple[int, ...]:
        """The ids of a text alone, without the prefix."""


class ServedTemplate(Protocol):
    """A chat template that only a server can see."""

    place: str

    def ids(self, messages: Sequence[Message], variables: Mapping[str, object]) -> tuple[int, ...]:
        """The ids of a chat, up to where the assistant is to answer."""


class PromptSource(Encoder, Protocol):
    """A target's tokenizer with its chat template."""

    @property
    def name(self) -> str:
        """What messages call the target."""

    @property
    def special_texts(self) -> Mapping[str, str]:
        """The texts of its special tokens by the names that templates have for them: `bos_token` and others."""

    def template(self) -> ChatTemplate | ServedTemplate | None:
        """The target's own chat template; None where it has none.

        Raises:
            UsageError: It cannot be known whether it has one.
        """

    def close(self) -> None:
        """Free what it holds."""


def prompt_ids(encoder: Encoder, text: str, special_tokens: SpecialTokens) -> tuple[int, ...]:
    """The ids of a whole prompt."""
    ids = encoder.encode(text, special_tokens)
    return (*encoder.prefix, *ids) if special_tokens == "text" else begun(encoder.prefix, ids)


def before(whole: tuple[int, ...], alone: tuple[int, ...]) -> tuple[int, ...]:
    """What a tokenizer puts before a text, by the text's ids with and without what is around them.

    What it puts after a text is no part of a prompt, which goes on.

    >>> before((1, 5, 2), (5,)), before((1, 1), (1,)), before((5,), (5,)), before((1, 9), (5,))
    ((1,), (1,), (), ())
    """
    for begin in range(len(whole) - len(alone), -1, -1):
        if whole[begin : begin + len(alone)] == alone:
            return whole[:begin]
    return ()


def begun(prefix: Sequence[int], ids: Sequence[int]) -> tuple[int, ...]:
    """`ids` after `prefix`, of which the longest end that `ids` begin with is not put twice.

    >>> begun((1,), (1, 5)), begun((7, 1), (1, 5)), begun((7, 1), (7, 1, 5)), begun((1,), (5,))
    ((1, 5), (7, 1, 5), (7, 1, 5), (1, 5))
    """
    missing = next(cut for cut in range(len(prefix) + 1) if tuple(ids[: len(prefix) - cut]) == tuple(prefix[cut:]))
    return (*prefix[:missing], *ids)
