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
from pathlib import Path
from typing import Any

from configspec.devices.device import WORK_DEADLINE_S, Device
from configspec.errors import ConfigspecError
from configspec.families.memory import cache_bytes
from configspec.profiling.end_to_end import evenly
from configspec.profiling.target_text import TracedPrompt
from configspec.profiling.workbench import Prepared
from configspec.testbed.specs import DeviceSpec

NEAR_TIE = 0.05  # logits
PROMPTS_CHECKED = 2  # unless somebody asks for another number
SLOWEST_TOKENS_PER_S = 1.0  # at which a board is still waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Where two computations of one draft over the same text agree; `largest_gap` None: they do everywhere."""

    prompts: int
    positions: int
    differ: int
    beyond_ties: int
    largest_gap: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceCheck:
    """What came of asking a board; no agreement has a reason. `context`: what the draft was opened with for it."""

    agreement: Agreement | None
    reason: str | None = None
    context: int | None = None

    def record(self) -> dict[str, Any]:
        """For a row's `acceptance`."""
        found = self.agreement
        if found is None:
            return {"check": None, "check_reason": self.reason}
        return {
            "check": {
                "prompts": found.prompts,
                "positions": found.positions,
                "differ": found.differ,
                "beyond_ties": found.beyond_ties,
                "largest_gap": found.largest_gap,
                "near_tie": NEAR_TIE,
                "context": self.context,
            },
            "check_reason": None,
        }

    def flags(self) -> tuple[str, ...]:
        """What the reader should know before using the acceptance."""
        found = self.agreement
        if found is None or not found.beyond_ties:
            return ()
        return (
            f"the device disagrees with this host about the draft: {found.differ} of {found.positions} positions, with "
            f"up to {found.largest_gap:.3g} logits between the best two (a near tie has less than {NEAR_TIE:g}), so "
            "its acceptance may not be the one that was counted",
        )


def compare(
    host: Sequence[Sequence[int]], gaps: Sequence[Sequence[float]], board: Sequence[Sequence[int]]
) -> Agreement:
    """The arg-max of both, position by position; a sequence a prompt. `gaps` are the host's."""
    at = [
        (mine == theirs, gap)
        for of_host, of_gaps, of_board in zip(host, gaps, board, strict=True)
        for mine, gap, theirs in zip(of_host, of_gaps, of_board, strict=True)
    ]
    differing = [gap for same, gap in at if not same]
    return Agreement(
        prompts=len(host),
        positions=len(at),
        differ=len(differing),
        beyond_ties=sum(gap >= NEAR_TIE for gap in differing),
        largest_gap=max(differing, default=None),
    )


def check_acceptance(device: Device, spec: DeviceSpec, prepared: Prepared, model: Path, count: int) -> AcceptanceCheck:
    """Ask a device about `count` prompts, evenly taken from the set; the draft, `model` there, is open on it.

    Where their texts are longer than its context, the draft is opened again with as much as they need.
    """
    if count == 0:
        return AcceptanceCheck(agreement=None, reason="switched off (--acceptance-check 0)")
    places = evenly(len(prepared.trace.prompts), count)
    prompts = [prepared.trace.prompts[place] for place in places]
    try:
        context = _make_room(device, spec, prepared, model, prompts)
        board = [_ask(device, traced) for traced in prompts]
    except ConfigspecError as problem:
        if device.lost:
            raise
        return AcceptanceCheck(agreement=None, reason=str(problem))
    scores = prepared.scores
    found = compare([scores.argmax[place] for place in places], [scores.gaps[place] for place in places], board)
    return AcceptanceCheck(agreement=found, context=context)


def _make_room(
    device: Device, spec: DeviceSpec, prepared: Prepared, model: Path, prompts: Sequence[TracedPrompt]
) -> int:
    needed = max(len(traced.prompt) + len(traced.tokens) for traced in prompts)
    if needed <= spec.llama_cpp.context:
        return spec.llama_cpp.context
    more = replace(spec.llama_cpp, context=needed)
    device.open_model(model, more, cache_bytes=cache_bytes(prepared.model, needed))
    return needed


def _ask(device: Device, traced: TracedPrompt) -> tuple[int, ...]:
    text = (*traced.prompt, *traced.tokens)
    deadline_s = WORK_DEADLINE_S + len(text) / SLOWEST_TOKENS_PER_S
    return device.score(text, start=len(traced.prompt), deadline_s=deadline_s).argmax
