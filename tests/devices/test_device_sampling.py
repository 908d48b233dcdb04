"""Sampled drafting and scoring by the real agent with the real llama.cpp, on a tiny model of random numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from configspec.devices.device import Device, open_device
from configspec.errors import TestbedError, UsageError
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.decoding import Decoding
from configspec.theory.sampling import warp

pytestmark = pytest.mark.real
pytest.importorskip("llama_cpp", reason="needs llama-cpp-python: pip install 'configspec[llama]'")

PROMPT = [(7 * index) % 300 for index in range(20)]
DECODING = Decoding(temperature=1.5, top_k=5, top_p=0.95)
WHOLE = Decoding(temperature=1.0)


@pytest.fixture(scope="module")
def device(agent_cache: Path, tiny_gguf: Path) -> Iterator[Device]:
    """One device for all tests here: each begins its own sequence."""
    spec = DeviceSpec(name="here", connection="local", llama_cpp=LlamaCppSpec(threads=1, context=256))
    with open_device(spec, agent_cache) as opened:
        opened.open_model(tiny_gguf)
        yield opened


def test_the_same_seed_draws_the_same_tokens(device: Device) -> None:
    """A seed repeats the draft; without one, the random numbers go on and the drafts differ."""
    device.prefill(PROMPT)
    drafts = [device.draft(12, keep=len(PROMPT), decoding=WHOLE, seed=seed) for seed in (7, 7, None, None)]
    assert drafts[0].tokens == drafts[1].tokens
    assert drafts[0].probabilities == drafts[1].probabilities
    assert len({draft.tokens for draft in drafts}) == 3


def test_a_sampled_draft_is_stamped_as_a_greedy_one_is(device: Device) -> None:
    """K tokens, K probabilities, K + 1 rising stamps; the sequence is longer by K."""
    device.prefill(PROMPT)
    draft = device.draft(5, decoding=WHOLE)
    assert (len(draft.tokens), len(draft.probabilities), draft.length) == (5, 5, len(PROMPT) + 5)
    assert len(draft.stamps_s) == 6
    assert list(draft.stamps_s) == sorted(set(draft.stamps_s))


@pytest.mark.parametrize("decoding", [DECODING, WHOLE])
def test_each_token_was_drawn_from_the_warped_logits(device: Device, reference: Any, decoding: Decoding) -> None:
    """The distributions are those of a plain evaluation, and the probabilities are the drafted tokens' own in them."""
    device.prefill(PROMPT)
    draft = device.draft(6, decoding=decoding, seed=3)
    rows = np.array([device.distribution(index) for index in range(6)])
    reference.reset()
    reference.eval([*PROMPT, *draft.tokens])
    logits = np.array(reference.scores[len(PROMPT) - 1 : len(PROMPT) + 5])
    np.testing.assert_allclose(rows, warp(logits, decoding), atol=1e-3)
    assert draft.probabilities == tuple(rows[range(6), draft.tokens])


def test_drafts_are_as_frequent_as_their_probability_says(device: Device) -> None:
    """Chi-square over 1,500 drafts of two tokens: P(x1, x2) = q(x1) * q(x2 | x1)."""
    drafts, decoding = 1500, Decoding(temperature=6.0, top_k=4)  # hot: none of the 16 outcomes is rare
    drafted: Counter[tuple[int, ...]] = Counter()
    chances: dict[tuple[int, ...], float] = {}
    device.prefill(PROMPT)
    for seed in range(drafts):
        tokens = device.draft(2, keep=len(PROMPT), decoding=decoding, seed=seed).tokens
        drafted[tokens] += 1
        if tokens not in chances:
            first, second = device.distribution(0), device.distribution(1)
            chances.update({(tokens[0], int(x)): first[tokens[0]] * second[x] for x in np.flatnonzero(second)})
    assert len(chances) == 16
    assert min(chances.values()) * drafts > 5
    assert (
        chisquare([drafted[outcome] for outcome in chances], drafts * np.array(list(chances.values()))).pvalue > 0.001
    )


