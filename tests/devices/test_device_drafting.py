"""Drafting and scoring by the real agent with the real llama.cpp, on a tiny model of random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from configspec.devices.device import Device, open_device
from configspec.errors import TestbedError, UsageError
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.timing import prefix_durations

pytestmark = pytest.mark.real
pytest.importorskip("llama_cpp", reason="needs llama-cpp-python: pip install 'configspec[llama]'")

CONTEXT = 512
PROMPT = [(7 * index) % 300 for index in range(40)]


@pytest.fixture(scope="module")
def device(agent_cache: Path, tiny_gguf: Path) -> Iterator[Device]:
    """One device for all tests here: each begins its own sequence."""
    spec = DeviceSpec(name="here", connection="local", llama_cpp=LlamaCppSpec(threads=1, context=CONTEXT))
    with open_device(spec, agent_cache) as opened:
        opened.open_model(tiny_gguf)
        yield opened


def reference_logits(reference: Any, tokens: list[int]) -> NDArray[np.float64]:
    """Row i: the logits after tokens[: i + 1], in one pass from nothing."""
    reference.reset()
    reference.eval(tokens)
    return np.array(reference.scores[: len(tokens)], dtype=np.float64)


def test_drafting_equals_a_plain_greedy_loop(device: Device, reference: Any) -> None:
    """The measured loop gives the tokens that evaluating everything anew for each token gives."""
    expected = list(PROMPT)
    for _ in range(8):
        expected.append(int(reference_logits(reference, expected)[-1].argmax()))
    device.prefill(PROMPT)
    draft = device.draft(8)
    assert list(draft.tokens) == expected[len(PROMPT) :]
    assert draft.length == len(expected)


def test_stamps_rise_and_there_is_one_more_than_tokens(device: Device) -> None:
    """K tokens have K + 1 stamps of a clock that only goes forward."""
    device.prefill(PROMPT)
    stamps_s = device.draft(5).stamps_s
    assert len(stamps_s) == 6
    assert all(later > earlier for earlier, later in pairwise(stamps_s))


def test_rolling_back_and_drafting_again_repeats_the_tokens(device: Device) -> None:
    """After a rejection, the KV cache holds nothing of what was rejected."""
    device.prefill(PROMPT)
    first = device.draft(6)
    assert device.draft(6, keep=len(PROMPT)).tokens == first.tokens
    assert device.rollback(len(PROMPT) + 2) == len(PROMPT) + 2
    assert device.draft(4).tokens == first.tokens[2:]


@pytest.mark.parametrize("accepted", [0, 3, 6])
def test_going_on_after_a_verification_equals_beginning_anew(device: Device, accepted: int) -> None:
    """Keeping some drafted tokens and appending the target's own gives what that whole text gives."""
    device.prefill(PROMPT)
    first = device.draft(6)
    going_on = device.draft(6, keep=len(PROMPT) + accepted, append=[42])
    device.prefill([*PROMPT, *first.tokens[:accepted], 42])
    assert going_on.tokens == device.draft(6).tokens


def test_a_sequence_longer_than_one_batch_is_drafted_from(device: Device, tiny_gguf: Path) -> None:
    """Prompts beyond the batch size are evaluated in parts."""
    text = [(11 * index) % 300 for index in range(2030)]
    device.open_model(tiny_gguf, LlamaCppSpec(threads=1, context=2048))
    try:
        device.prefill(text)
        draft = device.draft(4)
        assert device.score([*text, *draft.tokens], len(text)).argmax == draft.tokens
    finally:
        device.open_model(tiny_gguf)


def test_timed_rounds_repeat_one_draft_and_leave_the_sequence(device: Device) -> None:
    """Each round starts from the same state, so each gives the same tokens, and the state is there afterwards."""
    device.prefill(PROMPT)
    expected = device.draft(4).tokens
    device.rollback(len(PROMPT))
    timed = device.timed_rounds(4, rounds=5, warmup=1, seconds=60.0)
    assert (timed.tokens, timed.rounds_that_differ) == (expected, 0)
    assert (len(timed.stamps_s), timed.warmup, timed.depth) == (5, 1, len(PROMPT))
    assert device.draft(4).tokens == expected


def test_a_smaller_k_is_the_beginning_of_a_larger_one(device: Device) -> None:
    """The rounds of K hold those of every smaller K: durations grow with k, and the tokens agree."""
    device.prefill(PROMPT)
    timed = device.timed_rounds(6, rounds=3, warmup=0, seconds=60.0)
    for k in range(1, 6):
        shorter, longer = (prefix_durations(timed.stamps_s, length) for length in (k, k + 1))
        assert all(0 < short < long for short, long in zip(shorter, longer, strict=True))
    assert device.draft(3).tokens == timed.tokens[:3]


def test_time_bounds_the_rounds_but_one_is_always_run(device: Device) -> None:
    """With hardly any seconds, one warm-up and one timed round are all."""
    device.prefill(PROMPT)
    timed = device.timed_rounds(2, rounds=1000, warmup=1000, seconds=1e-9)
    assert (len(timed.stamps_s), timed.warmup) == (1, 1)


