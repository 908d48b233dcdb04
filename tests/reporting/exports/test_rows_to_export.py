"""From rows to series: what the figures are, and what has none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from example_rows import BOARD, DECODED, DRAFT, measured_row, whole_row
from exported_series import example_rows, series_of_rows
from made_up_objective import Silence

from configspec.records.origin import Origin
from configspec.records.row import Row
from configspec.reporting.exports.rows_to_export import exported_row, instant, series_of
from configspec.reporting.exports.series import Missing, Series, counted
from configspec.reporting.rows_to_rank import ranked_row, rows_to_rank
from configspec.selection.query import Query
from configspec.theory.figures import Estimate
from configspec.theory.flags import flag
from configspec.theory.objectives.registry import OBJECTIVES, usual

WATTS = Estimate(value=8.0, low=7.5, high=8.5, confidence=0.95, n=100)


def of(row: Row, metric: str) -> Series:
    (found,) = [one for one in series_of_rows(row) if one.metric.name == metric]
    return found


def missing(*rows: Row) -> tuple[Missing, ...]:
    taken = exported_row(None)
    return series_of([taken(row) for row in rows])[1]


def with_power(row: Row, watts: Estimate | None, reason: str | None = None) -> Row:
    return replace(row, power=replace(row.power, watts=watts, reason=reason))


def test_objectives_have_the_values_and_intervals_of_rank():
    """The same figures, whoever asks."""
    rows = [with_power(whole_row(k), WATTS) for k in (1, 2, 4)]
    ranked = ranked_row()
    rankings = Query(objectives=OBJECTIVES).answer(rows_to_rank([ranked(row) for row in rows]))
    expected = {
        (choice.configuration.id, one.objective.name): (choice.value, choice.low, choice.high)
        for one in rankings
        for choice in one.choices
    }
    names = {one.name for one in OBJECTIVES}
    found = {
        (one.id, one.metric.name): (one.value, one.low, one.high)
        for one in series_of_rows(*rows)
        if one.metric.name in names
    }
    assert found == expected
    assert {name for _, name in found} >= {one.name for one in usual()}


def test_an_objective_that_nobody_knows_is_exported():
    """Under its own name and unit; what it lacks is counted with its own reason."""
    taken = exported_row(None)
    series, without = series_of([taken(whole_row(k)) for k in (1, 2)], [Silence()])
    (silence,) = [one for one in series if one.metric.name == "silence"]
    assert (silence.metric.unit, silence.metric.better, silence.id.k) == ("s/token", "lower", 2)
    assert Missing(metric="silence", why="K=1 is never silent", count=1) in without


def test_drafting_speed_and_acceptance_are_the_records():
    """With the records' own doubt."""
    row = whole_row(4)
    speed, rate = of(row, "drafting_speed"), of(row, "acceptance_rate")
    for found, recorded in ((speed, row.drafting.tokens_per_s), (rate, row.acceptance.rate)):
        assert (found.value, found.low, found.high) == (recorded.value, recorded.low, recorded.high)
        assert (found.confidence, found.n) == (recorded.confidence, recorded.n)
        assert found.serving is None


@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_acceptance_length_is_one_more_than_accepted_per_round(k):
    """1 + accepted / rounds, as vLLM and llama.cpp print it."""
    row = whole_row(k)
    assert row.acceptance.accepted is not None
    assert row.acceptance.rounds is not None
    found = of(row, "acceptance_length")
    assert found.value == pytest.approx(1 + row.acceptance.accepted / row.acceptance.rounds)
    assert found.low <= found.value <= found.high


def test_what_was_not_metered_is_counted_with_its_reason_and_is_never_zero():
    """Energy and power, of each configuration."""
    rows = [with_power(whole_row(k), None, "no meter") for k in (2, 4)]
    assert {one.metric.name for one in series_of_rows(*rows)}.isdisjoint({"energy", "power"})
    assert {Missing(metric=name, why="no meter", count=2) for name in ("energy", "power")} <= set(missing(*rows))


def test_a_meter_that_stood_still_has_no_power():
    """0 W is no power of a device that runs."""
    still = Estimate(value=0.0, low=0.0, high=0.0, confidence=1.0, n=5)
    row = with_power(whole_row(2), still)
    assert "power" not in {one.metric.name for one in series_of_rows(row)}
    assert {one.metric for one in missing(row)} >= {"energy", "power"}


