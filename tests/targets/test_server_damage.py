"""Answers of a server with each field damaged, and each file beside its tokenizer: a figure or one error for people."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from damage import FORBIDDEN_SIGNS, damaged_bytes, one_field_at_a_time

from configspec.errors import ConfigspecError, TestbedError, UsageError
from configspec.targets.folder_tokenizer import FolderTokenizer
from configspec.targets.server.server_answer import read_answer
from configspec.targets.server.server_client import ServerClient
from configspec.targets.server.server_target import ServerTarget
from configspec.testbed.family_spec import ServerSpec
from configspec.theory.decoding import Decoding
from configspec.untrusted import NotJson, parse_json

Start = Callable[..., Any]
T = TypeVar("T")
URL = "http://verifier:8000/v1"
GREEDY = Decoding()
LISTS = {
    "tokens": ["token_id:7", "token_id:8"],
    "token_logprobs": [-0.5, -2.5],
    "top_logprobs": [{"token_id:7": -0.5, "token_id:3": -1.5}, {"token_id:8": -2.5, "token_id:9": -0.5}],
}
LIKELY = {"id": 5, "token": " a", "bytes": [32, 97], "logprob": -0.25}
CONTENT = {"content": [{**LIKELY, "top_logprobs": [LIKELY]}, {**LIKELY, "top_logprobs": [LIKELY]}]}
FOLDER = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama" / "target"


def body(logprobs: object) -> dict[str, object]:
    return {
        "id": "cmpl-1",
        "object": "text_completion",
        "model": "m",
        "choices": [{"index": 0, "text": "ab", "logprobs": logprobs, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def outcome(use: Callable[[], T]) -> tuple[T | None, str]:
    """What came of it: a value, or the message of an error that is meant for people. Any other exception is raised."""
    try:
        return use(), ""
    except ConfigspecError as error:
        return None, str(error)


def in_few_words(message: str) -> bool:
    return len(message) < 1000 and FORBIDDEN_SIGNS.search(message) is None and "\n" not in message


@pytest.mark.parametrize("logprobs", [LISTS, CONTENT], ids=["lists", "content"])
def test_an_answer_holds_what_can_be_or_is_refused(logprobs: object) -> None:
    """Whatever one field says: no NaN, no probability above 1, no token beyond C's int, and few words."""
    for name, damaged in one_field_at_a_time(body(logprobs), seed=4, at_most=1000):
        if "\\ud800" in json.dumps(damaged):  # half a character, which `parse_json` lets no further
            continue
        assert isinstance(damaged, dict)
        answer, message = outcome(partial(read_answer, damaged, URL))
        assert in_few_words(message), name
        assert answer is None or 0 <= answer.completion_tokens <= 10_000_000, name
        for row in (answer and answer.rows) or ():
            told = [(row.token, row.logprob), *row.top]
            assert all(logprob is None or (math.isfinite(logprob) and logprob < 0.02) for _, logprob in told), name
            assert all(isinstance(token, str) or 0 <= token < 2**31 for token, _ in told), name


def test_damaged_bytes_of_an_answer_are_an_answer_or_an_error() -> None:
    """Cut, holed, flipped and doubled, through the one reader of JSON."""
    for _, content in damaged_bytes(json.dumps(body(LISTS)).encode(), seed=5, count=400):
        with contextlib.suppress(NotJson, TestbedError):
            answer = parse_json(content)
            if isinstance(answer, dict):
                read_answer(answer, URL)


@pytest.mark.real
def test_a_token_that_stands_twice_in_one_object_is_told(loopback: Start, reply: Start) -> None:
    """Two likely tokens of one text: the second would take the place of the first, and lead another gap."""
    pytest.importorskip("openai", reason="needs openai: pip install 'configspec[server]'")
    twice = b'{"data": [], "top_logprobs": {"a": -0.1, "a": -9.0}}'
    client = ServerClient(ServerSpec(url=loopback(lambda *_: reply(body=twice)).url, model="m", retries=0))
    with pytest.raises(TestbedError, match=r"broken JSON .the key 'a' stands twice in one object"):
        client.get("/models")


