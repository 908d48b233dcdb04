"""Rows in memory are the run that their file would be."""

from __future__ import annotations

from pathlib import Path

from run_files import BEGIN, slower_row, write_run

from configspec.histories.of_rows import part_of, run_of_rows, run_of_values
from configspec.histories.reading import read_run
from configspec.regression.metrics import GOODPUT
from configspec.regression.series import SeriesKey

ROWS = [slower_row(k, device=device) for device in ("orin", "rpi5") for k in (2, 4)]


def test_values_counts_and_choices_are_those_of_the_file(tmp_path: Path):
    """And so is what tells two files of one run."""
    file = read_run(Path(write_run(tmp_path / "r.json", *ROWS)), choices=True)
    here = run_of_rows(ROWS, source="here", at_s=BEGIN.timestamp(), commit="c" * 40)
    assert dict(here.measured) == dict(file.measured)
    assert dict(here.counted) == dict(file.counted)
    assert (here.chosen, here.night, here.at_s) == (file.chosen, file.night, file.at_s)
    assert here.figures_sha256 == file.figures_sha256


def test_no_rows_are_a_run_with_nothing_in_it():
    """As where a board was lost."""
    run = run_of_rows([], source="here", at_s=BEGIN.timestamp())
    assert (dict(run.measured), dict(run.counted), run.chosen) == ({}, {}, ())


def test_what_was_measured_again_is_another_run_of_the_same_night():
    """Also where its figures are equal; later, and with those series alone."""
    run = run_of_rows(ROWS, source="here", at_s=BEGIN.timestamp(), choices=False)
    key = SeriesKey(configuration=ROWS[0].id, metric=GOODPUT)
    again = [run_of_values({key: run.measured[key]}, number, run) for number in (1, 2)]
    assert len({one.sha256 for one in (run, *again)}) == 3
    assert [one.at_s for one in again] == [BEGIN.timestamp() + 1, BEGIN.timestamp() + 2]
    assert [set(one.measured) for one in again] == [{key}, {key}]
    assert {one.night for one in again} == {run.night}


def test_a_part_has_what_is_of_its_devices_and_families():
    """Values, counts and choices."""
    run = run_of_rows(ROWS, source="here", at_s=BEGIN.timestamp())
    part = part_of(run, ["rpi5"])
    assert {key.configuration.device for key in part.measured} == {"rpi5"}
    assert {key.device for key in part.counted} == {one.device for one in part.chosen} == {"rpi5"}
    assert not part_of(run, ["rpi5"], {"another"}).measured
