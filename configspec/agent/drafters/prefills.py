"""How long a prompt takes to evaluate: the whole of it, each time from an empty memory.

The text is that of the timed rounds, in the batches in which the model was opened, so this is the speed with which a
served prompt is evaluated. Each prefill begins with no token in the model's memory: nothing is found there from the one
before. Emptying it lies before the first stamp of each, and a copy for going back behind the last.

The last token is not evaluated: it is pending, and its time is that of the first drafted token.
"""

from __future__ import annotations

import time

from ..protocol import Deadline, JsonObject, usage_error
from ..requests.model import Prefills
from .sequence import Sequence


def time_prefills(sequence: Sequence, asked: Prefills, deadline: Deadline) -> JsonObject:
    """Evaluate all but the last token of the sequence, again and again; it is the same afterwards.

    One prefill is made, however long it takes; none begins after `seconds`. `stamps_s` has the begin and the end of
    each, on this board's monotonic clock.
    """
    length = len(sequence.tokens) - 1
    if length < 1:
        raise usage_error(
            "there is nothing to evaluate before the last token", found=f"{length + 1} tokens", hint="Prefill two."
        )
    model = sequence.model
    stamps_s: list[list[float]] = []
    end_s = time.monotonic() + asked.seconds
    while len(stamps_s) < asked.prefills and (not stamps_s or time.monotonic() < end_s):
        deadline.check("timing prefills", len(stamps_s), asked.prefills)
        sequence.begin_again()
        model.api.llama_synchronize(model.llama_context)
        begin_s = time.monotonic()
        sequence.evaluate_up_to(length)
        model.api.llama_synchronize(model.llama_context)  # a GPU may still be at it
        stamps_s.append([begin_s, time.monotonic()])
    sequence.settle()
    return {"evaluated": length, "stamps_s": stamps_s}