@pytest.mark.parametrize("count", [0, 2])
def test_one_choice_was_asked_for(count: int) -> None:
    """None, or two, is another answer than that."""
    answer = body(LISTS)
    answer["choices"] = [{"text": "ab"}] * count
    with pytest.raises(TestbedError, match="another form"):
        read_answer(answer, URL)


def _use(url: str) -> None:
    target = ServerTarget(ServerSpec(url=url, model="bytes", retries=0, timeout_s=5.0))
    try:
        prompt = target.tokenize("import")
        target.continue_text(prompt, 3, GREEDY, seed=0)
        target.prefill(prompt[:-1])
        target.verify(prompt[-1:])
    finally:
        target.close()


@pytest.mark.real
@pytest.mark.parametrize("path", ["/v1/models", "/tokenize", "/detokenize", "/v1/completions"])
def test_any_one_field_of_any_answer_is_taken_or_told(
    loopback: Start, reply: Start, byte_model: Start, path: str
) -> None:
    """A model that is opened, traced and verified with, while one kind of answer is damaged in one place."""
    pytest.importorskip("openai", reason="needs openai: pip install 'configspec[server]'")
    model = byte_model(takes_ids=path != "/detokenize", dialect="text" if path == "/detokenize" else "vllm")
    turn, name = 0, ""

    def answer(asked: str, sent: Any) -> Any:
        nonlocal name
        whole = model.answer(asked, sent)
        if asked != path:
            return whole
        changes = list(one_field_at_a_time(whole.body, seed=6, at_most=60))
        name, damaged = changes[turn % len(changes)]
        return reply(body=json.dumps(damaged).encode())

    server = loopback(answer)
    for turn in range(40 if path == "/v1/completions" else 15):  # noqa: B007 (`answer` reads it)
        _, message = outcome(partial(_use, server.url))
        assert in_few_words(message), name


@pytest.mark.real
@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"data": ' + b"1" * 5000 + b"}",
        b'{"data": NaN}',
        b'{"data": "\\ud800"}',
        b'{"data": [{"id": "\\u001b[31mRED\\nforged"}]}',
        b'{"data": [{"id": "bytes", "max_model_len": -5}]}',
        b'{"data": [{"id": "bytes", "max_model_len": 1e400}]}',
        b'{"data": 5}',
        b'{"data": [5]}',
        b'{"data": [' + b'{"id": "x"},' * 20_000 + b'{"id": "x"}]}',
        b"\xff\xfe",
        b"\x1b[31m\x1b]0;title\x07",
        b"",
    ],
)
def test_a_list_of_models_that_is_none_is_one_error(
    loopback: Start, reply: Start, byte_model: Start, content: bytes
) -> None:
    """Deep, endless, half a character, escapes, a context of -5: few words, and none that move a terminal."""
    pytest.importorskip("openai", reason="needs openai: pip install 'configspec[server]'")
    url = loopback(lambda path, sent: reply(body=content) if "models" in path else byte_model().answer(path, sent)).url
    _, message = outcome(partial(_use, url))
    assert message
    assert in_few_words(message)


@pytest.mark.real
def test_more_tokens_than_were_asked_for_are_an_error(loopback: Start, byte_model: Start) -> None:
    """They would be counted and replayed."""
    pytest.importorskip("openai", reason="needs openai: pip install 'configspec[server]'")

    def answer(path: str, sent: Any) -> Any:
        return byte_model().answer(path, sent and {**sent, **({"max_tokens": 9} if "max_tokens" in sent else {})})

    with pytest.raises(TestbedError, match=r"wrote 9 tokens and reported .*, where at most 1 were asked for"):
        _use(loopback(answer).url)


