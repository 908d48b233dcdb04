"""What the verifier bills for a round: one class each. A new one is a class here, and a line in `BILLING`."""

from __future__ import annotations

from typing import Protocol, final

from configspec.theory.figures import Number
from configspec.theory.serving.assumptions import Bills


class Billing(Protocol):
    """How many tokens a round is billed as."""

    @property
    def name(self) -> Bills:
        """As `devices.yaml` and `--bills` have it."""

    @property
    def words(self) -> str:
        """As a report says it, before `tokens billed per round`."""

    def tokens(self, k: Number) -> Number:
        """Tokens billed for a round of `k`; of an array of K, for each."""


@final
class Drafted:
    """The drafted tokens, as in the paper."""

    name: Bills = "drafted"
    words = "K"

    def tokens(self, k: Number) -> Number:
        """K."""
        return k


@final
class DraftedAndBonus:
    """Every position that the target evaluates: the drafted tokens, and the one it adds itself."""

    name: Bills = "drafted+1"
    words = "K + 1"

    def tokens(self, k: Number) -> Number:
        """K + 1."""
        return k + 1


BILLING: tuple[Billing, ...] = (Drafted(), DraftedAndBonus())


def billing(name: Bills) -> Billing:
    """The law of that name."""
    return next(one for one in BILLING if one.name == name)
