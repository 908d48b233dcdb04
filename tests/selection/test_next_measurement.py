"""What to measure next to tell what is tied from the best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from known_truth import KnownTestbed, Luck
from weighed import exact, sampled

from configspec.selection.next_measurement import MOST_TIMES, Rival, growth_needed, next_measurements
from configspec.selection.ranking import RankingRules
from configspec.selection.rankings import rank
from configspec.selection.separation import Gap
from configspec.theory.objectives.registry import objective
from configspec.theory.serving.assumptions import Serving

GOODPUT = objective("goodput")
shares = st.floats(0.001, 0.5)
BEST = sampled("best", 4, [(10, 30)] * 8, [0.5] * 10)


def gap(behind: float, of_prompts: float, of_times: float) -> Gap:
    return Gap(behind=behind, of_prompts=of_prompts, of_times=of_times, spreads_needed=2.0)


def rival(one: Gap, draft: str = "other", k: int = 4, *, passes: int = 2) -> Rival:
    plain = sampled(draft, k, [(10, 20)] * 8, [0.5] * (10 * passes))
    return Rival(configuration=replace(plain, pass_samples_s=((0.5,) * 10,) * passes), gap=one, bounded=())


@given(shares, shares, shares)
def test_what_is_named_is_enough_and_no_more(behind: float, of_prompts: float, of_times: float) -> None:
    """The spread that is left makes the difference just c spreads, and no other way multiplies the work by less."""
    found = growth_needed(gap(behind, of_prompts, of_times))
    assume(found is not None)
    assert found is not None
    left = np.hypot(of_prompts / found.prompts**0.5, of_times / found.passes**0.5)
    assert left * 2.0 <= behind * (1 + 1e-9)
    work = found.prompts * found.passes
    assert work == pytest.approx(1.0) or left * 2.0 == pytest.approx(behind)
    for other in np.geomspace(1, MOST_TIMES, 30):
        rest = behind**2 / 4 - of_prompts**2 / other
        if rest > 0:
            least = max(of_times**2 / rest, 1.0)
            assert work <= other * least * (1 + 1e-9) or min(other, least) > 1.0


@pytest.mark.parametrize(
    ("one", "prompts", "passes"),
    [
        (gap(0.1, 0.0, 0.1), 0, 6),  # four times the two passes
        (gap(0.1, 0.1, 0.0), 24, 0),  # four times the eight prompts
        (gap(0.1, 0.05, 0.05), 8, 2),  # either alone has all that is allowed: twice of both
    ],
)
def test_prompts_passes_or_both(one: Gap, prompts: int, passes: int) -> None:
    """With c at 2 a spread of half the difference is allowed."""
    (found,) = next_measurements(BEST, [rival(one)], [BEST, rival(one).configuration])
    assert (found.prompts, found.passes, found.rounds) == (prompts, passes, 10 * passes)
    assert found.seconds == (pytest.approx(10 * passes) if passes else None)
    assert found.cells == (rival(one).configuration.cell, BEST.cell)


def test_a_cell_is_measured_for_all_its_k_at_once() -> None:
    """As often as the one that takes the most."""
    some = [rival(gap(0.1, 0.0, spread), k=k) for k, spread in ((4, 0.06), (5, 0.1))]
    (found,) = next_measurements(BEST, some, [BEST, *(one.configuration for one in some)])
    assert [one.k for one in found.separates] == [4, 5]
    assert found.passes == 6


def test_the_best_s_own_cell_is_named_once() -> None:
    """Another K of it."""
    one = rival(gap(0.1, 0.0, 0.1), draft="best", k=5)
    (found,) = next_measurements(BEST, [one], [BEST, one.configuration])
    assert found.cells == (BEST.cell,)


@pytest.mark.parametrize("one", [gap(0.0001, 0.1, 0.1), gap(-0.1, 0.1, 0.1), gap(0.1, 0.0, 0.0)])
def test_what_cannot_be_told_apart_says_why(one: Gap) -> None:
    """Too little behind; or a power that nobody samples."""
    (small,) = next_measurements(BEST, [rival(one)], [])
    assert small.why_not == "so little behind that it takes more than 100 times what was measured"
    (bound,) = next_measurements(BEST, [replace(rival(one), bounded=("power_w",))], [])
    assert bound.why_not == "power: known within bounds only, which more rounds and prompts do not narrow"
    assert (bound.passes, bound.rounds, bound.prompts, bound.seconds) == (0, 0, 0, None)


def test_measuring_that_much_more_tells_it_from_the_best() -> None:
    """In testbeds of known truth: most of what is named is separated when as much is measured; chance takes some."""
    rules = RankingRules(resamples=300)
    told = separated = 0
    for of_testbed in np.random.default_rng(1).spawn(12):
        testbed = KnownTestbed(of_testbed)
        luck = Luck(prompts=60)
        one_run, other_run = of_testbed.spawn(2)
        first = rank(testbed.run(one_run, luck), GOODPUT, Serving(), rng=one_run, rules=rules)
        able = [one for one in first.to_measure if one.why_not is None and one.prompts < 600]
        passes, prompts = (max((getattr(one, name) for one in able), default=0) for name in ("passes", "prompts"))
        more = replace(luck, passes=luck.passes + passes, prompts=luck.prompts + prompts)
        again = rank(testbed.run(other_run, more), GOODPUT, Serving(), rng=other_run, rules=rules)
        tied = {one.configuration.id for one in again.choices if one.tied_with_best}
        told += sum(len(one.separates) for one in able)
        separated += sum(one not in tied for of in able for one in of.separates)
    assert told >= 20
    assert separated >= 0.6 * told


def test_nothing_is_named_where_all_that_is_tied_is_of_no_interest() -> None:
    """Within 2 %; and of what nobody sampled the reason is told for programs."""
    near = [exact("1b", 4, 0.5, 0.4), exact("3b", 4, 0.5, 0.401)]
    assert rank(near, GOODPUT, Serving(), rng=np.random.default_rng(1)).to_measure == ()
