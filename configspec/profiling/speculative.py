"""Real greedy speculative decoding, round by round: the device drafts, the target verifies and corrects.

The replay of `acceptance.py` predicts its counts without running it; this is what it is proved against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configspec.devices.device import Device
from configspec.targets.transformers_target import TransformersTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeculativeRun:
    """One prompt, decoded speculatively: the text, and the counts of its rounds (the last counted whole)."""

    tokens: tuple[int, ...]
    rounds: int
    drafted: int
    accepted: int


def decode_speculatively(
    device: Device, target: TransformersTarget, prompt: Sequence[int], k: int, new_tokens: int
) -> SpeculativeRun:
    """At most `new_tokens` tokens after `prompt`, `k` drafted a round; the device's model is open already.

    The text is the target's own greedy text, up to near ties that its batched arithmetic decides otherwise. The
    target's cache holds all but the last token of the text: that one is fed with the next round's drafts.
    """
    device.prefill(prompt)
    target.prefill(prompt[:-1])
    text = list(prompt)
    ends = target.end_tokens
    stop = len(prompt) + new_tokens
    rounds = accepted = 0
    append: list[int] = []
    while len(text) < stop:
        drafted = device.draft(k, keep=len(text) - len(append), append=append).tokens
        verdicts = target.verify([text[-1], *drafted])
        good = _agreeing(drafted, verdicts)
        gained = _cut([*drafted[:good], verdicts[good]], ends, stop - len(text))
        rounds += 1
        accepted += min(good, len(gained))
        append = [gained[-1]] if len(gained) > good else []
        text += gained
        target.keep(len(text) - 1)
        if gained[-1] in ends:
            break
    return SpeculativeRun(tokens=tuple(text[len(prompt) :]), rounds=rounds, drafted=rounds * k, accepted=accepted)


def _agreeing(drafted: Sequence[int], verdicts: Sequence[int]) -> int:
    """How many drafted tokens, from the first, are the target's own."""
    for place, token in enumerate(drafted):
        if token != verdicts[place]:
            return place
    return len(drafted)


def _cut(tokens: list[int], ends: frozenset[int], room: int) -> list[int]:
    """What of a round belongs to the text: nothing after an end token, nothing past the length asked for."""
    for place, token in enumerate(tokens[:room]):
        if token in ends:
            return tokens[: place + 1]
    return tokens[:room]
