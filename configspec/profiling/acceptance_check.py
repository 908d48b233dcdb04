"""Whether a board agrees with this host about a draft: a few prompts of the acceptance pass, repeated on the board.

Acceptance is counted on the host, once for all boards, since what a draft proposes hardly depends on who computes it.
Hardly: another processor sums in another order, and where the draft's best two logits are almost equal it may choose
the other one. A board that differs elsewhere has a broken build, driver or memory, and the host's counts are not its
own.

    differ      positions at which the board's arg-max is not the host's
    gap         there, the host's best logit less its second best
    near tie    a gap below NEAR_TIE: no sum in floating point is that exact

The arg-max is compared whatever the decoding: sampling starts from the same logits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from configspec.devices.device import WORK_DEADLINE_S, Device
from configspec.errors import ConfigspecError
from configspec.families.memory import cache_bytes
from configspec.profiling.acceptance_trace import AcceptanceTrace, TracedPrompt
from configspec.profiling.staging import StagedModel
from configspec.records.acceptance import AgreementCheck
from configspec.theory.acceptance.near_tie import NEAR_TIE
from configspec.theory.flags import Flag, flag
from configspec.theory.spacing import evenly

PROMPTS_CHECKED = 2  # the default
SLOWEST_TOKENS_PER_S = 1.0  # at which a board is still waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceCheck:
    """The outcome of asking a board; where it could not be asked, `check` is None with the `reason`."""

    check: AgreementCheck | None
    reason: str | None = None

    def flags(self) -> tuple[Flag, ...]:
        """What the reader should know before using the acceptance."""
        found = self.check
        if found is None or not found.beyond_ties or found.largest_gap is None:
            return ()
        return (
            flag(
                "device_disagrees",
                differ=found.differ,
                positions=found.positions,
                gap=found.largest_gap,
                near_tie=NEAR_TIE,
            ),
        )


def compare(prompts: Sequence[TracedPrompt], board: Sequence[Sequence[int]], context: int) -> AgreementCheck:
    """The arg-max of host and board, position by position; the draft was open with `context` tokens on the board."""
    at = [
        (mine == theirs, gap)
        for prompt, of_board in zip(prompts, board, strict=True)
        for mine, gap, theirs in zip(prompt.scores.argmax, prompt.scores.gap, of_board, strict=True)
    ]
    differing = [gap for same, gap in at if not same]
    return AgreementCheck(
        prompts=len(prompts),
        positions=len(at),
        differ=len(differing),
        beyond_ties=sum(gap >= NEAR_TIE for gap in differing),
        largest_gap=max(differing, default=None),
        near_tie=NEAR_TIE,
        context=context,
    )


def check_acceptance(device: Device, staged: StagedModel, trace: AcceptanceTrace, count: int) -> AcceptanceCheck:
    """Ask a device about `count` prompts, evenly taken from the set; the draft is open on it.

    Where their texts are longer than its context, the draft is opened again with as much as they need.
    """
    if count == 0:
        return AcceptanceCheck(check=None, reason="switched off (--acceptance-check 0)")
    prompts = [trace.prompts[place] for place in evenly(len(trace.prompts), count)]
    try:
        context = _make_room(device, staged, prompts)
        board = [_ask(device, prompt) for prompt in prompts]
    except ConfigspecError as problem:
        if device.lost:
            raise
        return AcceptanceCheck(check=None, reason=str(problem))
    return AcceptanceCheck(check=compare(prompts, board, context))


def _make_room(device: Device, staged: StagedModel, prompts: Sequence[TracedPrompt]) -> int:
    needed = max(len(one.continued.prompt) + len(one.continued.tokens) for one in prompts)
    if needed <= staged.llama_cpp.context:
        return staged.llama_cpp.context
    more = replace(staged.llama_cpp, context=needed)
    cached = cache_bytes(staged.source, needed, (more.cache_type_k, more.cache_type_v))
    device.open_model(staged.path, more, cache_bytes=cached)
    return needed


def _ask(device: Device, prompt: TracedPrompt) -> tuple[int, ...]:
    text = (*prompt.continued.prompt, *prompt.continued.tokens)
    deadline_s = WORK_DEADLINE_S + len(text) / SLOWEST_TOKENS_PER_S
    return device.score(text, start=len(prompt.continued.prompt), deadline_s=deadline_s).argmax
