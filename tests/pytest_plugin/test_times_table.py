"""pytest-benchmark's table: off for rows of configspec, there for whoever asks, and in the order of numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.pytest_plugin.times_table import Groups, NumberedText, in_order, without

HOST_TEST = """
    def test_host(benchmark):
        benchmark(lambda: None)
"""


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_are_compared_as_numbers(one: int, other: int):
    """K=9 before K=10; the texts around them are equal."""
    assert (NumberedText(f"K={one}]") < NumberedText(f"K={other}]")) == (one < other)


@given(st.lists(st.text(max_size=12)))
def test_every_text_has_its_place(texts: list[str]):
    """Whatever letters a test's id has: sorting ends, and twice gives the same."""
    ordered = sorted(map(NumberedText, texts))
    assert sorted(ordered) == ordered


def test_a_number_of_any_length_is_a_number():
    """Python's own refuses five thousand digits."""
    assert NumberedText("9" * 5000) < NumberedText("1" + "0" * 5000)
    assert not NumberedText("007") < NumberedText("7")


def test_groups_and_rows_stand_in_order():
    """Also rows that pytest-benchmark sorts again by their names."""
    rows = [{"name": f"t[K{k}]", "fullname": f"t.py::t[K{k}]"} for k in (10, 9, 1)]
    groups: Groups = [("K=10", list(rows)), ("K=9", []), (None, [])]
    found = in_order(groups)
    assert [name for name, _ in found] == [None, "K=9", "K=10"]
    assert [row["name"] for row in sorted(found[-1][1], key=lambda row: row["name"])] == ["t[K1]", "t[K9]", "t[K10]"]


def test_other_rows_stay():
    """And a group of which nothing is left is none."""
    groups: Groups = [("ours", [{"fullname": "a"}]), ("both", [{"fullname": "a"}, {"fullname": "b"}])]
    assert without(groups, {"a": None}) == [("both", [{"fullname": "b"}])]


@pytest.mark.real
def test_a_run_has_no_table_of_its_rows(testbed, pytester):
    """Its profiles come first; a test of the host that times something has its table as always."""
    pytester.makepyfile(test_host=HOST_TEST)
    result = pytester.runpytest("--device", "fast")
    result.assert_outcomes(passed=7)
    result.stdout.fnmatch_lines(["*benchmark: 1 tests*", "test_host*", "*configspec: what to run*"])
    result.stdout.no_fnmatch_line("*time of a round*")


@pytest.mark.real
@pytest.mark.parametrize("wish", ["--benchmark-columns=median", "--benchmark-sort=min", "--benchmark-group-by=func"])
def test_whoever_asks_for_the_table_has_it(testbed, pytester, wish):
    """By any option about how it looks, even with its default's value."""
    result = pytester.runpytest("--device", "fast", wish)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*benchmark '*", "*configspec: what to run*"])


@pytest.mark.real
@pytest.mark.parametrize("where", ["ini", "environment"])
def test_a_wish_may_stand_in_the_ini_file_or_the_environment(testbed, pytester, monkeypatch, where):
    """As pytest itself reads options."""
    if where == "ini":
        pytester.makeini("[pytest]\naddopts = --benchmark-columns=median\n")
    else:
        monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest --benchmark-columns=median")
    pytester.runpytest("--device", "fast").stdout.fnmatch_lines(["*benchmark 'fast, pair, K=1: time of a round'*"])


@pytest.mark.real
def test_the_table_is_in_the_order_of_numbers(testbed, pytester):
    """Groups by K, and rows that are sorted by name; by text 10 would stand before 2."""
    pytester.makepyfile(
        test_bench="""
        import pytest
        @pytest.mark.parametrize("k", (10, 9, 1))
        def test_host(benchmark, k):
            benchmark(lambda: None)
        """
    )
    result = pytester.runpytest("--device", "fast", "--benchmark-sort=name", "--benchmark-columns=median")
    shown = [line.split()[0] for line in result.outlines if line.startswith("test_host[")]
    assert shown == ["test_host[1]", "test_host[9]", "test_host[10]"]