def test_going_on_after_a_verification_equals_beginning_anew(device: Device) -> None:
    """The cut KV cache holds nothing of what was rejected: the same seed draws the same tokens."""
    device.prefill(PROMPT)
    first = device.draft(6, decoding=DECODING, seed=1)
    going_on = device.draft(6, keep=len(PROMPT) + 3, append=[42], decoding=DECODING, seed=2)
    device.prefill([*PROMPT, *first.tokens[:3], 42])
    assert going_on.tokens == device.draft(6, decoding=DECODING, seed=2).tokens


@pytest.mark.parametrize("decoding", [DECODING, WHOLE])
def test_scoring_finds_the_probabilities_of_the_draft(device: Device, decoding: Decoding) -> None:
    """One pass over a sampled draft gives what each token was drawn with."""
    device.prefill(PROMPT)
    draft = device.draft(8, decoding=decoding, seed=5)
    scores = device.score([*PROMPT, *draft.tokens], len(PROMPT), decoding=decoding)
    np.testing.assert_allclose(scores.probability or (), draft.probabilities, atol=1e-3)


def test_scores_without_truncation_are_the_log_probabilities(device: Device) -> None:
    """At temperature 1, q is exp of the log-probability; greedily, 1 where the arg-max is the token."""
    scores = device.score(PROMPT, 1, decoding=WHOLE)
    np.testing.assert_allclose(scores.probability or (), np.exp(scores.logprob), rtol=1e-6)
    greedy = device.score(PROMPT, 1, decoding=Decoding())
    assert greedy.probability == tuple(float(best == own) for best, own in zip(greedy.argmax, PROMPT[1:], strict=True))
    assert device.score(PROMPT, 1).probability is None


def test_greedy_decoding_drafts_greedily(device: Device) -> None:
    """A temperature of 0, or a low one, drafts the arg-max."""
    device.prefill(PROMPT)
    greedy = device.draft(6)
    assert device.draft(6, keep=len(PROMPT), decoding=Decoding()).tokens == greedy.tokens
    assert device.draft(6, keep=len(PROMPT), decoding=Decoding(temperature=1e-4)).tokens == greedy.tokens
    assert greedy.probabilities == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda device: device.rollback(len(PROMPT)),
        lambda device: device.draft(1),
        lambda device: device.prefill(PROMPT),
        lambda device: device.score(PROMPT, 1),
        lambda device: device.timed_rounds(1, rounds=1, warmup=0, seconds=1.0),
    ],
)
def test_a_distribution_is_of_the_last_draft_only(device: Device, change: Any) -> None:
    """Once the sequence has changed, there is none, and the error says so."""
    device.prefill(PROMPT)
    device.draft(2, decoding=DECODING)
    assert device.distribution(1).shape == (300,)
    change(device)
    with pytest.raises(UsageError, match=r"no distribution of drafted token 1: 0 tokens.*before the next draft"):
        device.distribution(1)


@pytest.mark.parametrize(
    ("decoding", "message"),
    [
        (Decoding(temperature=-1.0), "temperature must be a number above 0: -1"),
        (Decoding(temperature=1.0, top_k=-1), "top_k must be a whole number of at least 0 and .*: -1"),
        (Decoding(temperature=1.0, top_p=1.5), "top_p must be a number above 0 and at most 1: 1.5"),
    ],
)
def test_an_impossible_decoding_is_a_usage_error_and_changes_nothing(
    device: Device, decoding: Decoding, message: str
) -> None:
    """What cannot be is refused with its number, in drafting and in scoring, and the sequence is as it was."""
    device.prefill(PROMPT)
    with pytest.raises(UsageError, match=message):
        device.draft(2, decoding=decoding)
    with pytest.raises(UsageError, match=message):
        device.score(PROMPT, 1, decoding=decoding)
    assert device.draft(1).length == len(PROMPT) + 1


def test_sampling_stops_at_its_deadline_and_goes_on_serving(device: Device) -> None:
    """Work that takes too long ends as a testbed error; the agent is not lost by it."""
    device.prefill(PROMPT)
    with pytest.raises(TestbedError, match="deadline passed while drafting"):
        device.draft(200, decoding=WHOLE, deadline_s=1e-3)
    device.prefill(PROMPT)
    assert len(device.draft(2, decoding=WHOLE).tokens) == 2
