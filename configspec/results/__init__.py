"""What a run measured, to be asked and asserted: in a test of one's own, on a file, in a notebook. No pytest is needed.

`Results` is the front door, also as `configspec.Results`; what it answers with, and the assertions, are here. All names
below are promised (docs/api.md); modules of this package are not.
"""

from __future__ import annotations

from configspec.results.answers import Loss, Place, Standings, ToMeasure, Untried, Without
from configspec.results.assertions import assert_choice, assert_regret, regret_of
from configspec.results.assumptions import Assumed
from configspec.results.doubts import Doubt
from configspec.results.other_winners import OtherWinner
from configspec.results.picks import Pick, Picks, Value
from configspec.results.regressions import assert_no_regression
from configspec.results.results import Results

__all__ = [
    "Assumed",
    "Doubt",
    "Loss",
    "OtherWinner",
    "Pick",
    "Picks",
    "Place",
    "Results",
    "Standings",
    "ToMeasure",
    "Untried",
    "Value",
    "Without",
    "assert_choice",
    "assert_no_regression",
    "assert_regret",
    "regret_of",
]
