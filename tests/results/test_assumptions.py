"""The keywords that say what is assumed."""

from __future__ import annotations

from typing import cast, get_args, get_type_hints

import pytest

from configspec.results import Assumed
from configspec.results.assumptions import read_assumed
from configspec.theory.serving.assumed import Assumed as OverRecorded
from configspec.theory.serving.keywords import QUANTITIES, SAMPLES, WORDS

NOT_OF_SERVING = {"allow_throttled", "fill"}


def test_the_keywords_are_those_of_the_command_line():
    """Each has a type, and a line in the docstring."""
    expected = {one.keyword for one in QUANTITIES} | {one.keyword for one in WORDS} | {SAMPLES}
    assert set(Assumed.__annotations__) - NOT_OF_SERVING == expected
    assert [name for name in Assumed.__annotations__ if f"  {name}: " not in str(Assumed.__doc__)] == []


def test_the_types_are_those_of_the_figures():
    """A word has its words, what is counted is whole."""
    types = get_type_hints(Assumed)
    assert {one.keyword: get_args(types[one.keyword]) for one in WORDS} == {one.keyword: one.known for one in WORDS}
    assert [one.keyword for one in QUANTITIES if one.whole != (types[one.keyword] is int)] == []


def test_each_keyword_is_its_figure():
    """In base units; samples as they are given."""
    assert read_assumed({"rtt_ms": 40, "mbps_up": 20, "vocabulary": 1000}) == OverRecorded(
        rtt_s=0.04, up_bits_per_s=20e6, vocabulary=1000
    )
    assert read_assumed({"verify_samples": [0.1, 0.3]}).verify_samples_s == (0.1, 0.3)
    assert read_assumed({"energy": "drafting+waiting"}).energy_boundary == "drafting+waiting"
    assert read_assumed({}) == OverRecorded()


@pytest.mark.parametrize("one", QUANTITIES, ids=lambda one: one.keyword)
def test_both_ends_of_a_quantity_are_taken(one):
    """And lead to assumptions, where it does not need another."""
    more = {"verify_base_s": 1.0} if one.keyword in ("verify_token_s", "verify_context_token_s") else {}
    for value in (one.least, one.most):
        given = {one.keyword: int(value) if one.whole else value, **more}
        assert read_assumed(cast(Assumed, given)) != OverRecorded()
