"""Verification cost efficiency: tokens per dollar.

Eq. 2 of ConfigSpec (arXiv 2604.09722, section 3.2), with whatever a round is charged for:

    eta = (K * alpha + 1) / USD of a round

The paper's round costs K * p, p the price of a token. `serving/billing.py` has the other ways to bill tokens, and
`serving/charges.py` what may come on top. As far as tokens are billed, the device has no part in it: neither its speed
nor its power changes what the verifier bills. Where the device's energy has a price, they do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

from configspec.theory.figures import Number
from configspec.theory.objectives.energy import WAITING
from configspec.theory.objectives.objective import Better, FigureName, Figures, Move, figures_of
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.billing import billing
from configspec.theory.serving.charges import DeviceEnergy, Round, Tokens, declared_charges, usd_per_million_rounds


def tokens_per_usd(k: Number, alpha: Number, usd_of_million_rounds: Number) -> Number:
    """Eq. 2: the tokens that a round yields, over its price; in the paper, a million rounds cost K dollars times p."""
    return 1_000_000 * (k * alpha + 1) / usd_of_million_rounds


def round_of(figures: Figures[Number], serving: Serving) -> Round[Number]:
    """What is charged for."""
    waiting_j = figures.idle_w * figures.verify_s if serving.energy_boundary == WAITING else 0.0 * figures.verify_s
    return Round(k=figures.k, server_s=figures.server_s, device_j=figures.power_w * figures.round_s + waiting_j)


@final
class Cost:
    """Tokens per dollar of verification, and of what else is charged."""

    name = "cost"
    heading = "verification cost efficiency"
    unit = "tokens/$"
    better: Better = "higher"
    usual = True
    boundary = "what the verifier bills for rounds; neither the prompt nor the device"

    def moves(self, serving: Serving) -> Mapping[FigureName, Move]:
        """More accepted tokens share the price of a round; where energy has a price, less of it is cheaper."""
        accepted: Mapping[FigureName, Move] = {"alpha": "rises"}
        if serving.prices.usd_per_kwh is None:
            return accepted
        drafting: Mapping[FigureName, Move] = {"round_s": "falls", "power_w": "falls"}
        waiting: Mapping[FigureName, Move] = {"idle_w": "falls"} if serving.energy_boundary == WAITING else {}
        return {**accepted, **drafting, **waiting}

    def unavailable(self, serving: Serving) -> str | None:
        """Where nothing has a price, a dollar buys no number of tokens; nor where a figure of a price is missing."""
        if serving.contradiction is not None:
            return f"the price {serving.contradiction}"
        charged = [one.name for one in declared_charges(serving)]
        if not charged:
            return "nothing is charged for: tokens per dollar need a price"
        if charged == ["tokens"] and serving.bills in ("drafted", "drafted+1") and serving.usd_per_million_tokens <= 0:
            price = f"{serving.usd_per_million_tokens:g} USD per million tokens"
            return f"the price is {price}; tokens per dollar need one above 0"
        return None

    def lacks(self, configuration: Configuration, serving: Serving) -> str | None:
        """The power, where energy has a price; and a price, where all that is charged for is none of this round."""
        if serving.prices.usd_per_kwh is not None:
            if configuration.power_w is None or configuration.power_w.value <= 0:
                return configuration.power_reason or "its power was not measured, and energy has a price"
            if serving.energy_boundary == WAITING and configuration.idle_w is None:
                return "its power while waiting was not measured, and energy has a price"
        if serving.bills != "nothing" and serving.usd_per_million_tokens > 0:
            return None
        known = figures_of(configuration, serving)
        if usd_per_million_rounds(round_of(known, serving), serving) <= 0:
            return "a round of it costs nothing"
        return None

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """Tokens per dollar."""
        return tokens_per_usd(figures.k, figures.alpha, usd_per_million_rounds(round_of(figures, serving), serving))

    def plain(self, token: PlainToken, serving: Serving) -> float | str:
        """A token by itself: asked for in a round trip it is billed as a round that drafts none, at least as one.

        A target that streams bills its output alone: the prompt, and nothing again.
        """
        waiting_j = token.waiting_s * token.idle_w if serving.energy_boundary == WAITING else 0.0
        drafting_j = token.drafting_s * token.power_w if token.drafting_s > 0 else 0.0
        one = Round(k=0.0, server_s=token.server_s, device_j=drafting_j + waiting_j)
        if token.way == "device only":
            if serving.prices.usd_per_kwh is None:
                return "no verifier is asked, so none is paid"
            usd = DeviceEnergy().usd_per_million_rounds(one, serving)
        else:
            others = [each for each in declared_charges(serving) if not isinstance(each, Tokens)]
            usd = _plain_tokens(token, serving) + sum(each.usd_per_million_rounds(one, serving) for each in others)
        if math.isnan(usd):
            return "its power was not measured, and energy has a price"
        return tokens_per_usd(0.0, 0.0, usd) if usd > 0 else "a token by itself costs nothing"


def _plain_tokens(token: PlainToken, serving: Serving) -> float:
    """What the tokens of a million plain ones are billed at, in dollars."""
    if serving.bills == "nothing":
        return 0.0
    again = 0.0 if token.way == "cloud only" else billing(serving.bills).usd_per_million_rounds(0.0, serving)
    return max(serving.usd_per_million_tokens, again)
