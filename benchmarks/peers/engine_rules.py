"""How other engines count: how long their drafts are towards the end of a text, and when they stop.

    N       new_tokens   tokens asked for
    left    N minus what is written; below 0 where a round went past N
    K       k            drafted a round, in the midst of a text

Ours drafts K in every round and leaves what lies past N. Theirs, read in their sources:

    llama-speculative-simple   at most left - 1 tokens where that is above 0, else K, since `draft` of draft-simple in
                               common/speculative.cpp takes a limit of 0 for none; ends once more than N are written,
                               and counts all that agreed, past N too (examples/speculative-simple)
    assisted generation        at most left - 1 tokens, which may be none; ends with N (`_calculate_new_tokens` in
                               generation/candidate_generator.py of transformers)

Counts are compared by the engine's rule: ours decodes for real by it (`ByTheirRule`). What differs then is explained
only where near ties of the draft, chosen the other way, lead to exactly the other count (`flips_behind`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from configspec.devices.device import Device, DraftedTokens
from configspec.profiling.rules import Greedy
from configspec.targets.target import Target
from configspec.theory.acceptance.near_tie import NEAR_TIE

MOST_FLIPS = 2  # with more, anything could be explained

Counts = tuple[int, int, int]  # rounds, drafted, accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRule:
    """An engine's rule: how many tokens a round drafts, by (K, left), and how far past N its texts go at least."""

    name: str
    draft_length: Callable[[int, int], int]
    past: int


LLAMA_CPP = RoundRule(
    name="llama-speculative-simple", draft_length=lambda k, left: min(k, left - 1) if left > 1 else k, past=1
)
TRANSFORMERS = RoundRule(name="assisted generation", draft_length=lambda k, left: min(k, left - 1), past=0)


class ByTheirRule:
    """Greedy rounds as long as an engine would make them; remembers what they gave. A `Rule`, by shape."""

    def __init__(self, rule: RoundRule, *, prompt_length: int, new_tokens: int) -> None:
        self.rule = rule
        self._end = prompt_length + new_tokens
        self._greedy = Greedy()
        self.rounds = self.drafted = self.accepted = 0
        self.tokens: list[int] = []  # all that agreed and the target's own, past N too

    @property
    def counts(self) -> Counts:
        """So far."""
        return self.rounds, self.drafted, self.accepted

    def draft(self, device: Device, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        """Draft as many as the engine would, which may be none."""
        length = keep + len(append)
        size = self.rule.draft_length(k, self._end - length)
        if size == 0:
            return DraftedTokens(tokens=(), stamps_s=(0.0,), length=length)
        return self._greedy.draft(device, size, keep=keep, append=append)

    def judge(self, device: Device, target: Target, last: int, drafted: DraftedTokens) -> tuple[int, int]:
        """Judge greedily, and count."""
        good, own = self._greedy.judge(device, target, last, drafted)
        self.rounds += 1
        self.drafted += len(drafted.tokens)
        self.accepted += good
        self.tokens += [*drafted.tokens[:good], own]
        return good, own


def replay_by(rule: RoundRule, matches: Sequence[bool], k: int, new_tokens: int) -> Counts:
    """The counts of a text by the engine's rule, without running it.

    `matches` are of a text that goes K + 1 tokens past `new_tokens`, or that ended before.
    """
    written = rounds = drafted = accepted = 0
    while written < min(new_tokens + rule.past, len(matches)):
        size = rule.draft_length(k, new_tokens - written)
        draft = matches[written : written + size]
        good = next((place for place, match in enumerate(draft) if not match), len(draft))
        rounds += 1
        drafted += size
        accepted += good
        written += good + 1
    return rounds, drafted, accepted


def flips_behind(
    counted: Counts, rule: RoundRule, matches: Sequence[bool], gaps: Sequence[float], k: int, new_tokens: int
) -> float | None:
    """The widest gap among the near ties which, decided the other way, lead to `counted`; None where none do.

    0 where none need be. At most `MOST_FLIPS` of them are turned at once, the fewest first.
    """
    ties = [place for place, gap in enumerate(gaps) if gap < NEAR_TIE]
    for count in range(MOST_FLIPS + 1):
        for flipped in combinations(ties, count):
            turned = [match != (place in flipped) for place, match in enumerate(matches)]
            if replay_by(rule, turned, k, new_tokens) == counted:
                return max((gaps[place] for place in flipped), default=0.0)
    return None
