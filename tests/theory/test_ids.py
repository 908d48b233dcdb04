"""Names of what is measured: how a test's id is written, and what is read of it."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.ids import Cell, Drafter, Setting, configuration_id, device_in, setting_names, setting_values

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
configurations = st.builds(configuration_id, names, names, names, names, st.integers(1, 256))


def test_an_id_names_device_family_draft_quantisation_and_k():
    """As the documentation shows it."""
    assert configuration_id("jetson", "pair", "1b", "Q4_K_M", 4).id == "dev:jetson:-pair-1b-Q4_K_M-K4"


def test_another_algorithm_stands_in_the_id():
    """A chain, which is the usual one, does not."""
    drafter = Drafter(draft="xs", quant="Q8_0", algorithm="lookup")
    assert Cell(device="d", family="f", drafter=drafter).at(2).id == "dev:d:-f-xs-Q8_0-lookup-K2"


def test_settings_that_vary_stand_in_the_id_and_in_words():
    """Each as NAME:VALUE before the K, so that `-k threads:2-` means 2 threads and not 24."""
    drafter = Drafter(draft="xs", quant="Q8_0")
    settings = (Setting("threads", "2"), Setting("cpus", "0,2"))
    one = Cell(device="d", family="f", drafter=drafter, settings=settings).at(4)
    assert one.id == "dev:d:-f-xs-Q8_0-threads:2-cpus:0+2-K4"
    assert str(one) == "d: f xs Q8_0, threads 2, cpus 0,2 K=4"
    assert one.as_json() == ["d", "f", "xs", "Q8_0", 4, "threads 2", "cpus 0,2"]
    assert device_in(f"t.py::test[{one.id}]", ["d"]) == "d"


@given(configurations, st.lists(st.tuples(names, names), unique_by=lambda pair: pair[0]))
def test_cells_of_other_settings_are_other_cells(configuration, pairs):
    """And so are their ids; a table shows the value of each cell, and a dash where it has none."""
    settings = tuple(Setting(*pair) for pair in pairs)
    cell = dataclasses.replace(configuration.cell, settings=settings)
    assert (cell == configuration.cell) == (cell.at(1).id == configuration.cell.at(1).id) == (not settings)
    found = setting_names([configuration.cell, cell])
    assert dict(zip(found, setting_values(cell, found), strict=True)) == dict(settings)
    assert setting_values(configuration.cell, found) == ("-",) * len(settings)


@given(configurations, st.lists(names))
def test_the_device_is_read_back_from_an_id(configuration, others):
    """Whatever the other names are, and whichever other devices there are."""
    assert device_in(f"t.py::test[{configuration.id}]", [*others, configuration.device]) == configuration.device


@pytest.mark.parametrize("other", ["orin-nx", "orin.2", "ori"])
def test_a_name_that_begins_alike_is_another_device(other):
    """The second colon ends the name."""
    assert device_in(f"t.py::test[dev:{other}:-f-xs-Q8_0-K1]", ["orin"]) is None


@given(configurations)
def test_a_cell_has_its_configurations(configuration):
    """And each configuration its cell: `at` and `cell` undo each other."""
    assert configuration.cell.at(configuration.k) == configuration
    assert configuration.as_json() == [
        *(configuration.device, configuration.family, configuration.draft, configuration.quant, configuration.k)
    ]


@given(configurations, st.lists(st.tuples(names, names), unique_by=lambda pair: pair[0]))
def test_equal_names_are_found_as_one(configuration, pairs):
    """Whoever built them: an equal configuration or cell has an equal hash, settings included."""
    settings = tuple(Setting(*pair) for pair in pairs)
    one, again = (
        dataclasses.replace(configuration.cell, drafter=Drafter(draft="d", quant="q"), settings=settings)
        for _ in range(2)
    )
    assert one is not again
    assert {one: 1, one.at(3): 2} == {again: 1, again.at(3): 2}
