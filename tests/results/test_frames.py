"""Data frames: the same in pandas and polars, each figure with its unit, and nothing that is missing as a zero."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from weighed import paper_results

from configspec import Results
from configspec.errors import UsageError
from configspec.results.frames import columns, unit_in_a_name
from configspec.theory.objectives.registry import OBJECTIVES


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return Results.read(paper_results(tmp_path_factory.mktemp("frames") / "results.json"))


def test_both_libraries_make_the_same_frame(results):
    """Column for column and value for value."""
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    pandas, polars = results.to_dataframe("pandas"), results.to_dataframe("polars")
    assert list(pandas.columns) == polars.columns == [one.name for one in columns(OBJECTIVES)]
    for name in polars.columns:
        theirs = [
            None if value != value else value for value in pandas[name].astype(object).where(pandas[name].notna(), None)
        ]
        assert theirs == polars[name].to_list(), name


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_what_was_not_measured_is_missing(results, library):
    """The Pi 4B has no power and no energy; the whole column is one of numbers all the same."""
    pytest.importorskip(library)
    frame = results.to_dataframe(library, device="rpi4b")
    assert len(frame) == 12
    for name in ("power_w", "idle_w", "energy_j_per_token", "energy_j_per_token_low"):
        column = frame[name]
        assert column.isna().all() if library == "pandas" else column.is_null().all(), name
        assert str(column.dtype).lower() == "float64"


def test_a_row_has_the_values_of_the_ranking(results):
    """With both ends of the interval, in base units; the drafting speed's too."""
    polars = pytest.importorskip("polars")
    (standings,) = results.rank("energy", device="jetson", family="qwen*")
    best = standings.best
    frame = results.to_dataframe("polars", device="jetson", family="qwen*", k=best.configuration.k)
    row = frame.filter(polars.col("draft") == best.configuration.draft).row(0, named=True)
    assert (row["energy_j_per_token"], row["energy_j_per_token_low"], row["energy_j_per_token_high"]) == (
        best.value,
        best.low,
        best.high,
    )
    assert row["drafting_tokens_per_s"] == pytest.approx(row["k"] / row["round_s"])
    assert row["drafting_tokens_per_s_low"] <= row["drafting_tokens_per_s"] <= row["drafting_tokens_per_s_high"]
    assert row["tokens_per_round"] == pytest.approx(1 + row["k"] * row["acceptance_rate"])
    assert row["provenance"] == "derived"


def test_assumptions_are_those_that_were_asked_for(results):
    """Each row says under which it was valued."""
    frame = results.to_dataframe("polars", verify_s=0.25, bills="drafted+1", usd_per_million=2)
    assert set(frame["verify_s"]) == {0.25}
    assert (set(frame["bills"]), set(frame["usd_per_million_tokens"])) == ({"drafted+1"}, {2.0})


@pytest.mark.parametrize(
    ("library", "told"),
    [
        ("pandas", "to_dataframe needs pandas: pip install pandas."),
        ("polars", "to_dataframe needs polars: pip install polars."),
        (None, "to_dataframe needs pandas or polars: pip install pandas."),
        ("panda", "to_dataframe knows no library 'panda'. Did you mean 'pandas'?"),
        (5, "to_dataframe knows no library 5."),
    ],
)
def test_without_the_library_the_command_that_installs_it_is_named(results, library, told, monkeypatch):
    """Before anything is ranked."""
    for name in ("pandas", "polars"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError) as raised:
        results.to_dataframe(library)
    assert told in str(raised.value)


def test_the_library_that_is_there_is_taken(results, monkeypatch):
    """polars, where there is no pandas."""
    polars = pytest.importorskip("polars")
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert isinstance(results.to_dataframe(), polars.DataFrame)


@pytest.mark.parametrize(
    ("unit", "name"),
    [("tokens/s", "tokens_per_s"), ("tokens/$", "tokens_per_usd"), ("J/token", "j_per_token"), ("s", "s")],
)
def test_units_are_words_of_names(unit, name):
    """So that a column is an attribute too."""
    assert unit_in_a_name(unit) == name


def test_every_column_has_a_name_of_its_own():
    """Whatever objectives there are."""
    names = [one.name for one in columns(OBJECTIVES)]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


def test_a_path_without_rows_makes_no_empty_frame(tmp_path):
    """The error of whoever reads."""
    with pytest.raises(UsageError, match="no such file"):
        Results.read(Path(tmp_path / "none.json")).to_dataframe()
