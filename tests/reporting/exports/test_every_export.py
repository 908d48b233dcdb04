"""What every export promises, for each that is listed."""

from __future__ import annotations

import pytest
from exported_series import any_series, example_rows, law, series_of_rows
from hypothesis import given

from configspec.errors import UsageError
from configspec.printable import printable_line
from configspec.reporting.exports.export import Export
from configspec.reporting.exports.parquet import Parquet
from configspec.reporting.exports.registry import EXPORTS, export

LIGHT = [one for one in EXPORTS if not isinstance(one, Parquet)]
each_text = pytest.mark.parametrize("one", [one for one in LIGHT if one.is_text], ids=lambda one: one.name)
each_light = pytest.mark.parametrize("one", LIGHT, ids=lambda one: one.name)


def contents(one: Export, series) -> dict[str, bytes]:
    return {file.name: b"".join(file.pieces) for file in one.files(series)}


def test_no_two_have_one_name():
    """As `--format` takes it."""
    assert len({one.name for one in EXPORTS}) == len(EXPORTS) == 6


def test_a_name_that_is_not_known_is_told_with_the_nearest():
    """And with all there are."""
    with pytest.raises(UsageError, match=r"Did you mean 'openmetrics'\? Known: csv, parquet, bmf"):
        export("openmetric")


@each_light
def test_what_is_listed_needs_nothing_more(one):
    """All but Parquet are made with the standard library."""
    one.check()


@each_light
@law
@given(any_series())
def test_a_form_has_one_file_or_those_that_it_names(one, series):
    """Each at most once, and none of them empty."""
    found = contents(one, series)
    assert all(found.values())
    if one.files_in_folder:
        assert found
        assert found.keys() <= set(one.files_in_folder)
    else:
        assert len(found) == 1


@each_text
@law
@given(any_series())
def test_a_text_may_go_to_a_terminal_and_into_a_log(one, series):
    """UTF-8, whole lines; nothing moves a terminal, forges a line or commands a runner."""
    for content in contents(one, series).values():
        text = content.decode()
        assert text.endswith("\n")
        for line in text[:-1].split("\n"):
            assert printable_line(line.removesuffix("\r")) == line.removesuffix("\r")


@each_text
def test_every_value_is_in_it_exactly(one):
    """Value, and where the form has room for an interval its ends; no digit is lost."""
    series = series_of_rows(*example_rows())
    text = b"".join(contents(one, series).values()).decode()
    assert [found.value for found in series if repr(found.value) not in text] == []


@each_light
def test_the_same_series_make_the_same_file(one):
    """So that files can be compared, and a cache kept."""
    first, second = (contents(one, series_of_rows(*example_rows())) for _ in range(2))
    assert first == second
