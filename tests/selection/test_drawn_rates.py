"""Rates of resamples: the same to the last digit however the sums are made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.selection import drawn_rates as module
from configspec.selection.drawn_rates import EXACT
from configspec.selection.resampling import Resampling
from configspec.theory.figures import Estimate
from configspec.theory.ids import configuration_id
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.statistics import resample_weights

RESAMPLES = 25
WHOLE = st.integers(0, 200)
LARGE = st.integers(EXACT // 4, EXACT)
EXPECTED = st.floats(0, 200)


def prompts(counts: st.SearchStrategy[float]) -> st.SearchStrategy[list[tuple[float, float]]]:
    return st.lists(st.tuples(counts, counts), min_size=2, max_size=9)


def configuration(by_prompt: list[tuple[float, float]], k: int) -> Configuration:
    figure = Estimate(value=0.5, low=0.4, high=0.6, confidence=0.95, n=5)
    return Configuration(
        id=configuration_id("orin", "llama", "d", "Q8_0", k),
        round_s=figure,
        acceptance=Acceptance(rate=figure, rounds=None, drafted=None, accepted=None, by_prompt=tuple(by_prompt)),
        power_w=None,
        provenance="measured",
    )


pieces = st.tuples(st.integers(1, 30), st.integers(1, 300))


def rates(by_prompt: list[tuple[float, float]], k: int, sizes: tuple[int, int]) -> list[float]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "DEEP", sizes[0])
        patch.setattr(module, "OF_A_THREAD", sizes[1])
        some = [configuration(by_prompt, k)]
        drawn = Resampling(some, Serving(), resamples=RESAMPLES, rng=np.random.default_rng(1)).blocks()
        ((_, figures),) = drawn
    found: list[float] = figures.alpha.low[0].tolist()
    return found


def by_definition(by_prompt: list[tuple[float, float]], k: int) -> list[float]:
    weights = resample_weights(len(by_prompt), RESAMPLES, np.random.default_rng(1))
    rounds, accepted = np.array(by_prompt, dtype=np.float64).T[:, np.newaxis] @ weights.T
    found: list[float] = (accepted / (k * np.maximum(rounds, 1.0)))[0].tolist()
    return found


@given(prompts(WHOLE) | prompts(LARGE), st.integers(1, 4), pieces)
def test_whole_counts_give_the_rate_to_the_last_digit(by_prompt, k, sizes):
    """Accepted over drafted of the prompts that were drawn, in whichever pieces they are added; large counts too."""
    assert rates(by_prompt, k, sizes) == by_definition(by_prompt, k)


@given(prompts(EXPECTED), st.integers(1, 4), pieces)
def test_expected_counts_give_the_rate(by_prompt, k, sizes):
    """These are no whole numbers, and are added in 64 bits."""
    assert rates(by_prompt, k, sizes) == pytest.approx(by_definition(by_prompt, k), rel=1e-12)
