"""Answers to completions, in the forms that servers give them."""

from __future__ import annotations

from typing import Any

import pytest

from configspec.errors import TestbedError
from configspec.targets.server.server_answer import Row, read_answer
from configspec.targets.server.server_model import row_after

URL = "http://verifier:8000/v1"


def _body(logprobs: Any, *, prompt: int = 3, written: int = 1, reason: str = "length") -> dict[str, Any]:
    return {
        "choices": [{"text": "ab", "logprobs": logprobs, "finish_reason": reason}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": written},
    }


def test_ids_are_read_where_the_server_writes_them_as_text() -> None:
    """The `token_id:N` of vLLM, for the token and its rivals, best first; a prompt's first token has no scores."""
    logprobs = {
        "tokens": ["token_id:7", "token_id:8"],
        "token_logprobs": [None, -2.5],
        "top_logprobs": [None, {"token_id:8": -2.5, "token_id:9": -0.5}],
    }
    rows = read_answer(_body(logprobs), URL).rows
    assert rows == (Row(token=7, logprob=None, top=()), Row(token=8, logprob=-2.5, top=((9, -0.5), (8, -2.5))))


def test_ids_are_read_where_llama_server_writes_them() -> None:
    """`logprobs.content`, whose tokens have an id each."""
    one = {"id": 5, "token": " a", "bytes": [32, 97], "logprob": -0.25}
    rows = read_answer(_body({"content": [one | {"top_logprobs": [one]}]}), URL).rows
    assert rows == (Row(token=5, logprob=-0.25, top=((5, -0.25),)),)


def test_tokens_without_ids_are_their_texts() -> None:
    """As llama-cpp-python has them."""
    logprobs = {"tokens": [" a"], "token_logprobs": [-0.25], "top_logprobs": [{" a": -0.25}]}
    answer = read_answer(_body(logprobs, reason="stop"), URL)
    assert answer.rows == (Row(token=" a", logprob=-0.25, top=((" a", -0.25),)),)
    assert answer.stopped


def test_an_answer_of_another_form_is_the_servers_fault() -> None:
    """No choices, no usage, lists of unequal length: the URL, and what was missing."""
    uneven = {"tokens": ["a", "b"], "token_logprobs": [-1.0], "top_logprobs": None}
    bodies: list[dict[str, Any]] = [{}, {"choices": []}, {"choices": [{"text": "a"}]}]
    for body in (*bodies, _body(uneven), _body({"tokens": 3})):
        with pytest.raises(TestbedError, match=r"verifier:8000.*another form"):
            read_answer(body, URL)


def _after(tokens: str, place: int, *, written: int = 1, late: bool = False) -> object:
    """The token of the row that says what follows token `place` of the prompt "abc"."""
    logprobs = {"tokens": list(tokens), "token_logprobs": [-1.0] * len(tokens)}
    row = row_after(read_answer(_body(logprobs, written=written), URL), 3, place, late=late)
    return row and row.token


def test_rows_are_found_whatever_begins_the_text() -> None:
    """With all rows of "abc" and the "d" after it, without the first's, one place late, and where nothing follows."""
    assert [_after("abcd", place) for place in (0, 1, 2)] == ["b", "c", "d"]
    assert [_after("bcd", place) for place in (0, 1, 2)] == ["b", "c", "d"]
    assert [_after("abc", place, late=True) for place in (0, 1, 2)] == ["a", "b", "c"]
    assert [_after("abc", place, written=0) for place in (0, 1, 2)] == ["b", "c", None]
