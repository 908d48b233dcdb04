"""A target behind servers that speak as vLLM, llama-server and text-only servers do, of a model that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from configspec.errors import TestbedError, UsageError
from configspec.targets.server.server_target import ServerTarget
from configspec.testbed.family_spec import ServerSpec
from configspec.theory.decoding import Decoding

pytestmark = pytest.mark.real
pytest.importorskip("openai", reason="needs openai: pip install 'configspec[server]'")

GREEDY = Decoding()
PROMPT = tuple(b"speculate: ")

Open = Callable[..., ServerTarget]


@pytest.fixture
def open_target(loopback: Callable[..., Any], byte_model: Callable[..., Any]) -> Iterator[Open]:
    """A target behind a server of the byte model, which speaks as it is told to."""
    opened: list[ServerTarget] = []

    def start(*, tokenizer: Path | None = None, **how: Any) -> ServerTarget:
        spec = ServerSpec(url=loopback(byte_model(**how).answer).url, model="bytes", retries=0, tokenizer=tokenizer)
        opened.append(ServerTarget(spec))
        return opened[-1]

    yield start
    for target in opened:
        target.close()


def _greedy(model: Any, ids: tuple[int, ...], count: int) -> list[int]:
    text = list(ids)
    for _ in range(count):
        text.append(model.best_after(text))
    return text[len(ids) :]


@pytest.mark.parametrize(
    "how",
    [
        {"dialect": "vllm"},
        {"dialect": "llama-server", "scores": False},
        {"dialect": "text", "takes_ids": False},
        {"dialect": "text"},
        {"dialect": "vllm", "takes_ids": False},
    ],
    ids=["vllm", "llama-server", "text", "ids in", "ids out"],
)
def test_a_trace_is_the_models_own(open_target: Open, byte_model: Callable[..., Any], how: dict[str, Any]) -> None:
    """In every dialect the text, and the gap between the best two logits, are the model's."""
    written = open_target(**how).continue_text(PROMPT, 9, GREEDY, seed=0)
    assert list(written.tokens) == _greedy(byte_model(**how), PROMPT, 9)
    assert written.gaps == pytest.approx([0.25] * 9)
    assert set(written.logprobs) == {0.0}


@pytest.mark.parametrize("how", [{"dialect": "vllm"}, {"dialect": "text", "takes_ids": False}], ids=["ids", "text"])
def test_verifying_tells_the_models_choices(
    open_target: Open, byte_model: Callable[..., Any], how: dict[str, Any]
) -> None:
    """After every token of a pass, right or wrong; and after a cut, from a text's start too."""
    target, model = open_target(**how), byte_model(**how)
    drafted = [PROMPT[-1], *_greedy(model, PROMPT, 2), 88, 89]
    target.prefill(PROMPT[:-1])
    first = target.verify(drafted)
    assert first == [model.best_after([*PROMPT[:-1], *drafted[: place + 1]]) for place in range(5)]
    target.keep(len(PROMPT))
    assert target.verify(drafted[1:]) == first[1:]
    target.prefill([])
    assert target.verify(PROMPT[:3]) == [model.best_after(PROMPT[:end]) for end in (1, 2, 3)]


def test_a_missing_ability_is_named_by_what_needs_it(open_target: Open) -> None:
    """A server that cannot score prompts can be opened and traced; verifying says what it lacks, and its own words."""
    target = open_target(dialect="llama-server", scores=False)
    target.prefill(PROMPT)
    with pytest.raises(UsageError, match=r"cannot verify.*`echo`.*Only no echo is supported"):
        target.verify([97])
    with pytest.raises(UsageError, match="no whole distributions"):
        target.distributions([97], GREEDY)


def test_log_probabilities_before_temperature_are_refused(open_target: Open) -> None:
    """Raw ones do for temperature 1 alone; processed ones, which the gap between two shows, do for any."""
    warm = Decoding(temperature=0.5)
    raw = open_target()
    assert len(raw.continue_text(PROMPT, 3, Decoding(temperature=1.0), seed=0).logprobs) == 3
    with pytest.raises(UsageError, match="before temperature"):
        raw.continue_text(PROMPT, 3, warm, seed=0)
    written = open_target(processed=True).continue_text(PROMPT, 3, warm, seed=0)
    assert written.gaps == pytest.approx([0.25] * 3)


@pytest.mark.parametrize("how", [{"dialect": "vllm"}, {"dialect": "text", "takes_ids": False, "end_shown": False}])
def test_an_end_token_counts(open_target: Open, byte_folder: Path, how: dict[str, Any]) -> None:
    """The folder says which token ends a text; it is the text's last, shown by the server or not."""
    target = open_target(tokenizer=byte_folder, ends_at=b"hdj", **how)
    assert target.end_tokens == {0}
    written = target.continue_text(PROMPT, 9, GREEDY, seed=0)
    assert len(written.tokens) == 4
    assert written.tokens[-1] == 0


def test_an_unknown_end_is_an_error(open_target: Open) -> None:
    """A server's own tokenizer does not tell what ends a text: where one ends, its folder is asked for."""
    target = open_target(ends_at=b"hdj")
    with pytest.raises(UsageError, match=r"not known to end one.*`tokenizer`"):
        target.continue_text(PROMPT, 9, GREEDY, seed=0)


def test_a_token_that_is_not_told_is_an_error(open_target: Open) -> None:
    """Fewer log-probabilities than tokens written: which are missing is not guessed."""
    target = open_target(loses_a_row=True)
    with pytest.raises(TestbedError, match="wrote 9 tokens and reported 8"):
        target.continue_text(PROMPT, 9, GREEDY, seed=0)


def test_a_pass_is_timed_for_several_requests(open_target: Open) -> None:
    """Requests that are sent together take more than no time; the context is what the server says."""
    target = open_target()
    assert target.pass_s(context=8, tokens=3, requests=1) > 0
    assert target.pass_s(context=0, tokens=3, requests=3) > 0
    assert target.context == 4096
