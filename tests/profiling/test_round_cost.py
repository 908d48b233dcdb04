"""What a round costs, from rounds in turns. The device and the target here are clockworks that share one clock."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from configspec.devices.device import DraftedTokens
from configspec.profiling.round_cost import Turns, pooled_cost, take_turns
from configspec.profiling.speculative import Pair

TOKEN_S, PENDING_S, ANSWER_S, PASS_S = 0.010, 0.002, 0.005, 0.100


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0


class Device:
    """Needs 10 ms a token, 2 ms for each pending token beyond the first, and 5 ms to answer at all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._evaluated = 0
        self._length = 0

    def prefill(self, tokens: Sequence[int]) -> None:
        self._length, self._evaluated = len(tokens), len(tokens) - 1

    def draft(self, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        length = keep + len(append)
        self._evaluated = min(self._evaluated, keep, length - 1)
        stamps = [self._clock.now_s]
        self._clock.now_s += PENDING_S * (length - self._evaluated - 1)
        for _ in range(k):
            self._clock.now_s += TOKEN_S
            stamps.append(self._clock.now_s)
        self._clock.now_s += ANSWER_S
        self._length, self._evaluated = length + k, length + k - 1
        return DraftedTokens(tokens=(0,) * k, stamps_s=tuple(stamps), length=self._length)


class Target:
    """Takes 100 ms a pass, and remembers how much it was told to keep."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.kept: list[int] = []

    def prefill(self, tokens: Sequence[int]) -> None:
        pass

    def keep(self, length: int) -> None:
        self.kept.append(length)


class Judge:
    """A rule that refuses everything."""

    def draft(self, device: Device, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        return device.draft(k, keep=keep, append=append)

    def judge(self, device: Device, target: Target, last: int, drafted: DraftedTokens) -> tuple[int, int]:
        target.clock.now_s += PASS_S
        return 0, 1


def turns(k: int = 3) -> tuple[Turns, Target]:
    clock = Clock()
    target = Target(clock)
    context = tuple(range(20))
    pair = Pair(device=Device(clock), target=target, rule=Judge(), now_s=lambda: clock.now_s)  # type: ignore[arg-type]
    taken = take_turns(pair, context, k, turns=10)
    return taken, target


def test_every_part_of_a_round_is_told_apart() -> None:
    """Drafting by the device's stamps, the second pending token, the pass, and what is left of asking."""
    cost = pooled_cost([turns()[0]])
    assert cost.round_s == pytest.approx(3 * TOKEN_S)
    assert cost.catch_up_s == pytest.approx(PENDING_S)
    assert cost.verify_s == pytest.approx(PASS_S)
    assert cost.exchange_s == pytest.approx(ANSWER_S)


def test_half_of_the_turns_have_two_tokens_pending_and_warm_up_is_not_counted() -> None:
    """Ten turns, five of each kind."""
    taken, _ = turns()
    assert (len(taken.one_pending), len(taken.two_pending)) == (5, 5)
    assert len(taken.verification_s) == len(taken.exchange_s) == 10


def test_the_targets_text_is_the_same_before_every_turn() -> None:
    """It keeps all of the context but its last token, whatever was judged."""
    assert set(turns()[1].kept) == {19}
