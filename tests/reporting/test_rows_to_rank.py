"""What of the rows is ranked."""

from __future__ import annotations

from dataclasses import replace

from example_rows import DECODED, measured_row

from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.theory.flags import flag
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
