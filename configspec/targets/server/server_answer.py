"""What a server answers to a completion: tokens with log-probabilities, as its dialect writes them.

    OpenAI, vLLM, llama-cpp-python   `logprobs` of lists: `tokens`, `token_logprobs`, `top_logprobs`. Tokens are texts;
                                     with `return_tokens_as_token_ids` vLLM writes "token_id:123" instead
    llama-server                     `logprobs.content`, an object for each token, with its `id`

https://platform.openai.com/docs/api-reference/completions/object
https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from configspec.errors import TestbedError
from configspec.targets.server.server_client import JsonObject

Named = int | str  # a token by its id, or by its text where the server gives no ids
_TOKEN_ID = re.compile(r"token_id:(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One token of an answer, and the likeliest ones at its place, best first. A prompt's first may have none."""

    token: Named
    logprob: float | None
    top: tuple[tuple[Named, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One completion. `rows` is None where the server gave no log-probabilities."""

    text: str
    rows: tuple[Row, ...] | None
    prompt_tokens: int
    completion_tokens: int
    stopped: bool  # by a token that ends a text, not by the length asked for


def read_answer(body: JsonObject, url: str) -> Answer:
    """The answer in a response's JSON.

    Raises:
        TestbedError: It is not what a completion looks like.
    """
    try:
        choice, usage = body["choices"][0], body["usage"]
        logprobs = choice.get("logprobs")
        return Answer(
            text=str(choice["text"]),
            rows=None if logprobs is None else _rows(logprobs),
            prompt_tokens=int(usage["prompt_tokens"]),
            completion_tokens=int(usage["completion_tokens"]),
            stopped=choice.get("finish_reason") == "stop",
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise TestbedError(
            f"{url}: its answer to a completion has another form than expected ({type(error).__name__}: {error}). "
            "Is that an OpenAI-compatible API?"
        ) from error


def _rows(logprobs: JsonObject) -> tuple[Row, ...]:
    if "content" in logprobs:
        return tuple(
            _row(_of(one), one["logprob"], [(_of(other), other["logprob"]) for other in one["top_logprobs"]])
            for one in logprobs["content"]
        )
    tokens = logprobs["tokens"]
    tops = logprobs.get("top_logprobs") or [None] * len(tokens)
    return tuple(
        _row(_named(token), logprob, [(_named(name), value) for name, value in (top or {}).items()])
        for token, logprob, top in zip(tokens, logprobs["token_logprobs"], tops, strict=True)
    )


def _row(token: Named, logprob: float | None, top: list[tuple[Named, float]]) -> Row:
    best_first = sorted(((name, float(value)) for name, value in top), key=lambda one: -one[1])
    return Row(token=token, logprob=None if logprob is None else float(logprob), top=tuple(best_first))


def _of(one: JsonObject) -> Named:
    return int(one["id"]) if "id" in one else str(one["token"])


def _named(text: str) -> Named:
    found = _TOKEN_ID.fullmatch(text)
    return int(found[1]) if found else text
