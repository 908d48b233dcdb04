"""How series went, and where they changed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import BOARD
from hypothesis import given
from hypothesis import strategies as st
from made_runs import commit_of, made_rows, write_run

from configspec.histories.reading import read_run
from configspec.histories.run import Run
from configspec.histories.sources import read_sources
from configspec.histories.trend import Asked, Trend, sparkline, trends
from configspec.regression.metrics import is_usual
from configspec.theory.flags import flag
from configspec.theory.objectives.server_time import ServerTime

NIGHTS, CHANGED = 20, 12
NEWER = replace(BOARD, llama_cpp_version="0.3.37")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Run]:
    """Nights between which the board's llama.cpp was replaced, and drafting became a tenth slower."""
    luck, folder = random.Random(1), tmp_path_factory.mktemp("runs")
    for day in range(1, NIGHTS + 1):
        after = day > CHANGED
        rows = made_rows(luck.lognormvariate(0, 0.01) * (1.1 if after else 1.0), NEWER if after else BOARD)
        write_run(folder / f"{day}.json", day, rows=rows)
    return read_sources([str(folder)]).runs


def drafting(runs: Sequence[Run], **asked) -> Trend:
    return trends(runs, Asked(patterns=("*-K4/drafting",), **asked))[0]


def test_a_step_is_found_with_what_changed_there(runs: Sequence[Run]):
    """The night, the ratio, the field of the setup, and between which commits."""
    (change,) = drafting(runs).changes
    assert change.now.name == f"2026-11-{CHANGED:02d}"
    assert change.ratio == pytest.approx(1 / 1.1, rel=0.01)
    assert str(change.difference) == "device.llama_cpp_version was 0.3.36, is 0.3.37"
    assert change.commits == (commit_of(CHANGED), commit_of(CHANGED + 1))


def test_points_of_another_setup_do_not_compare(runs: Sequence[Run]):
    """Where a series had no step, its setup changed all the same."""
    (cost,) = trends(runs, Asked(patterns=("*-K4/cost",)))
    assert not cost.changes
    assert [(one.now.name, one.difference.field) for one in cost.breaks] == [
        (f"2026-11-{CHANGED:02d}", "device.llama_cpp_version")
    ]
    assert cost.comparable == NIGHTS - CHANGED


def test_every_series_has_a_trend(runs: Sequence[Run]):
    """Of the usual metrics, unless a pattern chooses; a series of one night is one point."""
    assert len(trends(runs, Asked(patterns=("*",)))) == len(runs[-1].measured)
    assert len(trends(runs, Asked())) == sum(is_usual(one.metric) for one in runs[-1].measured)
    assert {one.series.metric.name for one in trends(runs, Asked(patterns=("*/cost", "*/energy")))} == {"cost"}
    assert trends(runs, Asked(patterns=("nothing",))) == ()
    (one,) = trends(runs[:1], Asked(patterns=("*-K1/cost",)))
    assert (len(one.points), one.changes, one.breaks, one.comparable) == (1, (), (), 1)


def test_an_objective_that_waits_to_be_named_has_a_trend_where_it_is(runs: Sequence[Run]):
    """By a pattern, or beside the usual ones; without either it is no line of a history."""
    name = ServerTime().name

    def metrics(asked: Asked) -> set[str]:
        return {one.series.metric.name for one in trends(runs, asked)}

    assert name not in metrics(Asked())
    assert metrics(Asked(patterns=(f"*/{name}",))) == {name}
    assert metrics(Asked(more=frozenset({name}))) == {*metrics(Asked()), name}


def test_points_are_nights_commits_or_releases(runs: Sequence[Run]):
    """In the order of time; the median of their runs."""
    named = [replace(run, release="v1" if number < 5 else "v2") for number, run in enumerate(runs)]
    found = drafting(named, by="release")
    assert [(one.name, one.runs) for one in found.points] == [("v1", 5), ("v2", NIGHTS - 5)]
    values = sorted(drafting([run]).points[0].value for run in runs[:5])
    assert found.points[0].value == values[2]
    assert [one.name for one in drafting(runs, by="commit").points] == [commit_of(day)[:12] for day in range(1, 21)]
    assert [one.name for one in drafting(runs, by="release").points] == ["no release"]


def test_only_the_last_points_are_looked_at(runs: Sequence[Run]):
    """Others are not drawn, and no step into them is found."""
    found = drafting(runs, last=NIGHTS - CHANGED)
    assert len(found.points) == NIGHTS - CHANGED
    assert not found.changes


def test_a_disturbed_night_makes_no_step(tmp_path: Path):
    """It is drawn as a gap."""
    for day in range(1, 13):
        rows = made_rows(2.0 if day > 8 else 1.0 + day % 3 / 1000)
        flagged = [one.flagged(flag("throttled", what="heat", events=3)) for one in rows]
        write_run(tmp_path / f"{day}.json", day, rows=flagged if day > 8 else rows)
    found = drafting(read_sources([str(tmp_path)]).runs)
    assert not found.changes
    assert [one.disturbed for one in found.points] == [False] * 8 + [True] * 4


def test_runs_without_a_date_are_one_point_before_all(tmp_path: Path):
    """Nobody knows when they were."""
    runs = [read_run(write_run(tmp_path / f"{day}.json", day, date="never" if day < 3 else None)) for day in (1, 2, 3)]
    assert [(one.name, one.runs) for one in drafting(runs).points] == [("no date", 2), ("2026-11-02", 1)]


@given(
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=200), st.integers(1, 60)
)
def test_a_sparkline_is_as_wide_as_its_values_or_its_room(values: list[float | None], width: int):
    """Whatever they are; none of its letters is missing."""
    drawn = sparkline(values, width)
    assert len(drawn) == min(len(values), width)
    assert set(drawn) <= set("▁▂▃▄▅▆▇█·")
