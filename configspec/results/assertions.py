"""What people assert of a choice: that what they serve is still among the best, or near enough to it.

    results = Results.read("results.json")
    assert_choice(results, "jetson", "llama-3.1-70b", "goodput", draft="1b", k=range(4, 9))
    assert_regret(results, "jetson", "llama-3.1-70b", "goodput", draft="1b", k=6, at_most=0.02)

An assertion that does not hold raises AssertionError with what was found; a name that is not there raises UsageError.
None of them claims that one configuration comes first: of two equals, the first changes every second night.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from configspec.errors import UsageError
from configspec.histories.run import Chosen
from configspec.printable import printable
from configspec.regression.choice import REGRET_ALLOWED
from configspec.results.question import Names
from configspec.results.results import Results
from configspec.theory.ids import ConfigurationId

SHOWN = 10  # configurations in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which configurations are meant: each part a name, a number, or several; None: any."""

    draft: Names | None = None
    quant: Names | None = None
    k: int | Collection[int] | None = None

    def __post_init__(self) -> None:
        """A text or a fraction is no K, and would otherwise match nothing, or be an error of Python's."""
        found: object = self.k  # whoever has no type checker may hand over anything
        if isinstance(found, str) or not isinstance(found, int | Collection | None):
            shown = printable(repr(found), at_most=80)
            raise UsageError(f"k is {shown}; it takes a whole number or several: k=4, k=range(4, 9)")

    def matches(self, one: ConfigurationId) -> bool:
        """Whether a configuration is meant."""
        ks = (self.k,) if isinstance(self.k, int) else self.k
        return _among(one.draft, self.draft) and _among(one.quant, self.quant) and (ks is None or one.k in ks)

    def __str__(self) -> str:
        """As a message says it: `draft '1b', k range(4, 9)`."""
        given = {"draft": self.draft, "quant": self.quant, "k": self.k}
        return ", ".join(f"{name} {value!r}" for name, value in given.items() if value is not None) or "any"


def assert_choice(
    results: Results,
    device: str,
    family: str,
    objective: str,
    *,
    draft: Names | None = None,
    quant: Names | None = None,
    k: int | Collection[int] | None = None,
) -> None:
    """One of the configurations that are meant is among the best: none is shown better, or better by more than 2 %.

    Raises:
        AssertionError: None is.
        UsageError: None was measured.
    """
    wanted, found = Wanted(draft=draft, quant=quant, k=k), results.choice(device, family, objective)
    _measured(found, wanted)
    if not any(wanted.matches(one) for one in found.tied):
        best = ", ".join(map(str, found.tied[:SHOWN]))
        raise AssertionError(f"{device}, {family}, {objective}: none of {wanted} is among the best: {best}")


def assert_regret(
    results: Results,
    device: str,
    family: str,
    objective: str,
    *,
    draft: Names | None = None,
    quant: Names | None = None,
    k: int | Collection[int] | None = None,
    at_most: float = REGRET_ALLOWED,
) -> None:
    """The best of those that are meant is not shown worse than the best of all by more than `at_most`, a share of it.

    Raises:
        AssertionError: It is.
        UsageError: None was measured, or `at_most` is no share of at least 0 and below 1.
    """
    if not 0 <= at_most < 1:
        raise UsageError(f"at_most is {at_most}; it is a share of the best, at least 0 and below 1: 0.02 is 2 %")
    found = results.choice(device, family, objective)
    one = _measured(found, Wanted(draft=draft, quant=quant, k=k))
    regret = regret_of(found, one)
    if regret > at_most and _is_shown_worse(found, one):
        raise AssertionError(
            f"{one}, {objective}: {100 * regret:.2g} % worse than the best, {found.best}; {100 * at_most:g} % allowed"
        )


def regret_of(chosen: Chosen, configuration: ConfigurationId) -> float:
    """How much worse than the best a configuration is, as a share of the best; at least 0.

    Raises:
        UsageError: It has no value there.
    """
    if configuration not in chosen.values:
        raise UsageError(f"{configuration} was not ranked by {chosen.objective}")
    best, own = chosen.values[chosen.best].value, chosen.values[configuration].value
    if not (best > 0 and own > 0):
        return 0.0 if best == own else math.inf
    return max(0.0, 1 - (best / own if chosen.better == "lower" else own / best))


def _measured(found: Chosen, wanted: Wanted) -> ConfigurationId:
    """The best of those that are meant; `values` come the best first."""
    one = next((one for one in found.values if wanted.matches(one)), None)
    if one is None:
        drafts = ", ".join(dict.fromkeys(each.draft for each in found.values))
        ks = ", ".join(map(str, sorted({each.k for each in found.values})))
        raise UsageError(
            f"{found.device}, {found.family}: none of {wanted} was measured. Drafts: {printable(drafts)}; K: {ks}."
        )
    return one


def _is_shown_worse(found: Chosen, one: ConfigurationId) -> bool:
    """Whether it can be told from the best.

    Those that are tied may be so for being within 2 %: of these the intervals decide, which overlap where nobody knows.
    """
    if one not in found.tied:
        return True
    own, best = found.values[one], found.values[found.best]
    if regret_of(found, one) > REGRET_ALLOWED:
        return False
    return own.low > best.high if found.better == "lower" else own.high < best.low


def _among(name: str, wanted: Names | None) -> bool:
    return wanted is None or (name == wanted if isinstance(wanted, str) else name in wanted)
