"""What every target must do, whoever runs it; `any_target` is of each variant of the registry in turn."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from configspec.targets.target import Target
from configspec.theory.decoding import Decoding

pytestmark = pytest.mark.real

PROMPT_TEXT = """\
class Stack:
    def __init__(self):
        self.items = []

    def push(self, item):
"""
GREEDY = Decoding()
WARM = Decoding(temperature=0.8, top_k=40, top_p=0.95)
NEW = 24
FOREIGN = [7, 7, 300, 41]  # no text that the model would write


def _one_by_one(target: Target, prompt: Sequence[int], count: int) -> list[int]:
    target.prefill(prompt[:-1])
    chosen: list[int] = []
    last = prompt[-1]
    for _ in range(count):
        [last] = target.verify([last])
        chosen.append(last)
    return chosen


@pytest.fixture
def prompt(llama_target: Target) -> tuple[int, ...]:
    return llama_target.tokenize(PROMPT_TEXT)


def test_one_pass_says_what_single_steps_say(any_target: Target, prompt: tuple[int, ...]) -> None:
    """Verifying the target's own text in one pass gives that text, as feeding it token by token does."""
    alone = _one_by_one(any_target, prompt, NEW)
    any_target.prefill(prompt[:-1])
    assert any_target.verify([prompt[-1], *alone[:-1]]) == alone


def test_its_own_text_is_what_it_verifies(any_target: Target, prompt: tuple[int, ...]) -> None:
    """The greedy continuation is the text that single steps give; its log-probabilities are 0, its gaps are not."""
    written = any_target.continue_text(prompt, NEW, GREEDY, seed=0)
    assert list(written.tokens) == _one_by_one(any_target, prompt, NEW)
    assert set(written.logprobs) == {0.0}
    assert written.gaps is not None
    assert min(written.gaps) > 0
    assert any_target.continue_text(prompt, NEW, GREEDY, seed=1) == written


def test_what_was_cut_leaves_no_trace(any_target: Target, prompt: tuple[int, ...]) -> None:
    """After foreign tokens and a cut back, the next pass says what a fresh text says."""
    any_target.prefill(prompt[:-1])
    fresh = any_target.verify([prompt[-1], *FOREIGN])
    any_target.prefill(prompt[:-1])
    any_target.verify([prompt[-1], *reversed(FOREIGN)])
    any_target.keep(len(prompt) - 1)
    assert any_target.verify([prompt[-1], *FOREIGN]) == fresh
    any_target.keep(len(prompt) + 1)
    assert any_target.verify(FOREIGN[1:]) == fresh[2:]


def test_a_text_may_begin_with_nothing(target: Target, prompt: tuple[int, ...]) -> None:
    """After an empty prefill, and after a cut to nothing, the first pass reads the text from its start."""
    target.prefill([])
    from_nothing = target.verify(prompt)
    target.prefill(prompt[:-1])
    assert target.verify(prompt[-1:]) == from_nothing[-1:]
    target.keep(0)
    assert target.verify(prompt) == from_nothing


def test_distributions_are_of_what_verify_chooses(target: Target, prompt: tuple[int, ...]) -> None:
    """Each is a distribution, its likeliest token is the verdict, greedy it is certain, and top-k bounds it."""
    tokens = [prompt[-1], *FOREIGN]
    target.prefill(prompt[:-1])
    verdicts = target.verify(tokens)
    for decoding in (GREEDY, WARM):
        target.keep(len(prompt) - 1)
        found = target.distributions(tokens, decoding)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-12)
        assert found.argmax(axis=1).tolist() == verdicts
        assert (found > 0).sum(axis=1).max() <= (1 if decoding.greedy else WARM.top_k)


def test_a_sampled_text_is_its_seeds(target: Target, prompt: tuple[int, ...]) -> None:
    """The same seed gives the same text, another one another; each token is likely, by its own distribution."""
    written = target.continue_text(prompt, NEW, WARM, seed=5)
    assert target.continue_text(prompt, NEW, WARM, seed=5) == written
    assert target.continue_text(prompt, NEW, WARM, seed=6).tokens != written.tokens
    target.prefill(prompt[:-1])
    found = target.distributions([prompt[-1], *written.tokens[:-1]], WARM)
    for row, token, logprob in zip(found, written.tokens, written.logprobs, strict=True):
        assert math.log(row[token]) == pytest.approx(logprob, abs=2e-2)


def test_a_pass_takes_time_whatever_the_requests(any_target: Target, prompt: tuple[int, ...]) -> None:
    """One text or three, with context or none, again and again; texts can begin afterwards."""
    for requests in (1, 3):
        for _ in range(2):
            assert any_target.pass_s(context=20, tokens=5, requests=requests) > 0
        assert any_target.pass_s(context=0, tokens=3, requests=requests) > 0
    assert _one_by_one(any_target, prompt, 4) == list(any_target.continue_text(prompt, 4, GREEDY, seed=0).tokens)


def test_it_says_what_it_is(target: Target) -> None:
    """Its name is a place, its runtime has a version, and its context and end tokens are the model's."""
    assert target.name.startswith("/")
    assert any(part[0].isdigit() for part in target.runtime.split())
    assert target.context == 1024
    assert target.end_tokens == {1}


def test_both_runtimes_write_the_same(transformers_target: Target, llama_target: Target) -> None:
    """The float16 file in llama.cpp and the folder in transformers write the same greedy text after a prompt."""
    prompt = llama_target.tokenize(PROMPT_TEXT)
    written = [one.continue_text(prompt, NEW, GREEDY, seed=0).tokens for one in (transformers_target, llama_target)]
    assert written[0] == written[1]
