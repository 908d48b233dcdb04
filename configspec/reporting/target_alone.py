"""How fast a target is without a draft, as far as it was measured, and what speculation gains over it.

    t1      seconds of the target's pass over one token. Not timed: a pass over K + 1 tokens takes no less, so that of
            the smallest K bounds it from above, and 1 / t1 from below
    y       tokens that a round yields, K * alpha + 1
    round   seconds to draft K tokens and to verify them, link included

The target alone waits for no link: its tokens are sent as they come. So what speculation gains, y * t1 / round, is at
most what is said here, and what it loses is at least that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from configspec.records.verification import TimedPass, Verification
from configspec.theory.figures import Estimate
from configspec.theory.objectives.objective import figures_of
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.timing import tokens_per_s


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetAlone:
    """The target's pass over `k` + 1 tokens after `context_tokens`: `pass_s`, seconds, all above 0."""

    k: int
    context_tokens: int
    pass_s: Estimate

    @property
    def tokens_per_s(self) -> Estimate:
        """What the target writes alone, or more: a token a pass."""
        return tokens_per_s(1, self.pass_s)

    @property
    def assumes(self) -> str:
        """What the figure rests on, in words."""
        return f"a pass over 1 token takes no longer than one over {self.k + 1}, and no link is waited for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of one configuration: its parts in seconds, and the tokens that it yields."""

    drafting_s: float
    verify_s: float
    tokens: float

    @property
    def total_s(self) -> float:
        """All of it."""
        return self.drafting_s + self.verify_s

    def alone_s(self, alone: TargetAlone) -> float:
        """How long the target takes for as many tokens by itself, or less."""
        return self.tokens * alone.pass_s.value

    def times_as_fast(self, alone: TargetAlone) -> Estimate:
        """As the target alone, at most; the interval is that of its pass."""
        each = self.tokens / self.total_s
        one = alone.pass_s
        return replace(one, value=each * one.value, low=each * one.low, high=each * one.high)


def round_of(one: Configuration, serving: Serving) -> Round:
    """A round under the serving assumptions, going back included."""
    figures = figures_of(one, serving)
    return Round(drafting_s=figures.round_s, verify_s=figures.verify_s, tokens=figures.k * figures.alpha + 1)


def target_alone(recorded: Iterable[tuple[int, Verification]]) -> TargetAlone | None:
    """From the passes of the smallest K; None where none was recorded, or by a clock that stood still.

    Args:
        recorded: Rows' K, each with what the row holds of the target's passes; of one K the last counts.
    """
    known = {k: one.passes for k, one in recorded if any(each.requests == 1 for each in one.passes)}
    if not known:
        return None
    k, passes = min(known.items())
    usual = _usual(passes)
    if usual.seconds.low <= 0:
        return None
    return TargetAlone(k=k, context_tokens=usual.context_tokens, pass_s=usual.seconds)


def _usual(passes: tuple[TimedPass, ...]) -> TimedPass:
    """The pass of one text at the usual context, which is that of passes over several texts, if there are any."""
    alone = [one for one in passes if one.requests == 1]
    usual = {one.context_tokens for one in passes if one.requests > 1}
    return next((one for one in alone if one.context_tokens in usual), alone[0])