def test_a_prefill_takes_as_long_as_a_first_one_and_leaves_the_sequence(device: Device) -> None:
    """Nothing of the prompt is found in a cache: a prefill of forty tokens takes far longer than one token's draft."""
    long = [(7 * index) % 300 for index in range(CONTEXT - 8)]
    device.prefill(long)
    expected = device.draft(4).tokens
    device.rollback(len(long))
    timed = device.timed_prefills(5, seconds=60.0)
    assert (timed.evaluated, len(timed.stamps_s)) == (len(long) - 1, 5)
    one_token_s = min(prefix_durations(device.timed_rounds(1, rounds=5, warmup=1, seconds=60.0).stamps_s, 1))
    assert min(timed.samples_s) > 5 * one_token_s
    assert device.draft(4).tokens == expected


def test_scores_equal_softmax_of_the_logits(device: Device, reference: Any) -> None:
    """argmax, logprob, gap, confidence and rank are those of a plain computation in float64."""
    text = [(13 * index) % 300 for index in range(80)]
    logits = reference_logits(reference, text)[:-1]
    shifted = logits - logits.max(axis=1, keepdims=True)
    logprobs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    best_two = np.sort(logits, axis=1)[:, -2:]
    start = 1
    scores = device.score(text, start)
    rows = np.arange(start - 1, len(text) - 1)
    np.testing.assert_allclose(scores.logprob, logprobs[rows, text[start:]], atol=1e-4)
    np.testing.assert_allclose(scores.gap, best_two[rows, 1] - best_two[rows, 0], atol=1e-4)
    np.testing.assert_allclose(scores.confidence, np.exp(logprobs[rows].max(axis=1)), atol=1e-4)
    clear = np.array(scores.gap) > 0.01  # where two logits nearly tie, batch shapes decide
    assert (np.array(scores.argmax) == logits[rows].argmax(axis=1))[clear].all()
    assert clear.sum() > 70
    likelier = (logits[rows] > logits[rows, text[start:]][:, None]).sum(axis=1)
    near = (np.abs(logits[rows] - logits[rows, text[start:]][:, None]) < 0.01).sum(axis=1) - 1  # may have changed sides
    assert (np.abs(np.array(scores.rank) - likelier) <= near).all()


def test_the_ranks_and_confidences_agree_with_the_rest(device: Device) -> None:
    """Rank 0 is the arg-max, whose probability is the confidence; no token has a higher one."""
    text = [(13 * index) % 300 for index in range(80)]
    scores = device.score(text, 1)
    for place, own in enumerate(text[1:]):
        assert (scores.rank[place] == 0) == (scores.argmax[place] == own)
        assert np.exp(scores.logprob[place]) <= scores.confidence[place] + 1e-12


def test_scoring_finds_the_drafted_tokens(device: Device) -> None:
    """One pass over a draft proposes that draft: acceptance needs no speculative decoding."""
    device.prefill(PROMPT)
    draft = device.draft(16)
    scores = device.score([*PROMPT, *draft.tokens], len(PROMPT))
    assert scores.argmax == draft.tokens
    assert all(gap >= 0 for gap in scores.gap)
    assert all(logprob <= 0 for logprob in scores.logprob)


def test_scoring_ends_the_sequence(device: Device) -> None:
    """A score takes the KV cache: drafting after it needs a prefill, and says so."""
    device.score(PROMPT, 1)
    with pytest.raises(UsageError, match=r"no sequence yet.*Prefill"):
        device.draft(1)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda device: device.draft(0), "draft: k must be a whole number of at least 1 and .*: 0"),
        (lambda device: device.draft(CONTEXT), f"{len(PROMPT) + CONTEXT} tokens, context {CONTEXT}"),
        (lambda device: device.timed_rounds(CONTEXT, rounds=1, warmup=0, seconds=1.0), f"context {CONTEXT}"),
        (lambda device: device.draft(1, keep=len(PROMPT) + 1), f"cannot keep {len(PROMPT) + 1} tokens"),
        (lambda device: device.draft(1, append=[300]), "not in the vocabulary: 300, of 300"),
        (lambda device: device.prefill([0] * (CONTEXT + 1)), f"{CONTEXT + 1} tokens, context {CONTEXT}"),
        (lambda device: device.prefill([]), "at least one token"),
        (lambda device: device.prefill([-1]), r"tokens must be a list of token ids: \[-1\]"),
        (lambda device: device.score(PROMPT, 0), "start must be a whole number of at least 1 and .*: 0"),
        (lambda device: device.score(PROMPT, len(PROMPT)), "a start within the text"),
    ],
)
def test_an_impossible_request_is_a_usage_error_and_changes_nothing(device: Device, ask: Any, message: str) -> None:
    """What cannot be is refused with its numbers, and the sequence is as it was."""
    device.prefill(PROMPT)
    with pytest.raises(UsageError, match=message):
        ask(device)
    assert device.draft(1).length == len(PROMPT) + 1


def test_the_board_stops_at_its_deadline_and_goes_on_serving(device: Device) -> None:
    """Work that takes too long ends as a testbed error; the agent is not lost by it."""
    device.prefill(PROMPT)
    with pytest.raises(TestbedError, match="deadline passed"):
        device.timed_rounds(8, rounds=100_000, warmup=0, seconds=600.0, deadline_s=0.05)
    device.prefill(PROMPT)
    assert device.draft(2).length == len(PROMPT) + 2
