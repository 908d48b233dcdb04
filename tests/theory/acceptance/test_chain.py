"""Laws 6 to 9 of the acceptance replay, for any text, and what its habits are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.theory.acceptance.chain import Counts, pooled, replay, replay_each, too_few_prompts
from configspec.theory.flags import flag

law = settings(deadline=None)
texts = st.lists(st.booleans(), max_size=80)
ks = st.integers(1, 12)


def matches_of(text: str) -> list[bool]:
    """`1` where the draft guessed the target's token."""
    return [character == "1" for character in text]


def speculative_decoding(matches: Sequence[bool], k: int) -> list[int]:
    """Accepted tokens of each round, decoded token by token as an engine does."""
    accepted_by_round = []
    written = 0
    while written < len(matches):
        accepted = 0
        for proposal in range(k):
            if written + proposal >= len(matches) or not matches[written + proposal]:
                break
            accepted += 1
        accepted_by_round.append(accepted)
        written += accepted + 1
    return accepted_by_round


@law
@given(texts, ks)
def test_the_replay_counts_what_decoding_round_by_round_counts(matches: list[bool], k: int) -> None:
    """Rounds and accepted tokens are those of a plain draft-verify loop; every round is billed K drafted tokens."""
    by_round = speculative_decoding(matches, k)
    assert replay(matches, k) == Counts(rounds=len(by_round), accepted=sum(by_round), drafted=k * len(by_round))


@law
@given(texts, ks)
def test_longer_rounds_are_never_more_rounds(matches: list[bool], k: int) -> None:
    """Law 6: the number of rounds never rises with K."""
    assert replay(matches, k + 1).rounds <= replay(matches, k).rounds


@law
@given(texts, ks)
def test_one_token_a_round_is_never_beaten_on_drafted_tokens(matches: list[bool], k: int) -> None:
    """Law 7: drafted(1) <= drafted(K)."""
    assert replay(matches, 1).drafted <= replay(matches, k).drafted


@law
@given(texts, ks)
def test_one_token_more_saves_at_most_half_of_the_rounds(matches: list[bool], k: int) -> None:
    """Law 8: rounds(K) <= 2 * rounds(K+1)."""
    assert replay(matches, k).rounds <= 2 * replay(matches, k + 1).rounds


@law
@given(texts.filter(bool), ks)
def test_the_shares_that_accept_at_least_i_add_up_to_the_yield(matches: list[bool], k: int) -> None:
    """Law 9: within one K, P(at least i accepted) never rises with i; its sum over i = 1..K is K * alpha(K)."""
    by_round = speculative_decoding(matches, k)
    at_least = [sum(accepted >= i for accepted in by_round) for i in range(1, k + 1)]
    assert at_least == sorted(at_least, reverse=True)
    assert sum(at_least) == replay(matches, k).accepted


@law
@given(texts, ks)
def test_rounds_and_accepted_tokens_are_the_text(matches: list[bool], k: int) -> None:
    """Each round adds one token of the target's own; only the last of them may lie behind the end."""
    counts = replay(matches, k)
    assert counts.rounds + counts.accepted in (len(matches), len(matches) + 1)


@law
@given(texts, st.lists(ks, max_size=5))
def test_several_k_at_once_are_each_as_alone(matches: list[bool], several: list[int]) -> None:
    """One walk over the mismatches serves all K."""
    assert replay_each(matches, several) == tuple(replay(matches, k) for k in several)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("1110", [(200, 200, 200), (200, 200, 400), (100, 300, 300), (100, 300, 400)]),
        ("110", [(200, 100, 200), (100, 200, 200), (100, 200, 300), (100, 200, 400)]),
    ],
)
def test_acceptance_may_rise_with_k(text: str, counts: list[tuple[int, int, int]]) -> None:
    """Habits are not laws: `1110` a hundred times has alpha 1, 0.5, 1, 0.75 for K = 1..4, `110` 0.5, 1, 2/3, 1/2."""
    assert replay_each(matches_of(text * 100), (1, 2, 3, 4)) == tuple(
        Counts(rounds=rounds, accepted=accepted, drafted=drafted) for rounds, accepted, drafted in counts
    )


