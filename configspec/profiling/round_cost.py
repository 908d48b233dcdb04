"""What a round of K costs when drafting and verifying take turns, as they do in real decoding.

Rounds that are timed one after another find the draft's weights in the caches and the processor at its full clock, and
so do passes of the target. In real decoding the device waits for the verifier and the verifier for the device; where
both are one machine, each empties the other's caches. So a few rounds are timed in turns, some beside each prompt that
is decoded:

    d    seconds to draft K tokens after one pending token
    c    what the first token takes more where two are pending, since the round before was accepted whole
    v    seconds of the target's pass over K + 1 tokens, with the verdict
    x    what asking takes beyond the drafting: link, protocol, cutting the KV cache

Nothing here depends on what is accepted: every draft is judged and then forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from configspec.profiling.speculative import Pair
from configspec.theory.prediction import RoundCost
from configspec.theory.statistics import typical

TURNS = 10  # beside each decoded prompt; even, since every second one has two tokens pending
WARMUP_TURNS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Seconds of every turn of one K: token by token on the device's clock, the rest on this host's."""

    one_pending: tuple[tuple[float, ...], ...]  # of rounds that began with one pending token: seconds of each token
    two_pending: tuple[tuple[float, ...], ...]
    verification_s: tuple[float, ...]
    exchange_s: tuple[float, ...]


def pooled_cost(turns: Sequence[Turns]) -> RoundCost:
    """What a round costs, from all turns of a configuration."""
    one = [tokens for of_prompt in turns for tokens in of_prompt.one_pending]
    two = [tokens for of_prompt in turns for tokens in of_prompt.two_pending]
    return RoundCost(
        round_s=typical([sum(tokens) for tokens in one]),
        catch_up_s=typical([tokens[0] for tokens in two]) - typical([tokens[0] for tokens in one]),
        verify_s=typical([took_s for of_prompt in turns for took_s in of_prompt.verification_s]),
        exchange_s=typical([took_s for of_prompt in turns for took_s in of_prompt.exchange_s]),
    )


def take_turns(pair: Pair, context: Sequence[int], k: int, *, turns: int = TURNS) -> Turns:
    """Draft and verify in turns, `turns` times; the draft is open. Both texts are replaced."""
    device, target, rule, now_s = pair.device, pair.target, pair.rule, pair.now_s
    device.prefill(context)
    target.prefill(context[:-1])
    pending: tuple[list[tuple[float, ...]], list[tuple[float, ...]]] = ([], [])
    verification_s: list[float] = []
    exchange_s: list[float] = []
    for turn in range(-WARMUP_TURNS, turns):
        behind = turn % 2  # 1: the draft before was kept whole, so its last token is pending beside the target's own
        asked_s = now_s()
        drafted = rule.draft(device, k, keep=len(context) + behind * k, append=context[-1:] if behind else ())
        answered_s = now_s()
        rule.judge(device, target, context[-1], drafted)
        target.keep(len(context) - 1)
        judged_s = now_s()
        if turn >= 0:
            tokens_s = tuple(after - before for before, after in pairwise(drafted.stamps_s))
            pending[behind].append(tokens_s)
            verification_s.append(judged_s - answered_s)
            exchange_s.append(answered_s - asked_s - sum(tokens_s))
    return Turns(
        one_pending=tuple(pending[0]),
        two_pending=tuple(pending[1]),
        verification_s=tuple(verification_s),
        exchange_s=tuple(exchange_s),
    )
