"""Verification cost efficiency: tokens per dollar at the verifier.

Eq. 2 of ConfigSpec (arXiv 2604.09722, section 3.2):

    eta = (K * alpha + 1) / (billed(K) * p)

    billed(K)    tokens that a round is billed as; the paper bills K (`serving/billing.py`)
    p            price of a token, `usd_per_million_tokens` / 1e6

The device has no part in it: neither its speed nor its power changes what the verifier bills.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from configspec.theory.figures import Number
from configspec.theory.objectives.objective import Better, FigureName, Figures, Move
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.billing import billing


def tokens_per_usd(k: Number, alpha: Number, billed: Number, usd_per_million_tokens: float) -> Number:
    """Eq. 2: the tokens that a round yields, over the price of the `billed` tokens."""
    return 1_000_000 * (k * alpha + 1) / (billed * usd_per_million_tokens)


@final
class Cost:
    """Tokens per dollar of verification."""

    name = "cost"
    heading = "verification cost efficiency"
    unit = "tokens/$"
    better: Better = "higher"

    def moves(self, serving: Serving) -> Mapping[FigureName, Move]:
        """More accepted tokens share the price of a round."""
        return {"alpha": "rises"}

    def unavailable(self, serving: Serving) -> str | None:
        """Where tokens cost nothing, a dollar buys no number of them."""
        if serving.usd_per_million_tokens > 0:
            return None
        price = f"{serving.usd_per_million_tokens:g} USD per million tokens"
        return f"the price is {price}; tokens per dollar need one above 0"

    def lacks(self, configuration: Configuration, serving: Serving) -> None:
        """Nothing: every configuration has an acceptance rate."""

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """Tokens per dollar."""
        billed = billing(serving.bills).tokens(figures.k)
        return tokens_per_usd(figures.k, figures.alpha, billed, serving.usd_per_million_tokens)

    def plain(self, token: PlainToken, serving: Serving) -> float | str:
        """Tokens that are billed at the price; none where no verifier is asked."""
        if token.billed <= 0:
            return "no verifier is asked, so none is paid"
        return tokens_per_usd(0.0, 0.0, token.billed, serving.usd_per_million_tokens)
