"""Which configurations serve best, and which of them are statistically tied with the best.

One ranking is of one device and one family: configurations of two devices, or of two targets, are never compared. A
winner is a set: the best by point value, and with it all that is not shown worse or lies within the indifference.

The interval of a value, and whether it is worse than the best, come from a bootstrap by prompt and by round, paired
wherever two configurations share prompts or rounds (`resampling.py`, `values.py`). It is the doubt within one run: how
runs of different nights differ is not in it.

The best of many flatters itself: of equals, the luckiest comes first. Measure it again before announcing its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from configspec.theory.decoding import Decoding
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

if TYPE_CHECKING:  # what no rule asks for is not imported
    from configspec.selection.k_advice import UntriedK
    from configspec.selection.next_measurement import NextMeasurement
    from configspec.selection.other_bests import OtherBest


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRules:
    """How the best are told from the rest.

    Attributes:
        indifference: How much worse than the best still counts as tied, as a share.
        confidence: Of the intervals, and of the test that shows a configuration worse than the best.
        resamples: Bootstrap resamples.
        top: How many choices to return; None returns all.
        intervals: Whether to say how sure each value is, which takes longer than to say which are tied with the best.
        allow_throttled: Whether what was measured while the device throttled, or changed its mode, is ranked too.
        every_k: Whether all K that were measured are ranked, so that it can be said which are missing.
        other_schemes: Whether to say under which other serving schemes another configuration is the best.
    """

    indifference: float = 0.02
    confidence: float = 0.95
    resamples: int = 2000
    top: int | None = None
    intervals: bool = True
    allow_throttled: bool = False
    every_k: bool = True
    other_schemes: bool = True


DEFAULT_RULES = RankingRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One configuration in its place, with its value in the objective's unit and the doubt about it.

    `best_in` is the share of bootstrap draws in which it is the best; None where nothing was sampled, or any
    that is ranked is modelled. Under rules without intervals, it is None too, and `low` and `high` are the value.
    """

    rank: int
    configuration: Configuration
    value: float
    low: float
    high: float
    tied_with_best: bool
    best_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The choices of one device and family by one objective, the best first.

    `unavailable` says why there are none; `left_out` names what could not be ranked though others could. `decoding` is
    that of all configurations; None where nobody says, or they differ. `cut` more are ranked behind the choices than
    the rules return; `cut_tied` of them are tied with the best. `power_kind`: of an objective that looks at power, the
    kind of meter and the boundary that all its configurations have: others are in a ranking of their own. `untried`
    are the K that were not measured and are worth it; `to_measure` is what would tell from the best what is tied with
    it, of the first 64 of these. Under rules without intervals, both are empty. `best_known`: where the
    best is modelled, the best that is not, if there is one. `other_bests`: the best under other serving schemes.
    """

    device: str
    family: str
    objective: Objective
    serving: Serving
    decoding: Decoding | None
    rules: RankingRules
    unavailable: str | None = None
    choices: tuple[Choice, ...] = ()
    left_out: tuple[str, ...] = ()
    cut: int = 0
    cut_tied: int = 0
    power_kind: str = ""
    untried: tuple[UntriedK, ...] = ()
    to_measure: tuple[NextMeasurement, ...] = ()
    best_known: Choice | None = None
    other_bests: tuple[OtherBest, ...] = ()

    @property
    def modelled_best(self) -> Choice | None:
        """The best, where nobody measured it; None where somebody did, or nothing is ranked."""
        best = self.choices[0] if self.choices else None
        return best if best is not None and best.configuration.provenance == "modelled" else None


BARRED: Mapping[str, str] = {
    "throttled": "the device throttled while it was measured (--allow-throttled ranks it all the same)",
    "clock_changed": "the device's power mode or clocks changed while it was measured (--allow-throttled ranks it)",
}
