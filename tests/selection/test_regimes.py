"""Who wins where: exact borders against a search by brute force, the paper, and objectives that are no lines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weighed import exact, paper_groups

from configspec.selection.axes import (
    DIMENSIONS,
    Axis,
    Declared,
    Dimension,
    RoundTrip,
    VerifySeconds,
    able_everywhere,
    serving_at,
)
from configspec.selection.regimes import GRID, Terrain, bisected, line_of, place_at, regimes
from configspec.theory.figures import Number
from configspec.theory.objectives.objective import Better, FigureName, Figures, Move
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.objectives.registry import OBJECTIVES, objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

law = settings(deadline=None, max_examples=60)
GOODPUT, ENERGY = objective("goodput"), objective("energy")
WAITS = Serving(energy_boundary="drafting+waiting")
BY_K = Serving(verify="measured", verify_s_by_k=((1, 0.1), (2, 0.15), (4, 0.3), (8, 0.7)))

several = st.lists(
    st.builds(
        exact,
        st.sampled_from(["1b", "3b", "8b"]),
        st.sampled_from([1, 2, 4, 8]),
        st.floats(0.01, 1),
        st.floats(0.01, 10),
        power_w=st.floats(1, 50),
        idle_w=st.floats(0.5, 10),
    ),
    min_size=1,
    max_size=9,
    unique_by=lambda one: one.id,
)
servings = st.sampled_from([Serving(), WAITS, BY_K, replace(BY_K, energy_boundary="drafting+waiting")])


def axis(dimension: Dimension, begin: float, end: float) -> Axis:
    return Axis(dimension=dimension, begin=begin, end=end)


AXES = [axis(VerifySeconds(), 0.0, 3.0), axis(RoundTrip(), 0.0, 900.0)]
# Of each dimension a part in which it counts.
SPANS = {
    **{"verify_s": (0.0, 3.0), "rtt_ms": (0.0, 900.0), "jitter_ms": (0.0, 900.0)},
    **{"mbps_up": (1e-4, 1.0), "mbps_down": (1e-4, 1.0), "batch": (1.0, 64.0), "gpus": (0.5, 8.0)},
}
EVERY_AXIS = [axis(one, *SPANS.get(one.name, (max(one.least, 0.1), max(one.least, 0.1) + 9.0))) for one in DIMENSIONS]


@law
@given(several, st.sampled_from(OBJECTIVES), servings, st.sampled_from(AXES))
def test_who_wins_by_the_borders_wins_by_brute_force(every, by, serving, one):
    """At 300 places of the axis: its badness is the least, to rounding."""
    terrain = Terrain(configurations=tuple(every), objective=by, serving=serving)
    found = line_of(terrain, one).regimes
    assert (found[0].begin, found[-1].end) == (one.begin, one.end)
    assert all(a.end == b.begin for a, b in pairwise(found))
    for x in np.linspace(one.begin, one.end, 300).tolist():
        bad = terrain.badness_at({one.name: x})
        winner = next(it.winner for it in found if it.begin <= x <= it.end)
        assert bad[every.index(winner)] <= bad.min() * (1 + 1e-9)


@law
@given(several, st.sampled_from(OBJECTIVES), servings, st.sampled_from(EVERY_AXIS))
def test_along_every_axis_the_winner_is_that_by_brute_force_at_each_point_of_a_grid(every, by, serving, one):
    """Also where values are bent along it; a winner between two points may be missed."""
    corners = [serving_at(serving, {one.name: end}) for end in (one.begin, one.end)]
    able, _ = able_everywhere(every, by, corners)
    if not able or any(by.unavailable(corner) is not None for corner in corners):
        return
    terrain = Terrain(configurations=able, objective=by, serving=serving)

    def at(x: float) -> np.ndarray:
        return terrain.badness_at({one.name: x})

    found = regimes(at, one.begin, one.end, by_ratio=one.by_ratio)
    for x in one.values(GRID).tolist():
        winner = next(number for begin, end, number in found if begin <= x <= end)
        assert at(x)[winner] <= at(x).min() * (1 + 1e-9)


@given(st.sampled_from([one for one in EVERY_AXIS if isinstance(one.dimension, Declared)]), st.floats(0, 1))
def test_where_the_assumptions_are_on_an_axis_is_where_they_were_put(one, share):
    """In the axis' own unit."""
    value = one.begin + share * (one.end - one.begin)
    assert one.dimension.present(one.dimension.at(Serving(), value)) == pytest.approx(value)


