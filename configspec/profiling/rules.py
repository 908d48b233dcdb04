"""The acceptance rules at work: what the device is asked to draft, and what the target makes of it.

`theory/decoding.py` names the rules, `theory/acceptance/` predicts their counts.

    p, q    the target's and the draft's distribution of the next token, after temperature, top-k and top-p

The device keeps its distributions. With each drafted token comes its own probability only; the whole of q is asked
for once, where the token is rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from configspec.devices.device import Device, DraftedTokens
from configspec.targets.target import Target
from configspec.theory.decoding import AcceptanceRule, Decoding
from configspec.theory.sampling import residual, sample

SEEDS = 2**63  # what a draft may be seeded with: 0 to this, exclusive


class Rule(Protocol):
    """One way to draft and to judge a draft."""

    def draft(self, device: Device, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        """Have the device draft `k` tokens after its sequence was cut to `keep` and continued with `append`."""

    def judge(self, device: Device, target: Target, last: int, drafted: DraftedTokens) -> tuple[int, int]:
        """How many drafted tokens are accepted, and the token that the target itself puts after them.

        The target's text ends before `last`; afterwards it holds `last` and all drafted tokens.
        """


class Greedy:
    """Both models take their arg-max."""

    def draft(self, device: Device, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        """Draft the arg-max, token by token."""
        return device.draft(k, keep=keep, append=append)

    def judge(self, device: Device, target: Target, last: int, drafted: DraftedTokens) -> tuple[int, int]:
        """Accept while the target's arg-max is the same."""
        verdicts = target.verify([last, *drafted.tokens])
        for place, token in enumerate(drafted.tokens):
            if token != verdicts[place]:
                return place, verdicts[place]
        return len(drafted.tokens), verdicts[-1]


class MatchGreedyDraft:
    """The draft takes its arg-max, the target samples: accepted while they are the same."""

    def __init__(self, decoding: Decoding, rng: np.random.Generator) -> None:
        self._decoding = decoding
        self._rng = rng

    def draft(self, device: Device, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        """Draft the arg-max, token by token."""
        return device.draft(k, keep=keep, append=append)

    def judge(self, device: Device, target: Target, last: int, drafted: DraftedTokens) -> tuple[int, int]:
        """Accept while the target's own sample is the same."""
        return _match(target.distributions([last, *drafted.tokens], self._decoding), drafted.tokens, self._rng)


class MatchSample:
    """Both sample: accepted while they are the same."""

    def __init__(self, decoding: Decoding, rng: np.random.Generator) -> None:
        self._decoding = decoding
        self._rng = rng

    def draft(self, device: Device, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        """Sample from q, token by token."""
        seed = int(self._rng.integers(SEEDS))  # each draft is seeded, so a device that was reopened repeats it
        return device.draft(k, keep=keep, append=append, decoding=self._decoding, seed=seed)

    def judge(self, device: Device, target: Target, last: int, drafted: DraftedTokens) -> tuple[int, int]:
        """Accept while the target's own sample is the same."""
        return _match(target.distributions([last, *drafted.tokens], self._decoding), drafted.tokens, self._rng)


class Rejection:
    """The draft samples from q; the target keeps what p allows, and fills up what q left of p.

    Speculative sampling: Leviathan et al., 2023, https://arxiv.org/abs/2211.17192, algorithm 1; Chen et al., 2023,
    https://arxiv.org/abs/2302.01318, algorithm 2.
    """

    def __init__(self, decoding: Decoding, rng: np.random.Generator) -> None:
        self._decoding = decoding
        self._rng = rng

    def draft(self, device: Device, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        """Sample from q, token by token."""
        seed = int(self._rng.integers(SEEDS))  # each draft is seeded, so a device that was reopened repeats it
        return device.draft(k, keep=keep, append=append, decoding=self._decoding, seed=seed)

    def judge(self, device: Device, target: Target, last: int, drafted: DraftedTokens) -> tuple[int, int]:
        """Accept each with probability min(1, p/q); where one is rejected, sample from max(0, p - q)."""
        rows = target.distributions([last, *drafted.tokens], self._decoding)
        for place, (token, q_of_token) in enumerate(zip(drafted.tokens, drafted.probabilities, strict=True)):
            p_of_token = rows[place, token] if token < rows.shape[1] else 0.0  # the draft's padding: no token
            if self._rng.random() * q_of_token >= p_of_token:
                q = _of_length(device.distribution(place), rows.shape[1])
                return place, sample(residual(rows[place], q), self._rng)
        return len(drafted.tokens), sample(rows[-1], self._rng)


def rule_for(decoding: Decoding, *, seed: int) -> Rule:
    """The rule that `decoding` names, with random numbers that begin at `seed`; greedy decoding needs none."""
    if decoding.greedy:
        return Greedy()
    rules: dict[AcceptanceRule, Callable[[Decoding, np.random.Generator], Rule]] = {
        "match-greedy-draft": MatchGreedyDraft,
        "match-sample": MatchSample,
        "rejection": Rejection,
    }
    return rules[decoding.rule](decoding, np.random.default_rng(seed))


def _match(rows: NDArray[np.float64], tokens: Sequence[int], rng: np.random.Generator) -> tuple[int, int]:
    """Accept while the token sampled from each row is the drafted one."""
    for place, token in enumerate(tokens):
        own = sample(rows[place], rng)
        if own != token:
            return place, own
    return len(tokens), sample(rows[-1], rng)


def _of_length(q: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """The draft's q over the target's token ids: the two may differ in the padding behind the last real token."""
    fitted = np.zeros(length)
    shared = min(length, q.size)
    fitted[:shared] = q[:shared]
    return fitted
