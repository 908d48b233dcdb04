"""What of the rows is ranked."""

from __future__ import annotations

from dataclasses import replace

from example_rows import DECODED, measured_row, whole_row

from configspec.records.codec import from_record, to_record
from configspec.reporting.rows_to_rank import ranked_row, rows_to_rank
from configspec.theory.flags import flag
from configspec.theory.ids import Setting
from configspec.theory.serving.assumptions import Serving

PROFILED = measured_row(4)
DECODED_TOO = replace(measured_row(4, end_to_end=DECODED), flags=(flag("spread", "end_to_end"),))


def test_a_row_of_real_decoding_does_not_replace_the_profiled_one() -> None:
    """What is doubtful of the decoding is not told as a doubt about the profile."""
    pairs = rows_to_rank([PROFILED, DECODED_TOO])
    assert {configuration for configuration, _ in pairs} == {PROFILED.configuration}


def test_a_row_of_real_decoding_stands_in_where_there_is_no_other() -> None:
    """Its profile is whole."""
    assert rows_to_rank([DECODED_TOO]) == ((DECODED_TOO.configuration, DECODED_TOO.serving),)


def test_a_later_profile_replaces_an_earlier_one() -> None:
    """And each row brings the assumptions that it was recorded with."""
    again = replace(PROFILED, flags=(flag("other_tokens", rounds=1),), serving=Serving(verify_s=0.1))
    assert rows_to_rank([PROFILED, again])[-1] == (again.configuration, again.serving)


def test_rows_of_one_prompt_set_hold_its_categories_once() -> None:
    """Thousands of rows would each hold hundreds of them."""
    taken = ranked_row()
    one, other = (taken(from_record(to_record(whole_row(k)), "r")) for k in (2, 4))
    assert one.configuration.acceptance.categories == (("code", 16), ("prose", 8))
    assert other.configuration.acceptance.categories is one.configuration.acceptance.categories


def test_rows_of_one_cell_hold_it_once() -> None:
    """Its names and settings make it: another value of a setting is another cell."""
    taken = ranked_row()
    rows = [measured_row(1), from_record(to_record(measured_row(2)), "again")]
    one, again = (taken(row) for row in rows)
    assert one.id.cell is again.id.cell
    other = taken(replace(rows[0], settings={"threads": "2"}))
    assert other.id.cell == replace(one.id.cell, settings=(Setting("threads", "2"),)) != one.id.cell