def test_a_round_trip_comes_on_top_of_a_link_that_another_axis_declares():
    """In whatever order they are named, also where the time of another link was measured."""
    measured = replace(BY_K, link_s_by_k=((1, 0.01), (2, 0.02), (4, 0.05), (8, 0.1)))
    for serving in (Serving(), measured):
        apart = serving_at(serving, {"mbps_up": 0.001}).link_s_at(4)
        assert serving_at(serving, {"rtt_ms": 50.0, "mbps_up": 0.001}).link_s_at(4) == pytest.approx(apart + 0.05)


def test_an_axis_that_has_no_part_in_the_objective_is_told_from_one_that_has():
    """Where a request has so many tokens, goodput is what it is."""
    terrain = Terrain(configurations=(exact("1b", 2, 0.5, 1.0),), objective=GOODPUT, serving=Serving())
    assert {one.name: line_of(terrain, one).moves for one in EVERY_AXIS if one.name in ("new_tokens", "jitter_ms")} == {
        "new_tokens": False,
        "jitter_ms": True,
    }


def test_what_lacks_a_figure_somewhere_on_the_axis_is_left_out_with_the_reason():
    """Power, where a kWh has a price; and of several kinds of meter, those that do not compare with the most."""
    cost = objective("cost")
    metered = [replace(exact("1b", k, 0.5, 1.0, power_w=9.0), power_kind="ina") for k in (1, 2)]
    other = replace(exact("3b", 2, 0.5, 1.0, power_w=9.0), power_kind="plug")
    every = [*metered, other, exact("8b", 2, 0.5, 1.0, power_w=None)]
    assert able_everywhere(every, cost, [Serving()]) == (tuple(every), ())
    able, left_out = able_everywhere(every, cost, [serving_at(Serving(), {"usd_per_kwh": 0.3})])
    assert able == tuple(metered)
    assert [line.split(":")[0] for line in left_out] == ["3b Q4_K_M", "8b Q4_K_M"]
    assert "power is of another kind: plug" in left_out[0]


@law
@given(several)
def test_each_wins_in_one_interval_of_verification_at_most_and_k_only_grows_within_a_cell(every):
    """Law 3 of the paper's formulas: with more time to verify, the best K of one draft never falls."""
    one = AXES[0]
    found = line_of(Terrain(configurations=tuple(every), objective=GOODPUT, serving=Serving()), one).regimes
    winners = [it.winner.id for it in found]
    assert len(set(winners)) == len(winners)
    yields = [it.winner.k * it.winner.acceptance.rate.value for it in found]
    assert all(a <= b * (1 + 1e-9) for a, b in pairwise(yields))


@law
@given(several, st.floats(0.01, 2.5))
def test_at_a_border_both_are_equal(every, now):
    """To rounding; and the present is between its own."""
    terrain = Terrain(configurations=tuple(every), objective=GOODPUT, serving=Serving(verify_s=now))
    line = line_of(terrain, AXES[0])
    for a, b in pairwise(line.regimes):
        bad = terrain.badness_at({"verify_s": a.end})
        assert bad[every.index(a.winner)] == pytest.approx(bad[every.index(b.winner)], rel=1e-9)
    assert line.present is not None
    assert (line.present.falls_to or 0.0) <= now <= (line.present.rises_to or math.inf)
    bad = terrain.badness_at({})
    assert bad[every.index(line.present.winner)] <= bad.min() * (1 + 1e-12)