def test_the_last_round_is_counted_whole() -> None:
    """A text that ends within a round: accepted is cut there, drafted is not."""
    assert replay(matches_of("11"), 5) == Counts(rounds=1, accepted=2, drafted=5)
    assert replay(matches_of("011"), 5) == Counts(rounds=2, accepted=2, drafted=10)


def test_an_empty_text_takes_no_round() -> None:
    """Nothing to write, nothing drafted."""
    assert replay([], 3) == Counts(rounds=0, accepted=0, drafted=0)


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_one_is_our_own_mistake(k: int) -> None:
    """A round drafts at least one token."""
    with pytest.raises(ValueError, match=f"1 or more, not {k}"):
        replay([True], k)


counts_by_prompt = st.lists(
    st.integers(1, 40).flatmap(lambda rounds: st.tuples(st.just(rounds), st.integers(0, 4 * rounds))),
    min_size=1,
    max_size=30,
)


@law
@given(counts_by_prompt, st.integers(0, 2**32))
def test_the_pooled_rate_is_a_ratio_of_sums_inside_its_interval(by_prompt: list[tuple[int, int]], seed: int) -> None:
    """Pooled, not a mean of rates; 0 <= low <= rate <= high <= 1; the counts are kept."""
    found = pooled(by_prompt, 4, rng=np.random.default_rng(seed), resamples=50, prompts_sha256="ab")
    assert found.rate.value == sum(accepted for _, accepted in by_prompt) / (4 * sum(rounds for rounds, _ in by_prompt))
    assert 0 <= found.rate.low <= found.rate.value <= found.rate.high <= 1
    assert (found.by_prompt, found.prompts_sha256, found.rate.n) == (tuple(by_prompt), "ab", len(by_prompt))
    assert found.rounds == sum(rounds for rounds, _ in by_prompt)
    assert found.drafted == 4 * found.rounds


def test_the_same_seed_gives_the_same_interval() -> None:
    """Randomness is handed in, and nothing else moves the result."""
    by_prompt = [(10, 12), (8, 20), (20, 9)]
    one, other = (pooled(by_prompt, 4, rng=np.random.default_rng(7)) for _ in range(2))
    assert one == other


def test_the_interval_covers_the_true_rate_about_as_often_as_it_says() -> None:
    """300 prompt sets of 25, each prompt with its own rate about 0.5: a 95 % interval covers in 90 to 98 %."""
    rng = np.random.default_rng(20260409)
    rounds, k, covered = 30, 4, 0
    for _ in range(300):
        accepted = rng.binomial(k * rounds, rng.beta(8, 8, size=25))
        rate = pooled([(rounds, int(a)) for a in accepted], k, rng=rng, resamples=400).rate
        covered += rate.low <= 0.5 <= rate.high
    assert 0.90 <= covered / 300 <= 0.98


def test_one_prompt_has_the_interval_that_is_certain() -> None:
    """How prompts differ cannot be seen in one: 0..1, confidence 1."""
    rate = pooled([(10, 20)], 4, rng=np.random.default_rng(0)).rate
    assert (rate.value, rate.low, rate.high, rate.confidence, rate.n) == (0.5, 0.0, 1.0, 1.0, 1)


def test_fewer_than_ten_prompts_are_flagged() -> None:
    """With one the interval says nothing; with a few it is too narrow."""
    assert too_few_prompts(1) == flag("few_prompts", prompts=1, needed=10)
    assert too_few_prompts(9) == flag("few_prompts", prompts=9, needed=10)
    assert too_few_prompts(10) is None


def test_a_prompt_that_the_target_answered_with_nothing_counts_for_nothing() -> None:
    """It keeps its place among the prompts and moves no figure."""
    found = pooled([(10, 20), (0, 0)], 4, rng=np.random.default_rng(0))
    assert (found.rate.value, found.drafted) == (0.5, 40)


@pytest.mark.parametrize("by_prompt", [[], [(0, 0)], [(1, 5)], [(-1, 0)], [(2, -1)]])
def test_counts_that_cannot_be_are_our_own_mistake(by_prompt: list[tuple[int, int]]) -> None:
    """More accepted than drafted, or nothing at all."""
    with pytest.raises(ValueError, match=r"cannot be|at least one round"):
        pooled(by_prompt, 4, rng=np.random.default_rng(0))
