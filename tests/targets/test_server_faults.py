"""Servers that misbehave, and requests that cannot be answered: one clear message each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from configspec.errors import TestbedError, UsageError
from configspec.targets.server.server_target import ServerTarget
from configspec.testbed.family_spec import ServerSpec
from configspec.theory.decoding import Decoding

pytestmark = pytest.mark.real
pytest.importorskip("openai", reason="needs openai: pip install 'configspec[server]'")

KEY_VARIABLE = "KEY_OF_THE_TESTS"
Start = Callable[..., Any]


def _open(url: str, *, model: str = "bytes", retries: int = 0, timeout_s: float = 5.0) -> ServerTarget:
    return ServerTarget(
        ServerSpec(url=url, model=model, api_key_env=KEY_VARIABLE, retries=retries, timeout_s=timeout_s)
    )


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ({"status": 500, "body": {"error": "out of memory"}}, TestbedError, "status 500.*out of memory"),
        ({"status": 503}, TestbedError, "status 503"),
        ({"hangs": True}, TestbedError, r"no whole answer within 0\.3 s.*timeout_s"),
        ({"body": b'{"data": [', "missing_bytes": 100}, TestbedError, "closed the connection"),
        ({"body": b"<html>", "content_type": "text/html"}, TestbedError, "broken JSON .*: <html>"),
        ({"body": b'{"data": [}'}, TestbedError, "broken JSON"),
        ({"body": [1, 2]}, TestbedError, "something other than a JSON object"),
        ({"status": 429, "body": {"error": "slow down"}}, TestbedError, "rate of requests.*slow down"),
        ({"status": 401}, UsageError, f"wants a key.*{KEY_VARIABLE}"),
        ({"status": 400, "body": {"error": "no"}}, UsageError, "status 400.*no"),
    ],
    ids=["500", "503", "hangs", "half", "html", "broken", "list", "429", "401", "400"],
)
def test_a_server_that_misbehaves_is_told_by_its_url(
    loopback: Start, reply: Start, byte_model: Start, how: dict[str, Any], kind: type[Exception], words: str
) -> None:
    """Whatever completions are answered with, one message names the URL, and what was found."""

    def answer(path: str, sent: Any) -> Any:
        return reply(**how) if path == "/v1/completions" else byte_model().answer(path, sent)

    url = loopback(answer).url
    with pytest.raises(kind, match=words) as caught:
        _open(url, timeout_s=0.3)
    assert url in str(caught.value)


def test_a_limited_rate_is_waited_for(loopback: Start, reply: Start, byte_model: Start) -> None:
    """A 429 with Retry-After is asked again, and the run goes on."""
    refused: list[str] = []

    def answer(path: str, sent: Any) -> Any:
        if path == "/v1/completions" and not refused:
            refused.append(path)
            return reply(status=429, headers={"Retry-After": "0.05"})
        return byte_model().answer(path, sent)

    server = loopback(answer)
    _open(server.url, retries=2).close()
    assert server.asked.count("/v1/completions") == 4  # refused, ids, log-probabilities, scores


def test_a_model_that_is_not_there_is_named_with_those_that_are(loopback: Start, byte_model: Start) -> None:
    """The model's identifier, and the nearest that the server has."""
    with pytest.raises(UsageError, match=r"no model 'byte'\. Did you mean 'bytes'\?"):
        _open(loopback(byte_model().answer).url, model="byte")


def test_no_server_is_told_from_a_bad_one(loopback: Start, byte_model: Start) -> None:
    """Nobody listens at the port."""
    server = loopback(byte_model().answer)
    server.close()
    with pytest.raises(TestbedError, match="could not be reached"):
        _open(server.url)


def test_a_key_goes_to_the_server_and_nowhere_else(
    loopback: Start, reply: Start, byte_model: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is refused, or repeated by the server, is not in the message."""
    monkeypatch.setenv(KEY_VARIABLE, "secret-key")
    for how in ({"status": 403, "body": {"error": "not secret-key"}}, {"status": 400, "body": {"error": "secret-key"}}):
        server = loopback(
            lambda path, sent, how=how: reply(**how) if "completions" in path else byte_model().answer(path, sent)
        )
        with pytest.raises(UsageError) as caught:
            _open(server.url)
        assert "secret-key" not in str(caught.value)
        assert set(server.keys) == {"Bearer secret-key"}


def test_a_key_with_a_newline_is_a_key(loopback: Start, byte_model: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `$(cat key)` in a file of variables leaves it; the library would show such a header in its error."""
    monkeypatch.setenv(KEY_VARIABLE, " secret-key\n")
    server = loopback(byte_model().answer)
    _open(server.url).close()
    assert set(server.keys) == {"Bearer secret-key"}


def test_a_server_without_tokenizer_asks_for_a_folder(loopback: Start, reply: Start, byte_model: Start) -> None:
    """No /tokenize: the message says what to name instead."""
    server = loopback(lambda path, sent: reply(status=404) if "tokenize" in path else byte_model().answer(path, sent))
    with pytest.raises(UsageError, match=r"does not tokenise.*tokenizer\.json"):
        _open(server.url)


def test_a_foreign_tokenizer_is_noticed(loopback: Start, byte_model: Start, target_folder: Path) -> None:
    """A folder of another model makes another number of tokens than the server reads."""
    spec = ServerSpec(url=loopback(byte_model(takes_ids=False).answer).url, model="bytes", tokenizer=target_folder)
    with pytest.raises(UsageError, match="where the tokenizer makes"):
        ServerTarget(spec)


def test_a_url_is_one() -> None:
    """A host without http:// is refused before anything is sent."""
    with pytest.raises(UsageError, match="http://"):
        _open("verifier:8000/v1")


def test_a_server_that_writes_nothing_is_an_error(loopback: Start, reply: Start, byte_model: Start) -> None:
    """What is counted and timed afterwards is counted on a text: an empty one would be read for ever."""

    def answer(path: str, sent: Any) -> Any:
        body = byte_model().answer(path, sent).body
        if path == "/v1/completions" and sent["max_tokens"] == 9:
            nothing: dict[str, list[str]] = {"tokens": [], "token_logprobs": [], "top_logprobs": []}
            body["choices"] = [{"text": "", "logprobs": nothing, "finish_reason": "length"}]
            body["usage"]["completion_tokens"] = 0
        return reply(body=body)

    target = _open(loopback(answer).url)
    with pytest.raises(TestbedError, match="wrote nothing after a prompt of 3 tokens"):
        target.continue_text(target.tokenize("abc"), 9, Decoding(), seed=0)