@law
@given(several)
def test_bisection_finds_the_borders_of_lines(every):
    """The way for what is bent, on what is straight. It may miss what wins between two points of its grid."""
    terrain = Terrain(configurations=tuple(every), objective=GOODPUT, serving=Serving())

    def at(x: float) -> np.ndarray:
        return terrain.badness_at({"verify_s": x})

    exactly, about = regimes(at, 0.0, 3.0), bisected(at, np.linspace(0.0, 3.0, GRID))
    wide = [one for one in exactly if one[1] - one[0] > 3 / 128]
    if len(wide) == len(exactly):
        bad = [at((a + b) / 2) for a, b, _ in about]
        assert all(it[n] <= it.min() * (1 + 1e-9) for it, (_, _, n) in zip(bad, about, strict=True))
        borders = [b for _, b, _ in exactly[:-1]]
        assert all(min(abs(b - other) for _, other, _ in about) < 1e-6 or _equal(at(b)) for b in borders)


def _equal(bad: np.ndarray) -> bool:
    """More than two meet there, so that who wins beside it is rounding."""
    return int((bad <= bad.min() * (1 + 1e-6)).sum()) > 1


@final
class Bent:
    """Lower is better, and no straight line in the time of verification."""

    name = "bent"
    heading = "bent"
    unit = "s/s"
    better: Better = "lower"
    usual = False
    boundary = "nothing that is straight"

    def moves(self, serving: Serving) -> Mapping[FigureName, Move]:
        """As its value has it."""
        return {"round_s": "rises"}

    def unavailable(self, serving: Serving) -> None:
        """Never."""

    def lacks(self, configuration: Configuration, serving: Serving) -> None:
        """Nothing."""

    def value(self, figures: Figures[Number], serving: Serving) -> Number:
        """Least where the time of verification is that of drafting."""
        return 1 + (figures.verify_s - figures.round_s) ** 2

    def plain(self, token: PlainToken, serving: Serving) -> str:
        """None."""
        return "nothing is bent"


def test_a_bent_objective_has_its_borders_found_by_bisection():
    """Parabolas about 0.5, 1 and 2 meet half way: at 0.75 and at 1.5."""
    every = tuple(exact("1b", k, 0.5, at) for k, at in ((1, 0.5), (2, 1.0), (4, 2.0)))
    found = line_of(Terrain(configurations=every, objective=Bent(), serving=Serving()), AXES[0]).regimes
    assert [one.winner.k for one in found] == [1, 2, 4]
    assert [one.end for one in found] == pytest.approx([0.75, 1.5, 3.0], abs=1e-9)


def test_the_best_k_of_the_paper_s_pi_5_grows_with_the_time_of_verification():
    """Table 2's profile, 1B: K=2, 5, 6, 8. Two lines meet at T = (d5 y6 - d6 y5) / (y5 - y6), by hand 0.316 s."""
    (group,) = (one for one in paper_groups() if (one.device, one.family) == ("rpi5", "llama-3.1-70b"))
    configurations = group.together([GOODPUT]).configurations
    terrain = Terrain(configurations=configurations, objective=GOODPUT, serving=group.serving)
    line = line_of(terrain, axis(VerifySeconds(), 0.01, 2.0))
    assert [one.winner.k for one in line.regimes] == [2, 5, 6, 8]
    five, six = (next(one for one in configurations if (one.draft, one.k) == ("1b-inst", k)) for k in (5, 6))
    (d5, y5), (d6, y6) = ((one.round_s.value, one.k * one.acceptance.rate.value + 1) for one in (five, six))
    assert line.present is not None
    assert line.present.falls_to == pytest.approx((d5 * y6 - d6 * y5) / (y5 - y6))
    assert line.present.falls_to == pytest.approx(0.316, abs=5e-4)


