"""A board that does nothing, for as long as a meter needs to show what that takes."""

from __future__ import annotations

import time

from ..protocol import Deadline, JsonObject

STEP_S = 0.5  # between two looks at the deadline


def idle(seconds: float, deadline: Deadline) -> JsonObject:
    """Sleep; the span on the clock that times drafts."""
    begin_s = time.monotonic()
    end_s = begin_s + seconds
    while True:
        now_s = time.monotonic()
        if now_s >= end_s:
            return {"begin_s": begin_s, "end_s": now_s}
        deadline.check("idle", int(now_s - begin_s), int(seconds))
        time.sleep(min(STEP_S, end_s - now_s))
