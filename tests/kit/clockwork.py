"""A device, a target and a rule that share one clock and cost what they are told to: no time passes.

The device drafts `DRAFTED` tokens; what of them is accepted, a text says. Its memory is cut, or is gone back to by a
copy, as `agent/drafters/sequence.py` has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from configspec.devices.replies.model import DraftedTokens, GoingBack

TOKEN_S, PENDING_S, ANSWER_S, PASS_S = 0.010, 0.002, 0.005, 0.100
SAVE_S, RESTORE_S = 0.0007, 0.003


@dataclass(slots=True)
class Clock:
    """What everything here takes its time from."""

    now_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class ClockworkDevice:
    """Needs 10 ms a token, 2 ms for each pending token beyond the first, and 5 ms to answer at all."""

    clock: Clock
    cuts: bool = True
    length: int = 0
    evaluated: int = 0
    copies: list[int] = field(default_factory=lambda: [0, 0])  # lengths: of the start, and of the last round

    def prefill(self, tokens: Sequence[int]) -> None:
        """Take other tokens."""
        self.length, self.evaluated = len(tokens), len(tokens) - 1
        self.copies = [self.evaluated, 0]

    def draft(self, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        """K tokens, and what they took."""
        length = keep + len(append)
        restore_s = self._cut(min(self.evaluated, keep, length - 1))
        pending = length - self.evaluated
        stamps = [self.clock.now_s]
        self.clock.now_s += PENDING_S * (pending - 1)
        save_s = 0.0
        for token in range(k):
            if token == 1 and not self.cuts:
                save_s = SAVE_S
                self.copies[1] = length
                self.clock.now_s += save_s
            self.clock.now_s += TOKEN_S
            stamps.append(self.clock.now_s)
        self.clock.now_s += ANSWER_S
        self.length, self.evaluated = length + k, length + k - 1
        back = None if self.cuts else GoingBack(restore_s=restore_s, save_s=save_s, pending=pending)
        return DraftedTokens(tokens=(0,) * k, stamps_s=tuple(stamps), length=self.length, going_back=back)

    def _cut(self, evaluated: int) -> float:
        if self.cuts or evaluated == self.evaluated:
            self.evaluated = evaluated
            return 0.0
        self.copies = [length if length <= evaluated else 0 for length in self.copies]
        self.evaluated = max(self.copies)
        self.clock.now_s += RESTORE_S
        return RESTORE_S


@dataclass(slots=True, kw_only=True)
class ClockworkTarget:
    """Takes 100 ms a pass, and remembers how much it was told to keep."""

    clock: Clock
    kept: list[int] = field(default_factory=list)
    end_tokens: frozenset[int] = frozenset()

    def prefill(self, tokens: Sequence[int]) -> None:
        """Nothing of it is timed."""

    def keep(self, length: int) -> None:
        """Remember it."""
        self.kept.append(length)


@dataclass(slots=True, kw_only=True)
class ScriptedRule:
    """Accepts what a text of matches says, from its beginning on; refuses everything behind its end."""

    matches: Sequence[bool] = ()
    at: int = 0

    def draft(self, device: ClockworkDevice, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        """As greedy decoding does."""
        return device.draft(k, keep=keep, append=append)

    def judge(
        self, _device: ClockworkDevice, target: ClockworkTarget, _last: int, drafted: DraftedTokens
    ) -> tuple[int, int]:
        """How many are accepted, and a token of the target's own."""
        target.clock.now_s += PASS_S
        good = 0
        while good < len(drafted.tokens) and self.at + good < len(self.matches) and self.matches[self.at + good]:
            good += 1
        self.at += good + 1
        return good, 1