@pytest.mark.real
def test_a_token_of_no_vocabulary_is_the_servers_fault(loopback: Start, byte_model: Start, byte_folder: Path) -> None:
    """Else the device that scores it would be blamed."""
    pytest.importorskip("openai", reason="needs openai: pip install 'configspec[server]'")

    def answer(path: str, sent: Any) -> Any:
        whole = byte_model().answer(path, sent)
        if path == "/v1/completions" and sent["max_tokens"] == 3:
            whole.body["choices"][0]["logprobs"]["tokens"][1] = "token_id:128"
        return whole

    spec = ServerSpec(url=loopback(answer).url, model="bytes", retries=0, tokenizer=byte_folder)
    target = ServerTarget(spec)
    with pytest.raises(TestbedError, match="gave token 128, and the tokenizer has ids below 128"):
        target.continue_text(target.tokenize("import"), 3, GREEDY, seed=0)
    target.close()


def _tokenizer(folder: Path) -> None:
    pytest.importorskip("tokenizers", reason="needs tokenizers: pip install 'configspec[server]'")
    for name in ("tokenizer.json", "generation_config.json", "config.json", "tokenizer_config.json"):
        (folder / name).write_bytes((FOLDER / name).read_bytes())


@pytest.mark.parametrize("name", ["generation_config.json", "config.json", "tokenizer_config.json"])
def test_the_files_beside_a_tokenizer_are_read_or_told(tmp_path: Path, name: str) -> None:
    """Damaged in one field or in their bytes: end tokens that are ids, or an error that names the file."""
    _tokenizer(tmp_path)
    for other in {"generation_config.json", "config.json"} - {name}:
        (tmp_path / other).unlink()
    content = (FOLDER / name).read_bytes()
    damaged = [json.dumps(one).encode() for _, one in one_field_at_a_time(json.loads(content), seed=7, at_most=60)]
    for one in [*damaged, *(one for _, one in damaged_bytes(content, seed=7, count=40))]:
        (tmp_path / name).write_bytes(one)
        tokenizer, message = outcome(partial(FolderTokenizer, tmp_path))
        assert name in message if tokenizer is None else all(0 <= end < 2**31 for end in tokenizer.ends)


def test_a_damaged_tokenizer_is_one_error(tmp_path: Path) -> None:
    """Cut, holed, flipped and doubled; what can be read still tokenises, or says that it cannot."""
    _tokenizer(tmp_path)
    content = (FOLDER / "tokenizer.json").read_bytes()
    for _, one in damaged_bytes(content, seed=8, count=60):
        (tmp_path / "tokenizer.json").write_bytes(one)
        with contextlib.suppress(UsageError):
            FolderTokenizer(tmp_path).encode("def f(x):\n", "text")


def test_a_panic_of_the_library_is_one_error(tmp_path: Path) -> None:
    """With this prefix of subwords its Rust code slices out of range, which is raised as no Exception."""
    _tokenizer(tmp_path)
    document = json.loads((FOLDER / "tokenizer.json").read_text())
    document["model"]["continuing_subword_prefix"] = "a\u202eb\u2066c"
    (tmp_path / "tokenizer.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match=r"tokenizer\.json: no tokenizer can be read"):
        FolderTokenizer(tmp_path)


@pytest.mark.parametrize("name", ["tokenizer.json", "generation_config.json"])
def test_a_tokenizer_is_made_of_regular_files(tmp_path: Path, name: str) -> None:
    """A FIFO would be waited for."""
    _tokenizer(tmp_path)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(UsageError, match="it is a FIFO and not a regular file"):
        FolderTokenizer(tmp_path)


def test_an_infinite_setting_of_a_model_is_no_damage(tmp_path: Path) -> None:
    """Mamba's config.json has one (`time_step_limit`), as Python writes it."""
    _tokenizer(tmp_path)
    (tmp_path / "generation_config.json").unlink()
    (tmp_path / "config.json").write_text('{"time_step_limit": [0.0, Infinity], "eos_token_id": 2}')
    assert FolderTokenizer(tmp_path).ends == {2}