def test_real_decoding_is_a_series_beside_its_profile():
    """Its own goodput, between the slowest and the fastest repeat; the other figures are of the profiled row."""
    decoded = replace(DECODED, goodput_by_repeat_tokens_per_s=(3.0, 4.0, 6.0), repeats_s=(30.0, 25.0, 20.0))
    profiled = measured_row(2)
    series = series_of_rows(profiled, measured_row(2, end_to_end=decoded))
    (goodput,) = [one for one in series if one.metric.name == "end_to_end_goodput"]
    assert (goodput.value, goodput.low, goodput.high, goodput.n, goodput.confidence) == (4.0, 3.0, 6.0, 3, None)
    assert len(series) == len(series_of_rows(profiled)) + 1


def test_a_configuration_that_was_only_decoded_has_its_profile_too():
    """The row of decoding holds it."""
    series = series_of_rows(measured_row(2, end_to_end=DECODED))
    assert {"goodput", "drafting_speed", "end_to_end_goodput"} <= {one.metric.name for one in series}


def test_the_series_of_a_configuration_come_together():
    """As forms with a line a configuration need them."""
    ids = [one.id for one in series_of_rows(*example_rows())]
    assert len(dict.fromkeys(ids)) == 4
    assert ids == sorted(ids, key=list(dict.fromkeys(ids)).index)


@pytest.mark.parametrize(
    "told",
    [flag("throttled", what="heat", events=1), flag("clock_changed", what="mode", before="a", after="b")],
    ids=lambda one: one.code,
)
def test_what_was_measured_while_throttled_is_left_out_unless_it_is_asked_for(told):
    """As rankings leave it out: a tracker would take it for a regression."""
    rows = [whole_row(2), whole_row(4).flagged(told)]
    assert {one.id.k for one in series_of_rows(*rows)} == {2}
    assert [one.count for one in missing(*rows) if "--allow-throttled" in one.why] == [1]
    taken = exported_row(None)
    series, _ = series_of([taken(row) for row in rows], allow_throttled=True)
    assert {one.measured.flags for one in series if one.id.k == 4} == {(told.code,)}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy tells of it too
def test_a_value_that_is_not_finite_is_counted():
    """An objective of somebody else's may overflow; no file can hold that."""

    class Overflowing(Silence):  # type: ignore[misc]
        name = "overflowing"

        def value(self, figures, serving):
            return figures.k * 1e308 * 10

    taken = exported_row(None)
    series, without = series_of([taken(whole_row(2))], [Overflowing()])
    assert "overflowing" not in {one.metric.name for one in series}
    assert Missing(metric="overflowing", why="its value is not finite", count=1) in without


def test_the_setup_is_equal_where_rows_compare():
    """For each K of a cell; another number of threads is another setup."""
    two, four, other = (whole_row(2), whole_row(4), whole_row(2, draft=replace(DRAFT, threads=1)))
    setups = [of(row, "goodput").measured.setup for row in (two, four, other)]
    assert setups[0] == setups[1] != setups[2]


def test_load_and_heat_are_no_part_of_the_setup():
    """They differ in every run."""
    busy = whole_row(2, board=replace(BOARD, load_1min=9.0))
    assert of(busy, "goodput").measured.setup == of(whole_row(2), "goodput").measured.setup


def test_the_words_name_board_library_and_threads():
    """For people who look at a chart."""
    words = of(whole_row(2), "goodput").measured.setup_words
    assert words.startswith("NVIDIA Jetson Orin Nano; ")
    assert "4 threads" in words


def test_a_row_of_another_file_has_that_files_date():
    """A merged file holds nights of several dates."""
    taken = exported_row(Origin(datetime="2026-11-29T10:00:00+02:00"))
    own, merged = taken(whole_row(2)), taken(replace(whole_row(4), origin=Origin(datetime="2026-11-28T00:00:00")))
    assert own.measured_at == datetime(2026, 11, 29, 8, tzinfo=UTC)
    assert merged.measured_at == datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "yesterday", "\x1b[31m", "0001-01-01T00:00:00+23:00", "99999-01-01"])
def test_a_date_that_cannot_be_read_is_none(text):
    """It may be anything in a file."""
    assert instant(text) is None


def test_what_there_is_is_counted_in_words():
    """Of one, and of several."""
    assert counted(series_of_rows(measured_row(2))[:1]) == "1 value of 1 configuration"
    assert counted(series_of_rows(measured_row(2), measured_row(3))).endswith(" of 2 configurations")


def test_a_reason_is_shown_on_one_short_line():
    """It comes from a file."""
    told = str(Missing(metric="power", why="\x1b[31m" + "x" * 5000, count=1))
    assert told.startswith("1 configuration without power: \\x1b[31mx")
    assert len(told) < 400
