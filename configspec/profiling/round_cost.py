"""What a round of K costs when drafting and verifying take turns, as they do in real decoding.

Rounds that are timed one after another find the draft's weights in the caches and the processor at its full clock, and
so do passes of the target. In real decoding the device waits for the verifier and the verifier for the device; where
both are one machine, each empties the other's caches. So a few rounds are timed in turns, some beside each prompt that
is decoded:

    d    seconds to draft K tokens after one pending token
    c    what the first token takes more where two are pending, since the round before was accepted whole
    v    seconds of the target's pass over K + 1 tokens, with the verdict
    x    what asking takes beyond the drafting: link, protocol, cutting the KV cache
    b    seconds to go back, where the draft's memory cannot be cut
    e(m) what the first two tokens take more where m are pending, of which m - 1 were accepted, taken back and are
         evaluated again

Nothing here depends on what is accepted: every draft is judged and then forgotten. Every second turn begins with the
same context, the others behind a part of the draft before: all of it, and where the memory cannot be cut also some of
it, as if the rest had been rejected.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from configspec.devices.device import DraftedTokens
from configspec.profiling.speculative import Pair
from configspec.theory.going_back import ReturnCost, pending_points, return_cost
from configspec.theory.prediction import RoundCost
from configspec.theory.statistics import typical

TURNS = 10  # beside each decoded prompt; even, since every second one has two tokens pending
WARMUP_TURNS = 2
RETURN_POINTS = 4  # numbers of pending tokens, where the draft goes back: each is met in two turns or more


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Seconds of every turn of one K: token by token on the device's clock, the rest on this host's."""

    one_pending: tuple[tuple[float, ...], ...]  # of rounds that began with one pending token: seconds of each token
    two_pending: tuple[tuple[float, ...], ...]
    verification_s: tuple[float, ...]
    exchange_s: tuple[float, ...]
    again: tuple[tuple[int, float], ...] = ()  # of rounds that went back: tokens pending, seconds of the first two
    restore_s: tuple[float, ...] = ()
    span_s: tuple[float, float] = (0.0, 0.0)  # of all of them, on this host's clock
    on_device_s: float = 0.0  # of it, what the device drafted and went back


def pooled_cost(turns: Sequence[Turns]) -> RoundCost:
    """What a round costs, from all turns of a configuration."""
    one = [tokens for of_prompt in turns for tokens in of_prompt.one_pending]
    two = [tokens for of_prompt in turns for tokens in of_prompt.two_pending]
    return RoundCost(
        round_s=typical([sum(tokens) for tokens in one]),
        # Of two figures that hardly differ, and of two clocks, either may come out as the larger.
        catch_up_s=max(0.0, typical([tokens[0] for tokens in two]) - typical([tokens[0] for tokens in one])),
        verify_s=typical([took_s for of_prompt in turns for took_s in of_prompt.verification_s]),
        exchange_s=max(0.0, typical([took_s for of_prompt in turns for took_s in of_prompt.exchange_s])),
        going_back=_return_cost(turns),
    )


def _return_cost(turns: Sequence[Turns]) -> ReturnCost | None:
    """What going back costs; None where the draft never did."""
    restores = [took_s for of_prompt in turns for took_s in of_prompt.restore_s]
    if not restores:
        return None
    first_two: dict[int, list[float]] = {1: [sum(one[:2]) for of_prompt in turns for one in of_prompt.one_pending]}
    for of_prompt in turns:
        for pending, took_s in of_prompt.again:
            first_two.setdefault(pending, []).append(took_s)
    return return_cost(typical(restores), {pending: typical(samples) for pending, samples in first_two.items()})


def take_turns(pair: Pair, context: Sequence[int], k: int, *, turns: int = TURNS) -> Turns:
    """Draft and verify in turns, `turns` times or more; the draft is open. Both texts are replaced."""
    device, target, now_s = pair.device, pair.target, pair.now_s
    device.prefill(context)
    target.prefill(context[:-1])
    found = _Samples()
    kept_before: tuple[int, ...] = (k,)  # of the draft before, in the turns that go on from it
    turn = -WARMUP_TURNS
    while turn < max(turns, 0 if found.cuts else 4 * len(kept_before)):
        begins = turn % 2 == 0
        kept = 0 if begins else kept_before[turn // 2 % len(kept_before)]
        asked_s = now_s()
        drafted = pair.rule.draft(device, k, keep=len(context) + kept, append=() if begins else context[-1:])
        answered_s = now_s()
        pair.rule.judge(device, target, context[-1], drafted)
        target.keep(len(context) - 1)
        judged_s = now_s()
        if turn == -WARMUP_TURNS and drafted.going_back is not None:
            found.cuts = False
            kept_before = (k, *(pending - 1 for pending in pending_points(k, RETURN_POINTS) if pending > 1))
        if turn >= 0:
            found.began_s = min(found.began_s, asked_s)
            found.on_device_s += drafted.drafting_s + drafted.restore_s
            found.add(drafted, None if begins else kept)
            found.verification_s.append(judged_s - answered_s)
            found.exchange_s.append(answered_s - asked_s - drafted.drafting_s - drafted.restore_s)
        turn += 1
    return found.turns(now_s())


@dataclass(slots=True)
class _Samples:
    """What the turns have shown so far."""

    cuts: bool = True  # whether the draft's memory can be cut
    one_pending: list[tuple[float, ...]] = field(default_factory=list)
    two_pending: list[tuple[float, ...]] = field(default_factory=list)
    verification_s: list[float] = field(default_factory=list)
    exchange_s: list[float] = field(default_factory=list)
    again: list[tuple[int, float]] = field(default_factory=list)
    restore_s: list[float] = field(default_factory=list)
    began_s: float = math.inf
    on_device_s: float = 0.0

    def add(self, drafted: DraftedTokens, kept: int | None) -> None:
        """Of one turn; `kept` of the draft before, None where it began with the context."""
        tokens_s = tuple(after - before for before, after in pairwise(drafted.stamps_s))
        if drafted.restore_s:
            self.restore_s.append(drafted.restore_s)
        if kept is None:
            self.one_pending.append(tokens_s)
        elif kept == len(tokens_s):
            self.two_pending.append(tokens_s)
        else:
            self.again.append((kept + 1, sum(tokens_s[:2])))

    def turns(self, ended_s: float) -> Turns:
        """All of it."""
        return Turns(
            one_pending=tuple(self.one_pending),
            two_pending=tuple(self.two_pending),
            verification_s=tuple(self.verification_s),
            exchange_s=tuple(self.exchange_s),
            again=tuple(self.again),
            restore_s=tuple(self.restore_s),
            span_s=(min(self.began_s, ended_s), ended_s),
            on_device_s=self.on_device_s,
        )
