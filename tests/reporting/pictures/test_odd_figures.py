"""Pictures of odd figures: none fails, and none draws what is not there."""

from __future__ import annotations

import math
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from drawn import made_checked, made_trace, made_trends, material_of, paper_rows
from example_rows import measured_row
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_runs import configuration, goodput, made_run

from configspec.histories.judging import Checked
from configspec.histories.trend import Asked, trends
from configspec.regression.metrics import DRAFTING
from configspec.regression.states import Verdict, outcome
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import NoPicture, Picture, pictures_of
from configspec.reporting.pictures.registry import KINDS, kind
from configspec.reporting.pictures.standalone import svg_file

COORDINATES = ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height")


def drawn(name: str, material: Material) -> list[Picture]:
    """The pictures of a kind, each looked at: it is XML, and every place in it is a finite number."""
    found = [one for one in pictures_of(kind(name), material) if isinstance(one, Picture)]
    for one in found:
        for element in ElementTree.fromstring(svg_file(one).encode()).iter():
            assert all(math.isfinite(float(element.get(key, "0"))) for key in COORDINATES)
    return found


def why(name: str, material: Material) -> str:
    """Why there is no picture."""
    return "; ".join(one.why for one in pictures_of(kind(name), material) if isinstance(one, NoPicture))


def compared(**values: object) -> Material:
    """One verdict with these values."""
    verdict = Verdict(series=goodput(), state="PASS", reason="made up", **values)  # type: ignore[arg-type]
    return Material(checked=Checked(outcome=outcome([verdict])))


def test_a_forest_is_of_the_metrics_that_are_asked_for():
    """All of them where nobody asks; and why there is none of one that was not compared."""
    series = goodput()
    drafted = replace(series, metric=DRAFTING)
    verdicts = [Verdict(series=one, state="PASS", reason="made up", ratio=1.1) for one in (series, drafted)]
    both = Material(checked=Checked(outcome=outcome(verdicts)))
    assert [one.title for one in drawn("forest", both)] == ["New over base: goodput", "New over base: drafting"]
    (one,) = drawn("forest", replace(both, metrics=("goodput",)))
    assert one.title == "New over base: goodput"
    none = replace(both, metrics=("energy",))
    assert drawn("forest", none) == []
    assert why("forest", none) == "no series of energy has a ratio (no series)"


@pytest.mark.parametrize("ratio", [None, 0.0, -1.0, math.inf, math.nan])
def test_a_ratio_that_is_none_is_no_mark(ratio):
    """It is counted by its state."""
    assert drawn("forest", compared(ratio=ratio)) == []
    assert "no series has a ratio (1 PASS)" in why("forest", compared(ratio=ratio))


@pytest.mark.parametrize(("low", "high"), [(None, None), (0.0, math.inf), (math.nan, 1.0), (-1.0, 1.0)])
def test_an_interval_without_an_end_is_not_drawn(low, high):
    """The mark is, and the table has no interval."""
    (one,) = drawn("forest", compared(ratio=1.1, low=low, high=high))
    assert one.table.rows[0][3] == ""


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9))
def test_any_ratio_has_its_place(one, other):
    """Side by side with any other."""
    verdicts = [
        Verdict(series=goodput(k), state="PASS", reason="r", ratio=ratio, low=ratio / 2, high=ratio * 2)
        for k, ratio in ((2, one), (4, other))
    ]
    assert drawn("forest", Material(checked=Checked(outcome=outcome(verdicts))))


@settings(max_examples=40)
@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=12))
def test_any_history_is_drawn_or_told(values):
    """Of one night there is none; of equal values the band is a line."""
    runs = [made_run(day, {configuration(4): value}) for day, value in enumerate(values)]
    material = Material(trends=trends(runs, Asked(patterns=("*/goodput",))))
    assert len(drawn("history", material)) == (len(values) > 1)
    assert ("it has one point" in why("history", material)) == (len(values) == 1)


def test_a_band_needs_five_nights():
    """Of fewer nobody knows how far a night falls from its level."""
    (few,) = drawn("history", Material(trends=made_trends(4)))
    (enough,) = drawn("history", Material(trends=made_trends(12)))
    assert any("There is no band of noise" in words for words in few.words)
    assert not any("There is no band of noise" in words for words in enough.words)


def test_nights_of_one_moment_are_drawn():
    """As of files without a date."""
    runs = [made_run(0, {configuration(4): value}, night=name) for name, value in (("a", 1.0), ("b", 2.0))]
    assert drawn("history", Material(trends=trends(runs, Asked(patterns=("*/goodput",)))))


def test_what_is_had_without_speculation_in_two_ways_at_one_price_is_one_line():
    """Both are billed a token: two names in one place could not be read."""
    (cost,) = [one for one in drawn("k-curve", material_of(paper_rows()[:6])) if one.title.startswith("verification")]
    assert svg_file(cost).count("no speculation; cloud only") == 1


@pytest.mark.parametrize("verify_s", [0.0, 1e-9, 0.5, 3600.0])
def test_regimes_are_drawn_around_any_assumption(verify_s):
    """Also where verification takes no time, and the axis is the usual one."""
    rows = [replace(row, serving=replace(row.serving, verify_s=verify_s)) for row in paper_rows()[:6]]
    (one,) = drawn("regimes", material_of(rows))
    assert all(float(str(begin)) < float(str(end)) for _, begin, end, *_ in one.table.rows)


def test_one_objective_has_no_front_and_no_conflict():
    """Which is told."""
    material = material_of(paper_rows()[:6])
    alone = replace(material, groups=tuple(replace(one, rankings=one.rankings[:1]) for one in material.groups))
    assert "two objectives are needed" in why("pareto", alone)
    assert "two objectives that rank something are needed" in why("conflicts", alone)


def test_a_trace_without_parts_is_told():
    """The readings are there, and nobody says what they are of."""
    assert "no reading is in any part" in why("power", Material(traces=(replace(made_trace(), spans=()),)))


def test_many_cells_are_cut_and_counted():
    """Each picture that leaves something out says how much."""
    rows = [replace(measured_row(k), device=f"b{n}", draft=f"d{n % 9}") for n in range(40) for k in (1, 2)]
    material = material_of(rows)
    assert any("Of 40 devices 20 are drawn." in words for one in drawn("breakdown", material) for words in one.words)
    assert any("rows the first 30 are drawn" in words for one in drawn("conflicts", material) for words in one.words)


@pytest.mark.parametrize("name", [one.name for one in KINDS])
def test_a_table_is_as_long_as_what_is_drawn_says(name):
    """No picture has more rows than marks: each figure of the table is in the picture."""
    material = replace(material_of(paper_rows()), checked=made_checked(), traces=(made_trace(),), trends=made_trends())
    for one in drawn(name, material):
        titles = [
            found for found in ElementTree.fromstring(svg_file(one).encode()).iter() if found.tag.endswith("title")
        ]
        assert len(titles) - 1 >= len(one.table.rows)
