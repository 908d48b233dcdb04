"""What a row holds of going back: what a rejection costs a draft whose memory cannot be cut.

`theory/going_back.py` has the letters and the arithmetic. The samples are in the side file of the times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from configspec.records.bounds import AGREEMENT, LONGEST_S, Count, Expected, Seconds, check_each
from configspec.records.facts import ModelFacts
from configspec.theory.flags import Flag, flag
from configspec.theory.going_back import ReturnCost, going_back_s

NO_REASON = "not recorded"
# llama.cpp's names of the architectures whose memory cannot be cut, in November 2026: `llm_arch_is_recurrent` and
# `llm_arch_is_hybrid` of https://github.com/ggml-org/llama.cpp/blob/master/src/llama-arch.cpp. Only rows that did not
# ask llama.cpp are looked up here.
RECURRENT = frozenset(("mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7", "jamba", "falcon-h1", "plamo2"))
HYBRID = frozenset(
    (
        *("granitehybrid", "lfm2", "lfm2moe", "nemotron_h", "nemotron_h_moe"),
        *("qwen3next", "qwen35", "qwen35moe", "kimi-linear", "minimax-01"),
    )
)
CUTS = "the draft's memory can be cut"
NEVER = "rounds of 1 token take nothing back"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingBack:
    """Of rounds of one K. `round_s` is what a round takes beyond drafting, on average: rankings count it.

    `save_s` is within `drafting.round_s`. `returns[j]` counts the rounds that accepted j tokens and went back, over all
    prompts; `cost` is what each of them took.
    """

    round_s: Seconds
    save_s: Seconds
    cost: ReturnCost
    returns: tuple[Expected, ...]
    rounds: Expected  # of all prompts, those that go back and those that do not
    checkpoint_bytes: Count
    samples: Count  # of each number of pending tokens in `cost`

    def __post_init__(self) -> None:
        more_s = (more_s for _, more_s in self.cost.again_s)
        check_each("cost_s", (self.cost.restore_s, *more_s), least=0, most=LONGEST_S)
        if sum(self.returns) > self.rounds * (1 + AGREEMENT):
            raise ValueError(f"{sum(self.returns):g} of {self.rounds:g} rounds went back; it is at most each of them")
        if not math.isclose(self.round_s, mean_s(self.returns, self.rounds, self.cost), rel_tol=AGREEMENT):
            raise ValueError(f"round_s is {self.round_s:g}, and returns and cost add up to another")


def uncounted(k: int, draft: ModelFacts | None, found: GoingBack | None) -> tuple[Flag, ...]:
    """A flag where the draft goes back, as its architecture shows, and nobody has timed what that costs."""
    if k == 1 or found is not None or draft is None or draft.rolls_back is not None:
        return ()
    return (flag("returns_uncounted"),) if draft.architecture in RECURRENT | HYBRID else ()


def check_returns(k: int, found: GoingBack | None) -> None:
    """ValueError where the counts are of another K."""
    if found is not None and len(found.returns) != k - 1:
        raise ValueError(f"k is {k}, and returns has {len(found.returns)} counts; it has one for 0 to K - 2 accepted")


def mean_s(returns: Sequence[float], rounds: float, cost: ReturnCost) -> float:
    """Seconds that a round spends on going back, on average; 0 where there was none."""
    return going_back_s(returns, cost) / rounds if rounds else 0.0
