"""What a server answers to a completion: tokens with log-probabilities, as its dialect writes them.

    OpenAI, vLLM, llama-cpp-python   `logprobs` of lists: `tokens`, `token_logprobs`, `top_logprobs`. Tokens are texts;
                                     with `return_tokens_as_token_ids` vLLM writes "token_id:123" instead
    llama-server                     `logprobs.content`, an object for each token, with its `id`

What is read is held against these forms and against what can be: no token beyond 2**31, no probability above 1.

https://platform.openai.com/docs/api-reference/completions/object
https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar

import msgspec

from configspec.errors import TestbedError
from configspec.printable import printable
from configspec.testbed.key_types import MAX_TOKENS

Named: TypeAlias = int | str  # a token by its id, or by its text where the server gives no ids
TokenId: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
TokenText: TypeAlias = Annotated[str, msgspec.Meta(max_length=4096)]
# llama.cpp writes the lowest float for the logarithm of 0; the rounding of half precision may go beyond 0.
Logprob: TypeAlias = Annotated[float, msgspec.Meta(ge=-3.5e38, le=0.01)]
TokenCount: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=MAX_TOKENS)]
_TOKEN_ID = re.compile(r"token_id:([0-9]{1,10})")
_Form = TypeVar("_Form")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One token of an answer, and the likeliest ones at its place, best first. A prompt's first may have none."""

    token: Named
    logprob: float | None
    top: tuple[tuple[Named, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One completion. `rows` is None where the server gave no log-probabilities."""

    rows: tuple[Row, ...] | None
    prompt_tokens: int
    completion_tokens: int
    stopped: bool  # by a token that ends a text, not by the length asked for


class _Choice(msgspec.Struct):
    text: str
    logprobs: dict[str, object] | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: TokenCount
    completion_tokens: TokenCount


class _Completion(msgspec.Struct):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1, max_length=1)]  # one was asked for
    usage: _Usage


class _Lists(msgspec.Struct):
    tokens: list[TokenText]
    token_logprobs: list[Logprob | None]
    top_logprobs: list[dict[TokenText, Logprob] | None] | None = None


class _Likely(msgspec.Struct):
    logprob: Logprob
    id: TokenId | None = None
    token: TokenText | None = None


class _Written(_Likely):
    top_logprobs: list[_Likely] = []


class _Content(msgspec.Struct):
    content: list[_Written]


def read_answer(body: Mapping[str, object], url: str) -> Answer:
    """The answer in a response's JSON.

    Raises:
        TestbedError: It is not what a completion looks like.
    """
    completion = read_form(body, _Completion, "a completion", url)
    (choice,), usage = completion.choices, completion.usage
    try:
        rows = None if choice.logprobs is None else tuple(_rows(choice.logprobs, url))
    except ValueError as error:  # lists of unequal lengths; an id beyond every vocabulary
        raise _of_another_form("a completion", error, url) from None
    return Answer(
        rows=rows,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        stopped=choice.finish_reason == "stop",
    )


def read_form(answer: object, form: type[_Form], what: str, url: str) -> _Form:
    """An answer, or a part of it, as one of the forms that are known.

    Raises:
        TestbedError: It has another one.
    """
    try:
        return msgspec.convert(answer, form)
    except msgspec.ValidationError as error:
        raise _of_another_form(what, error, url) from None


def _of_another_form(what: str, error: Exception, url: str) -> TestbedError:
    return TestbedError(
        f"{url}: its answer to {what} has another form than expected ({printable(str(error), at_most=200)}). "
        "Is that an OpenAI-compatible API?"
    )


def _rows(logprobs: Mapping[str, object], url: str) -> Iterable[Row]:
    if "content" in logprobs:
        for one in read_form(logprobs, _Content, "a completion", url).content:
            yield _row(_of(one), one.logprob, [(_of(other), other.logprob) for other in one.top_logprobs])
        return
    lists = read_form(logprobs, _Lists, "a completion", url)
    tops = lists.top_logprobs or [None] * len(lists.tokens)
    for token, logprob, top in zip(lists.tokens, lists.token_logprobs, tops, strict=True):
        yield _row(_named(token), logprob, [(_named(name), value) for name, value in (top or {}).items()])


def _row(token: Named, logprob: float | None, top: list[tuple[Named, float]]) -> Row:
    return Row(token=token, logprob=logprob, top=tuple(sorted(top, key=lambda one: -one[1])))


def _of(one: _Likely) -> Named:
    named = one.token if one.id is None else one.id
    if named is None:
        raise ValueError("a token has neither id nor text")
    return named


def _named(text: str) -> Named:
    found = _TOKEN_ID.fullmatch(text)
    if found is None:
        return text
    if int(found[1]) >= 2**31:
        raise ValueError(f"the token {text!r} is of no vocabulary")
    return int(found[1])
