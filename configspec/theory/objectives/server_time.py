"""Server time: seconds of the verifier for each token that it yields.

    S = T_server / (b * (K * alpha + 1))

    T_server    the verifier's own seconds of a pass, the link left out (`serving/assumptions.py`)
    b           rounds in a pass, which share its seconds

A verifier's capacity is bought in its seconds: 1 / S tokens a second are what one verifier yields for all its devices
together, as long as it has always one to serve (Leviathan et al., arXiv 2211.17192, section 3.4, count the same work in
operations). Drafting is on devices and costs it nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

from configspec.theory.figures import Number
from configspec.theory.objectives.objective import Better, FigureName, Figures, Move
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@final
class ServerTime:
    """Seconds of the verifier per verified token."""

    name = "server_time"
    heading = "time of the verifier"
    unit = "s/token"
    better: Better = "lower"
    usual = False
    boundary = "a round's share of the verifier's own seconds; neither the link, nor drafting, nor the prompt"

    def moves(self, serving: Serving) -> Mapping[FigureName, Move]:
        """More accepted tokens share a round."""
        return {"alpha": "falls"}

    def unavailable(self, serving: Serving) -> str | None:
        """Where the link was measured with it, and nobody knows how much of it is the link's."""
        if serving.link_is_apart:
            return None
        return "the verification was measured together with its link, and how much of it is the link is not known"

    def lacks(self, configuration: Configuration, serving: Serving) -> str | None:
        """The time, where the verifier takes none for rounds of this K."""
        if serving.server_s_at(configuration.k) > 0:
            return None
        return f"the verifier is assumed to take no time for rounds of K={configuration.k}"

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """Seconds per token."""
        seconds: Number = figures.server_s / (serving.batch * (figures.k * figures.alpha + 1))
        return seconds

    def plain(self, token: PlainToken, serving: Serving) -> float | str:
        """The verifier's own seconds of it."""
        if math.isnan(token.server_s):
            return "the target's own time for a token is not known"
        return token.server_s / serving.batch if token.server_s > 0 else "the verifier does nothing for it"
