"""The acceptance rules on a Markov pair whose distributions are known: each leaves the output the target's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chisquare

from configspec.devices.device import Device, DraftedTokens
from configspec.profiling.rules import Greedy, MatchGreedyDraft, MatchSample, Rejection, Rule, rule_for
from configspec.profiling.speculative import SpeculativeRun, decode_speculatively
from configspec.targets.target import Target
from configspec.theory.acceptance.expected import accept_probability, expected_counts
from configspec.theory.decoding import RULES, AcceptanceRule, Decoding
from configspec.theory.sampling import sample, warp

# Row i: logits after token i, of the target and of the draft.
P = np.log([[3, 5, 2, 1], [1, 4, 2, 5], [5, 1, 4, 3], [2, 5, 1, 4]])
Q = np.log([[2, 5, 4, 1], [1, 3, 4, 3], [3, 3, 1, 4], [5, 3, 4, 1]])
DECODING = Decoding(temperature=1.5, top_k=3, top_p=0.99)
PROMPT = (3, 1, 2)

MakeRule = Callable[[Decoding, np.random.Generator], Rule]
MAKERS: dict[AcceptanceRule, MakeRule] = {
    "match-greedy-draft": MatchGreedyDraft,
    "match-sample": MatchSample,
    "rejection": Rejection,
}


class MarkovDevice:
    """Drafts by a matrix of logits, as a device does; counts the distributions that were asked for."""

    def __init__(self, logits: NDArray[np.float64]) -> None:
        self.logits = logits
        self.text: list[int] = []
        self.asked = 0
        self._warped: dict[Decoding, NDArray[np.float64]] = {}
        self._drawn_from: list[NDArray[np.float64]] = []

    def prefill(self, tokens: Sequence[int]) -> None:
        self.text = list(tokens)

    def draft(
        self,
        k: int,
        *,
        keep: int,
        append: Sequence[int],
        decoding: Decoding = Decoding(),  # noqa: B008  # frozen
        seed: int | None = None,
    ) -> DraftedTokens:
        assert keep <= len(self.text)
        self.text = [*self.text[:keep], *append]
        if decoding not in self._warped:
            self._warped[decoding] = warp(self.logits, decoding)
        rng = np.random.default_rng(seed)
        self._drawn_from = []
        for _ in range(k):
            self._drawn_from.append(self._warped[decoding][self.text[-1]])
            self.text.append(sample(self._drawn_from[-1], rng))
        tokens = tuple(self.text[-k:])
        probabilities = tuple(float(row[token]) for row, token in zip(self._drawn_from, tokens, strict=True))
        return DraftedTokens(
            tokens=tokens,
            stamps_s=(0.0,) * (k + 1),
            length=len(self.text),
            probabilities=() if decoding.greedy else probabilities,
        )

    def distribution(self, index: int) -> NDArray[np.float64]:
        self.asked += 1
        return self._drawn_from[index]


class MarkovTarget:
    """Verifies by a matrix of logits, as a target does."""

    end_tokens: frozenset[int] = frozenset()

    def __init__(self, logits: NDArray[np.float64]) -> None:
        self.logits = logits
        self.text: list[int] = []
        self._warped: dict[Decoding, NDArray[np.float64]] = {}

    def prefill(self, tokens: Sequence[int]) -> None:
        self.text = list(tokens)

    def verify(self, tokens: Sequence[int]) -> list[int]:
        self.text += tokens
        chosen: list[int] = self.logits[list(tokens)].argmax(axis=-1).tolist()
        return chosen

    def distributions(self, tokens: Sequence[int], decoding: Decoding) -> NDArray[np.float64]:
        self.text += tokens
        if decoding not in self._warped:
            self._warped[decoding] = warp(self.logits, decoding)
        return self._warped[decoding][list(tokens)]

    def keep(self, length: int) -> None:
        assert length <= len(self.text)
        del self.text[length:]


class ResamplingRejection(Rejection):
    """Wrong: where it rejects, it samples from p itself and not from what q left of it."""

    def judge(self, device: Device, target: Target, last: int, drafted: DraftedTokens) -> tuple[int, int]:
        good, own = super().judge(device, target, last, drafted)
        if good < len(drafted.tokens):
            before = [last, *drafted.tokens][good]
            own = sample(warp(P[before], self._decoding), self._rng)
        return good, own


def decode(rule: Rule, k: int, new_tokens: int, device: Any = None) -> SpeculativeRun:
    target: Any = MarkovTarget(P)
    drafter: Any = device or MarkovDevice(Q)
    run = decode_speculatively(drafter, target, PROMPT, k, new_tokens, rule=rule)
    assert target.text == [*PROMPT, *run.tokens][:-1]
    return run


def p_value(rule: Rule, k: int, runs: int = 2000) -> float:
    """Chi-square of the first three tokens of many runs against their probabilities under the target alone."""
    p = warp(P, DECODING)
    last = PROMPT[-1]
    chances = {(x, y, z): p[last, x] * p[x, y] * p[y, z] for x, y, z in product(range(4), repeat=3)}
    possible = [outcome for outcome, chance in chances.items() if chance > 0]
    assert len(possible) == 27
    assert min(chances[outcome] for outcome in possible) * runs > 5
    device: Any = MarkovDevice(Q)
    seen = Counter(decode(rule, k, 3, device).tokens for _ in range(runs))
    assert set(seen) <= set(possible)
    return float(chisquare([seen[o] for o in possible], [runs * chances[o] for o in possible]).pvalue)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("k", [1, 2])
def test_the_output_is_distributed_as_the_targets_own(rule: AcceptanceRule, k: int) -> None:
    """Whatever the draft proposes: chi-square over the 27 outcomes of three tokens, bonus tokens among them."""
    assert p_value(MAKERS[rule](DECODING, np.random.default_rng(k)), k) > 0.001


def test_a_wrong_rule_is_found_out() -> None:
    """The same test refuses a rule that is nearly right."""
    assert p_value(ResamplingRejection(DECODING, np.random.default_rng(1)), 2) < 1e-6


@pytest.mark.parametrize("k", range(1, 7))
@pytest.mark.parametrize("rule", RULES)
def test_counts_are_those_expected_for_the_text(rule: AcceptanceRule, k: int) -> None:
    """200 texts of 12 tokens: rounds and accepted differ by chance only from what each text makes expect."""
    p, q = warp(P, DECODING), warp(Q, DECODING)
    runs_of = MAKERS[rule](DECODING, np.random.default_rng(k))
    differences = []
    for _ in range(200):
        run = decode(runs_of, k, 12)
        before, y = [PROMPT[-1], *run.tokens[:-1]], list(run.tokens)
        accept = accept_probability(
            rule, p_of_y=p[before, y], q_of_y=q[before, y], same_argmax=Q[before].argmax(1) == y
        )
        expected = expected_counts(accept, k)
        assert run.drafted == k * run.rounds
        differences.append((run.rounds - expected.rounds, run.accepted - expected.accepted))
    found = np.array(differences)
    standard_error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0)) <= 4 * standard_error).all()


@pytest.mark.parametrize("rule", RULES)
def test_greedy_decoding_is_the_same_by_every_rule(rule: AcceptanceRule) -> None:
    """At temperature 0 nothing is left to chance."""
    assert isinstance(rule_for(Decoding(rule=rule), seed=1), Greedy)
    cold = Decoding(temperature=1e-6)
    runs = [decode(one, 3, 12) for one in (Greedy(), MAKERS[rule](cold, np.random.default_rng(1)))]
    assert (runs[0].tokens, runs[0].rounds, runs[0].accepted) == (runs[1].tokens, runs[1].rounds, runs[1].accepted)


@pytest.mark.parametrize("rule", RULES)
def test_a_seed_repeats_the_run(rule: AcceptanceRule) -> None:
    """The rule that the decoding names, with its seed: the same text, on a device that was opened anew."""
    decoding = Decoding(temperature=1.0, rule=rule)
    first, second, other = (decode(rule_for(decoding, seed=seed), 3, 40) for seed in (5, 5, 6))
    assert isinstance(rule_for(decoding, seed=5), MAKERS[rule])  # type: ignore[arg-type]
    assert first.tokens == second.tokens != other.tokens


@pytest.mark.parametrize("rule", RULES)
def test_a_whole_distribution_travels_only_for_a_rejection(rule: AcceptanceRule) -> None:
    """The rules that match need none; rejection sampling asks for one in each round that rejects."""
    device = MarkovDevice(Q)
    rule_at_work = MAKERS[rule](DECODING, np.random.default_rng(3))
    rejections = 0
    device.prefill(PROMPT)
    for _ in range(50):
        target: Any = MarkovTarget(P)
        as_device: Any = device
        draft = rule_at_work.draft(as_device, 2, keep=3, append=())
        good, _ = rule_at_work.judge(as_device, target, PROMPT[-1], draft)
        rejections += good < 2
    assert rejections > 10
    assert device.asked == (rejections if rule == "rejection" else 0)


def test_padding_behind_the_drafts_vocabulary_changes_nothing() -> None:
    """Two models of one tokenizer may have other numbers of rows; the run is the same, token by token."""
    padded: Any = MarkovDevice(np.hstack([Q, np.full((4, 3), -np.inf)]))
    runs = [decode(Rejection(DECODING, np.random.default_rng(2)), 2, 40, device) for device in (None, padded)]
    assert runs[0].tokens == runs[1].tokens


def test_the_markov_device_drafts_what_its_matrix_says() -> None:
    """The fake: greedy without a decoding, seeded with one, and its distributions are those it drew from."""
    device = MarkovDevice(Q)
    device.prefill(PROMPT)
    assert device.draft(2, keep=3, append=[]).tokens == (3, 0)  # after 2 the best is 3, after 3 it is 0
    draft = device.draft(3, keep=3, append=[1], decoding=DECODING, seed=4)
    assert device.text == [*PROMPT, 1, *draft.tokens]
    assert device.draft(3, keep=4, append=[], decoding=DECODING, seed=4) == draft
    for place, before in enumerate([1, *draft.tokens[:-1]]):
        np.testing.assert_array_equal(device.distribution(place), warp(Q[before], DECODING))
        assert draft.probabilities[place] == device.distribution(place)[draft.tokens[place]]


def test_the_markov_target_says_what_its_matrix_says() -> None:
    """The fake: one row after each token that is added, and a text that can be cut."""
    target = MarkovTarget(P)
    target.prefill(PROMPT)
    assert target.verify([0, 1]) == [1, 3]
    np.testing.assert_array_equal(target.distributions([2, 3], DECODING), warp(P[[2, 3]], DECODING))
    target.keep(4)
    assert target.text == [*PROMPT, 0]
