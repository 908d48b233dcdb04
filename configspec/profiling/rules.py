"""The acceptance rules at work: what the device is asked to draft, and what the target makes of it.

`model/decoding.py` names the rules, `model/acceptance.py` predicts their counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from configspec.devices.device import Device, Draft
from configspec.targets.target import Target


class Rule(Protocol):
    """One way to draft and to judge a draft."""

    def draft(self, device: Device, k: int, *, keep: int, append: Sequence[int]) -> Draft:
        """Have the device draft `k` tokens after its sequence was cut to `keep` and continued with `append`."""

    def judge(self, device: Device, target: Target, last: int, drafted: Draft) -> tuple[int, int]:
        """How many drafted tokens are accepted, and the token that the target itself puts after them.

        The target's text ends before `last`; afterwards it holds `last` and all drafted tokens.
        """


class Greedy:
    """Both models take their arg-max."""

    def draft(self, device: Device, k: int, *, keep: int, append: Sequence[int]) -> Draft:
        """Draft the arg-max, token by token."""
        return device.draft(k, keep=keep, append=append)

    def judge(self, device: Device, target: Target, last: int, drafted: Draft) -> tuple[int, int]:
        """Accept while the target's arg-max is the same."""
        verdicts = target.verify([last, *drafted.tokens])
        for place, token in enumerate(drafted.tokens):
            if token != verdicts[place]:
                return place, verdicts[place]
        return len(drafted.tokens), verdicts[-1]
