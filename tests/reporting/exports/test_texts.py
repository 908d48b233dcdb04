"""Names in files of lines: harmless, and two names stay two."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from exported_series import cells, names
from hypothesis import given
from hypothesis import strategies as st

from configspec.printable import printable_line
from configspec.reporting.exports.texts import coded, one_line, path_name, settings_name
from configspec.theory.ids import configuration_id

texts = names | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(texts)
def test_a_text_on_one_line_can_be_read_back(text):
    """So no two texts become one, and none makes a line or a command."""
    shown = one_line(text)
    assert printable_line(shown) == shown
    assert shown.encode("ascii", "backslashreplace").decode("unicode_escape") == text


@given(texts)
def test_a_coded_text_can_be_read_back(text):
    """It has letters, digits and a few signs alone."""
    assert unquote(coded(text)) == text
    assert re.fullmatch(r"[A-Za-z0-9._~+,%-]*", coded(text))


@pytest.mark.parametrize("name", ["orin-nx", "llama-3.1-70b", "Q4_K_M", "UD-Q4_K_XL"])
def test_names_of_an_inventory_come_through_as_they_are(name):
    """Nothing of them needs a change."""
    assert one_line(name) == coded(name) == name


@given(cells(), cells(), st.integers(1, 9), st.integers(1, 9))
def test_two_configurations_have_two_names(one, other, k, another_k):
    """Whatever their parts are called."""
    same = one.at(k) == other.at(another_k)
    assert (path_name(one.at(k)) == path_name(other.at(another_k))) == same


def test_dashes_in_names_do_not_make_two_configurations_one():
    """As they would if names were joined by dashes."""
    assert path_name(configuration_id("d", "a", "b-c", "q", 1)) != path_name(configuration_id("d", "a-b", "c", "q", 1))


def test_a_name_reads_as_a_path():
    """Device first, K last."""
    assert path_name(configuration_id("orin", "llama-8b", "1b", "Q4_K_M", 4)) == "orin/llama-8b/1b/Q4_K_M/K4"


@given(cells(), cells())
def test_a_long_name_is_cut_and_stays_itself(one, other):
    """It ends in a hash of the whole."""
    first, second = (path_name(cell.at(1), at_most=30) for cell in (one, other))
    assert len(first) <= 30
    assert (first == second) == (one == other)


@given(cells(), cells())
def test_settings_have_a_name_of_their_own(one, other):
    """In their order, whatever they hold."""
    assert (settings_name(one) == settings_name(other)) == (one.settings == other.settings)
