"""The exact Mann-Whitney test, its shift, and what it can show at all."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.regression.ranks import critical_pairs, most_series, p_lower, shift_log, smallest_p

few = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=5)  # ties, mostly
some = st.lists(st.floats(-1, 1), min_size=1, max_size=12, unique=True)


@given(few, few)
def test_p_is_the_share_of_all_ways_to_choose_the_new_runs(base: list[float], new: list[float]) -> None:
    """Counted one by one, ties at their mean rank."""
    pooled = [*base, *new]
    ranks = [sum(other < one for other in pooled) + sum(other == one for other in pooled) / 2 for one in pooled]
    found = sum(ranks[len(base) :])
    sums = [sum(chosen) for chosen in itertools.combinations(ranks, len(new))]
    assert p_lower(base, new) == pytest.approx(sum(one <= found for one in sums) / len(sums))


@given(some, some)
def test_p_is_scipys_where_nothing_is_tied(base: list[float], new: list[float]) -> None:
    """Against scipy.stats.mannwhitneyu, method exact."""
    if set(base) & set(new):
        return
    stats = pytest.importorskip("scipy.stats")
    theirs = stats.mannwhitneyu(new, base, alternative="less", method="exact").pvalue
    assert p_lower(base, new) == pytest.approx(float(theirs))


@given(few, few)
def test_lower_and_higher_together_count_the_found_way_twice(base: list[float], new: list[float]) -> None:
    """P(<=) + P(>=) is 1 + P(=), so never below 1."""
    assert p_lower(base, new) + p_lower(new, base) >= 1 - 1e-12


@pytest.mark.parametrize(("n", "p"), [(3, 0.05), (4, 0.0143), (5, 0.00397), (6, 0.00108), (8, 0.0000777)])
def test_the_smallest_p_is_one_over_the_ways(n: int, p: float) -> None:
    """All new runs below all others."""
    assert smallest_p(n, n) == pytest.approx(p, rel=5e-3)
    assert p_lower(list(range(n, 2 * n)), list(range(n))) == pytest.approx(smallest_p(n, n))


def test_few_runs_show_nothing_among_many_series() -> None:
    """Five a side among 12, six among 46; two not even alone."""
    assert [most_series(n, n) for n in (2, 3, 5, 6)] == [0, 1, 12, 46]


@given(some, some, st.sampled_from([0.8, 0.95]))
def test_the_interval_holds_the_shifts_that_the_test_does_not_reject(
    base: list[float], new: list[float], confidence: float
) -> None:
    """Just inside its ends neither side rejects; just outside one does, where there are runs enough for it."""
    differences = sorted({b - a for a in base for b in new})
    if len(differences) < len(base) * len(new) or min(np.diff(differences), default=1) < 1e-6:
        return  # ties: the interval is that of the test without them
    found, half = shift_log(base, new, confidence), (1 - confidence) / 2
    assert found.holds
    for end, outside, inside in ((found.low, -1e-9, 1e-9), (found.high, 1e-9, -1e-9)):
        if found.confidence >= confidence:
            assert _two_sided(base, new, end + outside) <= half + 1e-12
        if found.low < found.high:
            assert _two_sided(base, new, end + inside) > half or found.confidence < confidence


def _two_sided(base: list[float], new: list[float], shift: float) -> float:
    moved = [one - shift for one in new]
    return min(p_lower(base, moved), p_lower(moved, base))


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Eight a side, 95 %: the true shift is inside in the attained share of 3000 cases."""
    rng = np.random.default_rng(4)
    drawn = rng.standard_normal((3000, 2, 8)).tolist()
    found = [shift_log(base, new) for base, new in drawn]
    assert found[0].confidence == pytest.approx(0.9500, abs=0.01)
    covered = np.mean([one.low <= 0 <= one.high for one in found])
    assert covered == pytest.approx(found[0].confidence, abs=0.012)


@given(st.integers(1, 12), st.integers(1, 12), st.floats(1e-4, 0.5))
def test_the_critical_number_of_pairs_is_the_last_that_rejects(n: int, m: int, level: float) -> None:
    """With base 0 .. n - 1 and new values set so that exactly that many pairs have the new one above."""
    pairs = critical_pairs(n, m, level)
    if pairs is None:
        assert smallest_p(n, m) > level
        return
    base = [float(one) for one in range(n)]
    assert p_lower(base, _with_pairs(n, m, pairs)) <= level * (1 + 1e-9)
    if pairs < n * m:
        assert p_lower(base, _with_pairs(n, m, pairs + 1)) > level


def _with_pairs(n: int, m: int, pairs: int) -> list[float]:
    above = [min(n, max(0, pairs - n * i)) for i in range(m)]
    return [count - 0.5 + 1e-6 * i for i, count in enumerate(above)]


@pytest.mark.parametrize("bad", [[], [math.nan], [0.0] * 61, [math.inf, 1.0]])
def test_what_is_no_side_is_refused(bad: list[float]) -> None:
    """None, not finite, or more than are counted."""
    with pytest.raises(ValueError, match="finite values"):
        p_lower([1.0], bad)
    with pytest.raises(ValueError, match="finite values"):
        shift_log(bad, [1.0])


def test_sixty_a_side_are_counted() -> None:
    """The largest table: p of one value out of its place is twice the smallest."""
    base, new = list(range(60, 120)), list(range(60))
    assert p_lower(base, new) == pytest.approx(smallest_p(60, 60))
    new[-1], base[0] = 60, 59
    assert p_lower(base, new) == pytest.approx(2 * smallest_p(60, 60))
