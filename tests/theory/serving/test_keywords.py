"""What a person may assume of the serving."""

from __future__ import annotations

from dataclasses import fields

import pytest

from configspec.errors import UsageError
from configspec.theory.serving.assumed import Assumed
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.keywords import QUANTITIES, SAMPLES, WORDS, assumed_of, check_assumed
from configspec.theory.serving.verification import LinearSeconds

OF_LAW = {one.name for one in fields(LinearSeconds)}


def test_every_figure_has_a_keyword():
    """But that verification is measured: what was measured is recorded."""
    figures = [one.figure for one in QUANTITIES] + [one.figure for one in WORDS]
    assert len(set(figures)) == len(figures)
    assert set(figures) - OF_LAW == {one.name for one in fields(Assumed)} - {
        "verify",
        "verify_linear",
        "verify_samples_s",
    }
    assert set(figures) >= OF_LAW


def test_what_is_said_is_in_base_units():
    """Milliseconds are seconds, megabits bits, and a count is whole."""
    found = assumed_of({"rtt_ms": 40.0, "mbps_down": 2.0, "vocabulary": 5.0, "bills": "drafted+1"}, str)
    assert found == Assumed(rtt_s=0.04, down_bits_per_s=2e6, vocabulary=5, bills="drafted+1")


def test_a_linear_law_is_one_figure():
    """Of the base, and what comes on top."""
    found = assumed_of({"verify_base_s": 0.1, "verify_token_s": 0.01}, str)
    assert found.verify_linear == LinearSeconds(base_s=0.1, s_per_token=0.01)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"verify_s": 1.0, "verify_base_s": 1.0}, "VERIFY_S and VERIFY_BASE_S each say how long verification takes."),
        ({"verify_base_s": 1.0, SAMPLES: (0.1,)}, "VERIFY_BASE_S and VERIFY_SAMPLES each say"),
        ({"verify_token_s": 1.0}, "VERIFY_TOKEN_S comes on top of VERIFY_BASE_S"),
        ({"verify_context_token_s": 1.0}, "VERIFY_CONTEXT_TOKEN_S comes on top of VERIFY_BASE_S"),
    ],
)
def test_two_laws_are_told_as_their_reader_writes_them(said, told):
    """Which an option is, or a keyword."""
    with pytest.raises(UsageError) as raised:
        assumed_of(said, str.upper)
    assert told in str(raised.value)


def test_what_does_not_hold_over_a_row_is_told():
    """With the keyword of the figure that is missing."""
    with pytest.raises(UsageError, match=r"what is assumed bills 'input\+output', which needs USD_PER_MILLION_INPUT\."):
        check_assumed(Assumed(bills="input+output"), [Serving()], str.upper)
    hidden = Serving(verify="measured", verify_s=0.4, verify_s_by_k=((2, 0.4),))
    with pytest.raises(UsageError, match="Give VERIFY_S too"):
        check_assumed(Assumed(rtt_s=0.1), [Serving(), hidden], str.upper)
    check_assumed(Assumed(rtt_s=0.1, verify_s=0.2), [Serving(), hidden], str.upper)
