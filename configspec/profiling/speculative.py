"""Real speculative decoding, round by round: the device drafts, the target verifies and corrects.

The profiles predict its counts and its speed without running it; this is what they are proved against. A round is one
request to the device and one pass of the target: the verdict on a round travels with the request for the next one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from configspec.devices.device import Device
from configspec.profiling.rules import Rule
from configspec.targets.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Where the seconds of a run went. Reading the prompt is left out, on both sides.

    `drafting_s` is by the device's clock, from when it begins to go back or to evaluate until its last token is there;
    the rest is by the host's. `restore_s` of it is going back, where the draft's memory cannot be cut. `link_s` is what
    asking took beyond that: connection, emulated link, protocol, cutting the KV cache. `verification_s` is the target's
    pass, its verdict and cutting its cache; `bookkeeping_s` is all else, or 0 where two clocks ran apart.
    """

    total_s: float
    drafting_s: float
    link_s: float
    verification_s: float
    restore_s: float = 0.0

    @property
    def bookkeeping_s(self) -> float:
        """What is left of the total."""
        return max(0.0, self.total_s - self.drafting_s - self.link_s - self.verification_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeculativeRun:
    """One prompt, decoded speculatively: the text, and the counts of its rounds (the last counted whole).

    `catch_ups` counts the rounds that began with two tokens to evaluate, since the round before was accepted whole;
    `returns` those that began by going back, None where the draft's memory can be cut. It began at `began_s` of the
    host's clock.
    """

    tokens: tuple[int, ...]
    rounds: int
    drafted: int
    accepted: int
    catch_ups: int
    spent: Spent
    returns: int | None = None
    began_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A device whose draft is open, the target that verifies it, and the rule between them; `now_s` is the host's."""

    device: Device
    target: Target
    rule: Rule
    now_s: Callable[[], float] = time.monotonic


def decode_speculatively(pair: Pair, prompt: Sequence[int], k: int, new_tokens: int) -> SpeculativeRun:
    """At most `new_tokens` tokens after `prompt`, `k` drafted per round.

    With greedy decoding the text is the target's own greedy text. The target's cache holds all but the last token of
    the text: that one is fed with the next round's drafts.
    """
    device, target, rule, now_s = pair.device, pair.target, pair.rule, pair.now_s
    device.prefill(prompt)
    target.prefill(prompt[:-1])
    text = list(prompt)
    ends = target.end_tokens
    stop = len(prompt) + new_tokens
    rounds = accepted = catch_ups = 0
    drafting_s = link_s = verification_s = restore_s = 0.0
    returns: int | None = None
    append: list[int] = []
    began_s = now_s()
    while len(text) < stop:
        asked_s = now_s()
        drafted = rule.draft(device, k, keep=len(text) - len(append), append=append)
        answered_s = now_s()
        good, own = rule.judge(device, target, text[-1], drafted)
        gained = _cut([*drafted.tokens[:good], own], ends, stop - len(text))
        append = [gained[-1]] if len(gained) > good else []
        text += gained
        target.keep(len(text) - 1)
        judged_s = now_s()
        on_device_s = drafted.drafting_s + drafted.restore_s
        drafting_s += on_device_s
        restore_s += drafted.restore_s
        link_s += max(0.0, answered_s - asked_s - on_device_s)  # two clocks may run apart
        if drafted.going_back is not None:
            returns = (returns or 0) + (drafted.restore_s > 0)
        verification_s += judged_s - answered_s
        rounds += 1
        accepted += min(good, len(gained))
        if gained[-1] in ends:
            break
        catch_ups += good == k and len(text) < stop
    spent = Spent(
        total_s=now_s() - began_s,
        drafting_s=drafting_s,
        link_s=link_s,
        verification_s=verification_s,
        restore_s=restore_s,
    )
    return SpeculativeRun(
        tokens=tuple(text[len(prompt) :]),
        rounds=rounds,
        drafted=rounds * k,
        accepted=accepted,
        catch_ups=catch_ups,
        spent=spent,
        returns=returns,
        began_s=began_s,
    )


def _cut(tokens: list[int], ends: frozenset[int], room: int) -> list[int]:
    """What of a round belongs to the text: nothing after an end token, nothing past the length asked for."""
    for place, token in enumerate(tokens[:room]):
        if token in ends:
            return tokens[: place + 1]
    return tokens[:room]
