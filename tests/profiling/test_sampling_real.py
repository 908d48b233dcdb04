"""The proof for sampling: real runs of each rule write as the target alone does, in as many rounds as expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.stats import chisquare

from configspec.devices.device import Device, open_device
from configspec.families.build import ensure_draft
from configspec.profiling.rules import rule_for
from configspec.profiling.speculative import Pair, SpeculativeRun, decode_speculatively
from configspec.targets.target import Target
from configspec.targets.transformers_target import TransformersTarget
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.acceptance.expected import accept_probability, expected_counts
from configspec.theory.decoding import RULES, AcceptanceRule, Decoding

pytestmark = pytest.mark.real
pytest.importorskip("llama_cpp", reason="needs llama-cpp-python: pip install 'configspec[llama]'")

DECODING = Decoding(temperature=3.0, top_k=2)  # hot: 8 outcomes of three tokens, none of them rare
NEW_TOKENS = 3
KS = (1, 2, 4)
RUNS = 100  # of each K


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """A real draft and its real target, and what the target alone may write after a prompt."""

    device: Device
    target: Target
    prompt: tuple[int, ...]
    texts: dict[tuple[int, ...], tuple[float, ...]]  # the probability of each token, given those before it

    def runs(self, rule: AcceptanceRule, k: int) -> list[SpeculativeRun]:
        """Many runs of one rule and K, from one seed."""
        pair = Pair(device=self.device, target=self.target, rule=rule_for(replace(DECODING, rule=rule), seed=k))
        return [decode_speculatively(pair, self.prompt, k, NEW_TOKENS) for _ in range(RUNS)]


def texts_of(target: Target, prompt: tuple[int, ...]) -> dict[tuple[int, ...], tuple[float, ...]]:
    """All texts that the target can write, token by token by itself, each with its tokens' probabilities."""
    texts: dict[tuple[int, ...], tuple[float, ...]] = {}
    unfinished: list[tuple[tuple[int, ...], tuple[float, ...]]] = [((), ())]
    while unfinished:
        tokens, chances = unfinished.pop()
        before = (*prompt, *tokens)
        target.prefill(before[:-1])
        (row,) = target.distributions(before[-1:], DECODING)
        for token in np.flatnonzero(row).tolist():
            longer = (*tokens, token), (*chances, float(row[token]))
            if len(longer[0]) == NEW_TOKENS or token in target.end_tokens:
                texts[longer[0]] = longer[1]
            else:
                unfinished.append(longer)
    return texts


@pytest.fixture(scope="module")
def models(small_inventory, cache) -> Iterator[Models]:
    spec = small_inventory.families["tiny-llama"]
    model = ensure_draft(spec, spec.drafts["s"], "Q8_0", cache, lambda text: None)
    one_thread = LlamaCppSpec(threads=1, context=64)
    target = TransformersTarget(replace(spec.target, llama_cpp=one_thread))
    prompt = target.tokenize("def area(width, height):\n")
    with open_device(small_inventory.devices["local"], cache.root) as device:
        device.open_model(model, one_thread)
        yield Models(device=device, target=target, prompt=prompt, texts=texts_of(target, prompt))
    target.close()


@pytest.mark.parametrize("rule", RULES)
def test_real_runs_write_as_the_target_does_in_the_expected_rounds(models: Models, rule: AcceptanceRule) -> None:
    """Chi-square over all texts of three tokens; rounds and accepted tokens of each K within 4 standard errors."""
    seen: Counter[tuple[int, ...]] = Counter()
    accept = {}
    for tokens, chances in models.texts.items():
        scores = models.device.score((*models.prompt, *tokens), len(models.prompt), decoding=DECODING)
        same = np.equal(scores.argmax, tokens)
        accept[tokens] = accept_probability(rule, p_of_y=chances, q_of_y=scores.probability or (), same_argmax=same)
    chance = {tokens: float(np.prod(chances)) for tokens, chances in models.texts.items()}
    for k in KS:
        runs = models.runs(rule, k)
        seen.update(run.tokens for run in runs)
        expected = np.zeros(2)
        for tokens, share in chance.items():
            counts = expected_counts(accept[tokens], k)
            expected += share * np.array([counts.rounds, counts.accepted])
        found = np.array([(run.rounds, run.accepted) for run in runs])
        standard_error = found.std(axis=0, ddof=1) / np.sqrt(RUNS)
        assert (np.abs(found.mean(axis=0) - expected) <= 4 * standard_error).all(), f"K={k}"
    total = RUNS * len(KS)
    assert set(seen) <= set(chance)
    assert min(chance.values()) * total > 5
    assert chisquare([seen[tokens] for tokens in chance], [total * share for share in chance.values()]).pvalue > 0.001
