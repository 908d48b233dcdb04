"""A CSV file with our own header: every column is known, and no figure is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from configspec.errors import RecordError, UsageError
from configspec.records.importers.csv_cells import CsvCells
from configspec.records.importers.csv_rows import COLUMNS
from configspec.records.importers.imported import Imported
from configspec.records.importers.names import Names
from configspec.records.importers.registry import imported
from configspec.records.importers.source_text import SourceText


def read(content: str, **names: Any) -> Imported:
    return imported(CsvCells(), SourceText(Path("t.csv"), content), Names(**{"device": "d", "family": "f", **names}))


def test_a_length_is_a_rate_with_the_bonus_token():
    """1 + accepted / rounds, so the rate is (length - 1) / K."""
    (row,) = read("draft,quant,k,acceptance_length\nxs,Q8_0,4,3.0\n").acceptance
    assert row.rate.value == 0.5
    assert (row.rate.low, row.rate.high) == (0, 1)


def test_bounds_are_taken_and_their_lack_is_told():
    """An acceptance without bounds is from 0 to 1; a speed without them is its value, with a note."""
    speed, rate = (f"{name}_low,{name}_high" for name in ("drafting", "acceptance"))
    text = f"draft,quant,k,drafting_tokens_per_s,{speed},acceptance_rate,{rate}\n"
    found = read(text + "xs,Q8_0,4,30,29,31,0.5,0.4,0.6\n")
    assert found.speeds[0].drafting_tokens_per_s is not None
    assert (found.speeds[0].drafting_tokens_per_s.low, found.acceptance[0].rate.high) == (29, 0.6)
    assert not found.speeds[0].warnings
    assert not found.acceptance[0].warnings
    bare = read(text + "xs,Q8_0,4,30,,,0.5,,\n")
    assert "nobody knows" in bare.speeds[0].warnings[0]
    assert "nobody knows" in bare.acceptance[0].warnings[0]


def test_names_come_from_columns_or_options_but_not_from_both():
    """A row of another device than the option says is no figure of it."""
    text = "device,draft,quant,drafting_tokens_per_s\nrpi5,xs,Q8_0,3\n"
    assert read(text, device=None).speeds[0].device == "rpi5"
    with pytest.raises(UsageError, match="line 2: device is 'rpi5', and --device d"):
        read(text)
    with pytest.raises(RecordError, match="line 2: no device is given"):
        read("draft,quant,drafting_tokens_per_s\nxs,Q8_0,3\n", device=None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("draft,quant,tokens_per_s\nxs,Q8_0,3\n", r"line 1: the column 'tokens_per_s' is not known. Did you mean"),
        ("draft;quant;k\nxs;Q8_0;3\n", "semicolons"),
        ("draft,quant,k,acceptance_rate\nxs,Q8_0,4,0,5\n", r"line 2: the row has 5 values.*decimal comma"),
        ('draft,quant,k,acceptance_rate\nxs,Q8_0,4,"0,5"\n', r"acceptance_rate is '0,5'; .*decimal point"),
        ("draft,quant,k,acceptance_rate\nxs,Q8_0,4,55\n", "from 0 to 1"),
        ("draft,quant,k,acceptance_rate\nxs,Q8_0,4,nan\n", "from 0 to 1"),
        ("draft,quant,k,acceptance_rate\nxs,Q8_0,,0.5\n", "k is needed here"),
        ("draft,quant,k,acceptance_rate\nxs,Q8_0,2.5,0.5\n", "k is needed here, a whole number"),
        ("draft,quant,k,acceptance_length\nxs,Q8_0,2,4.5\n", "at most 3"),
        ("draft,quant,k,acceptance_rate,acceptance_length\nxs,Q8_0,2,0.5,2\n", "one of them is enough"),
        ("draft,quant,drafting_tokens_per_s,drafting_low\nxs,Q8_0,3,4\n", "drafting_low is above"),
        ("draft,quant,drafting_tokens_per_s,drafting_low\nxs,Q8_0,,4\n", "is given without drafting_tokens_per_s"),
        ("draft,quant,k\nxs,Q8_0,4\n", "the row has no figure"),
        ("draft,quant,k\n", "a header and no row"),
        ("draft,quant,draft\n", "twice"),
        ("draft,quant,drafting_tokens_per_s\nxs,Q8_0,3\nxs,Q8_0,4\n", "two speeds"),
        ("draft,quant,k,verify_s\nxs,Q8_0,3,1\ns,Q8_0,3,2\n", "two times of verification"),
        ('draft,quant,note\nxs,Q8_0,"open\n', "it is no CSV"),
        ("draft,quant,drafting_tokens_per_s\n\0,Q8_0,3\n", "a name has 1 to 200 letters|line 2"),
    ],
)
def test_what_cannot_be_is_told(content: str, words: str):
    """With line and column."""
    with pytest.raises(RecordError, match=words):
        read(content)


def test_figures_of_a_cell_may_be_repeated_in_the_rows_of_its_k():
    """As a spreadsheet has them; they are one speed, and a time for each K."""
    found = read("draft,quant,k,drafting_tokens_per_s,acceptance_rate,verify_s\nxs,Q8_0,2,9,0.7,1\nxs,Q8_0,4,9,0.6,2\n")
    assert (len(found.speeds), len(found.acceptance), len(found.verification)) == (1, 2, 2)


def test_every_column_is_documented():
    """With its meaning, in the order of the program."""
    page = (Path(__file__).parents[3] / "docs" / "importing.md").read_text(encoding="utf-8")
    table = page.partition("<!-- columns -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    assert table == [f"| `{name}` | {meaning} |" for name, meaning in COLUMNS.items()]
