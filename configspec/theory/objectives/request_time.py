"""Time of a request: seconds until N tokens have been generated after a prompt of P tokens.

    R = max(P / v_d', P / v_t') + N / G        G = (K * alpha + 1) / (K / v_d + T_verify)

    v_d', v_t'    tokens/s with which device and target evaluate a prompt (`serving/request.py`)
    G             goodput, eq. 1 of ConfigSpec (arXiv 2604.09722, section 3.2)

It is the time that a user waits: the time to first token and N times the time per output token, as serving benchmarks
have them (Agrawal et al., "Etalon", arXiv 2407.07000, section 2). The paper counts from the first round on. Where a
board evaluates its prompt slowly, the draft that decodes fastest may answer last.

N / G counts rounds as they come on average, the last one in part. Speeds are those that were measured, at the context
that was measured; a longer prompt makes both slower, which is not in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

from configspec.theory.figures import Number
from configspec.theory.objectives.goodput import goodput_tokens_per_s
from configspec.theory.objectives.objective import Better, FigureName, Figures, Move
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@final
class RequestTime:
    """Seconds of one request, from its prompt to its last token."""

    name = "request_time"
    heading = "time of a request"
    unit = "s/request"
    better: Better = "lower"
    usual = False
    boundary = "from the prompt, which device and target evaluate beside each other, to the last token; no queue"

    def moves(self, serving: Serving) -> Mapping[FigureName, Move]:
        """A faster prompt and more accepted tokens are sooner there, a longer round later."""
        return {"alpha": "falls", "round_s": "rises", "prompt_tokens_per_s": "falls"}

    def unavailable(self, serving: Serving) -> None:
        """Never: a verifier may take any time, even none."""

    def lacks(self, configuration: Configuration, serving: Serving) -> str | None:
        """The speed of the prompt on the device, where nobody timed it."""
        if configuration.prompt_tokens_per_s is None:
            return f"how fast the device reads a prompt is not known: {configuration.prompt_reason or 'not timed'}"
        return None

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """Seconds."""
        asked = serving.request
        goodput = goodput_tokens_per_s(figures.k, figures.alpha, figures.round_s, figures.verify_s)
        return asked.prompt_s(figures.prompt_tokens_per_s) + asked.new_tokens / goodput

    def plain(self, token: PlainToken, serving: Serving) -> float | str:
        """The prompt, and every new token in its own time."""
        if math.isnan(token.prompt_s):
            reader = "device" if token.way == "device only" else "target"
            return f"how fast the {reader} reads the prompt is not known"
        seconds = token.prompt_s + serving.request.new_tokens * token.token_s
        return seconds if seconds > 0 else "a request takes no time"