def test_more_watts_of_waiting_make_the_best_k_by_energy_longer():
    """0.8 ** i accepted at position i, 20 W, 5 ms a token, 0.5 s waited: K = 1, 2, 7 at 0, 0.5 and 3 W, by hand."""
    best = []
    for idle_w in (1e-9, 0.5, 3.0):
        every = tuple(
            exact("1b", k, sum(0.8**i for i in range(1, k + 1)) / k, 0.005 * k, power_w=20.0, idle_w=idle_w)
            for k in range(1, 17)
        )
        terrain = Terrain(configurations=every, objective=ENERGY, serving=WAITS)
        best.append(place_at(terrain, {}).winner.k)
    assert best == [1, 2, 7]


def test_a_longer_wait_does_the_same_as_more_watts():
    """Law: only the product of both is in the energy. 3 W for 0.5 s are 0.5 W for 3 s."""
    every = tuple(
        exact("1b", k, sum(0.8**i for i in range(1, k + 1)) / k, 0.005 * k, power_w=20.0, idle_w=0.5)
        for k in range(1, 17)
    )
    terrain = Terrain(configurations=every, objective=ENERGY, serving=WAITS)
    assert [place_at(terrain, {"verify_s": x}).winner.k for x in (0.5, 3.0)] == [2, 7]


def test_the_second_and_its_distance_are_told():
    """Goodputs 3 / 1 and 3 / 1.5 tokens/s: 1.5 times worse; alone, there is none."""
    both = (exact("fast", 4, 0.5, 0.5), exact("slow", 4, 0.5, 1.0))
    found = place_at(Terrain(configurations=both, objective=GOODPUT, serving=Serving()), {})
    assert (found.winner.draft, found.second and found.second.draft) == ("fast", "slow")
    assert found.second_times_worse == pytest.approx(1.5)
    alone = place_at(Terrain(configurations=both[:1], objective=GOODPUT, serving=Serving()), {})
    assert (alone.second, alone.second_times_worse) == (None, None)


def test_the_present_is_found_beyond_the_ends_of_the_axis():
    """0.5 s is not on an axis from 1 to 2 s: its border is told all the same, and the regimes begin at 1."""
    every = (exact("1b", 2, 0.7, 0.14), exact("1b", 8, 0.45, 0.8))
    terrain = Terrain(configurations=every, objective=GOODPUT, serving=Serving(verify_s=0.05))
    line = line_of(terrain, axis(VerifySeconds(), 1.0, 2.0))
    assert [(one.begin, one.end, one.winner.k) for one in line.regimes] == [(1.0, 2.0, 8)]
    assert line.present is not None
    assert line.present.winner.k == 2
    assert line.present.falls_to is None
    assert 0.05 < (line.present.rises_to or 0) < 1.0


def test_a_time_that_was_measured_by_k_is_nowhere_on_the_axis():
    """The round trip on top of it is; it makes every K longer."""
    assert VerifySeconds().present(BY_K) is None
    assert (
        line_of(Terrain(configurations=(exact("1b", 2, 0.5, 1.0),), objective=GOODPUT, serving=BY_K), AXES[0]).present
        is None
    )
    assert serving_at(BY_K, {"rtt_ms": 50.0}).verify_s_at(4) == pytest.approx(0.35)


def test_axes_come_on_top_of_each_other_in_one_order():
    """A time of verification takes the place of what was measured; a round trip comes on top of it."""
    for point in ({"verify_s": 0.2, "rtt_ms": 100.0}, {"rtt_ms": 100.0, "verify_s": 0.2}):
        assert serving_at(BY_K, point).verify_s_at(4) == pytest.approx(0.3)
    assert serving_at(Serving(), {"usd_per_million": 2.0}).usd_per_million_tokens == 2.0
    assert len({one.name for one in DIMENSIONS}) == len(DIMENSIONS)


@given(st.floats(0, 10), st.floats(0.1, 1000), st.integers(2, 60))
def test_an_axis_has_its_ends_and_rises(begin, span, count):
    """Also where it is divided by ratio."""
    one = axis(VerifySeconds(), begin, begin + span)
    values = one.values(count).tolist()
    assert (values[0], values[-1]) == (one.begin, one.end)
    assert all(a < b for a, b in pairwise(values))
