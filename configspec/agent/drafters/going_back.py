"""What it costs to go back, where the model's memory cannot be cut: timed apart from drafting, part by part."""

from __future__ import annotations

import time

from ..llama.checkpoints import ROUND, Checkpoints
from ..protocol import AgentError, Deadline, JsonObject, usage_error
from ..requests.model import Returns
from .sequence import Sequence


def time_returns(sequence: Sequence, asked: Returns, deadline: Deadline) -> JsonObject:
    """Go back to all but the last token, and begin a round with some tokens pending; again and again.

    The tokens are the sequence's last and, behind it, those of its beginning: their number matters, not what they are.
    The numbers take turns, so that a disturbed second spoils one sample of each and not all samples of one.
    """
    checkpoints, depth, most = sequence.checkpoints, len(sequence.tokens), max(asked.pending)
    if checkpoints is None or depth < 2:
        raise usage_error(
            "there is nothing to time: only a copy of the memory is gone back to",
            found=f"{depth} tokens" if depth < 2 else "a model whose memory can be cut",
        )
    sequence.check_room(depth + most, f"{depth} tokens and {most} pending")
    try:
        sequence.settle()
        timed = _turns(sequence, checkpoints, asked, deadline)
        sequence.evaluated = checkpoints.restore(depth - 1)
    except AgentError:
        sequence.clear()  # what the memory holds is not known
        raise
    return {
        "depth": depth,
        "checkpoint_bytes": checkpoints.size_bytes(),
        "pending": list(asked.pending),
        "restore_s": _part(timed, 0),
        "first_two_s": _part(timed, 1),
        "save_s": _part(timed, 2),
    }


def _turns(
    sequence: Sequence, checkpoints: Checkpoints, asked: Returns, deadline: Deadline
) -> list[list[tuple[float, float, float]]]:
    """Of each turn that counts, a sample for each number of pending tokens."""
    tokens, depth = sequence.tokens, len(sequence.tokens)
    batches = [[tokens[(depth - 1 + place) % depth] for place in range(count)] for count in asked.pending]
    turns: list[list[tuple[float, float, float]]] = []
    end_s = time.monotonic() + asked.seconds
    sequence.model.evaluate_tokens(tokens[-1:])  # as a round ends: llama.cpp prepares anew for a batch of another size
    for turn in range(asked.warmup + asked.rounds):
        if turn > asked.warmup and time.monotonic() >= end_s:
            break
        deadline.check("timing returns", turn, asked.warmup + asked.rounds)
        turns.append([_one(sequence, checkpoints, batch) for batch in batches])
    return turns[asked.warmup :]


def _one(sequence: Sequence, checkpoints: Checkpoints, batch: list[int]) -> tuple[float, float, float]:
    """Seconds to go back, to draft two tokens, and to copy the memory between them."""
    before, model = len(sequence.tokens) - 1, sequence.model
    stamps_s = [time.monotonic()]
    checkpoints.restore(before)
    stamps_s.append(time.monotonic())
    model.evaluate_tokens(batch)
    best = int(model.logits(-1).argmax())
    stamps_s.append(time.monotonic())
    checkpoints.save(ROUND, before + len(batch))
    stamps_s.append(time.monotonic())
    model.evaluate_tokens([best])
    int(model.logits(-1).argmax())
    stamps_s.append(time.monotonic())
    restored_s, first_s, saved_s, second_s = stamps_s[1:]
    return restored_s - stamps_s[0], first_s - restored_s + second_s - saved_s, saved_s - first_s


def _part(timed: list[list[tuple[float, float, float]]], part: int) -> list[list[float]]:
    """One of the three, of every number of pending tokens: its samples, one a turn."""
    return [[turn[place][part] for turn in timed] for place in range(len(timed[0]))]
