"""What alternating pairs of figures say, and how the table says it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import pytest
from comparison import Line, Pair, compare, enough, table
from hypothesis import given
from hypothesis import strategies as st

speeds = st.floats(min_value=1e-3, max_value=1e6)
pair_lists = st.lists(st.builds(Pair, peer=speeds, ours=speeds, waited=st.none() | st.floats(0.0, 1.0)), min_size=1)


def _line(judged: float, *, bound: float, better: str = "higher", notes: Sequence[str] = ()) -> Line:
    return Line(
        name="drafting",
        unit="tokens/s",
        peer=10.2,
        ours=9.85,
        judged=judged,
        judged_unit="x",
        low=0.97,
        high=1.0,
        n=5,
        bound=bound,
        better="higher" if better == "higher" else "lower",
        notes=tuple(notes),
    )


@given(pair_lists)
def test_the_verdict_is_on_the_median_of_ratios_of_the_pairs_that_count(pairs: list[Pair]) -> None:
    """All pairs count, or only the quiet ones where there are enough of them."""
    quiet = [pair for pair in pairs if not pair.disturbed]
    counted = quiet if len(quiet) >= 5 else pairs
    line = compare("x", "tokens/s", pairs, least=5, at_least=0.98)
    assert line.n == len(counted)
    assert line.judged == statistics.median(pair.ours / pair.peer for pair in counted)
    assert line.low <= line.judged <= line.high


@given(pair_lists)
def test_disturbed_pairs_never_pass_without_a_word(pairs: list[Pair]) -> None:
    """A note says so whenever one ran, whether it counts or not, and only then."""
    assert bool(compare("x", "tokens/s", pairs, least=5, at_least=0.98).notes) == any(pair.disturbed for pair in pairs)


def test_a_machine_that_grows_slower_does_not_bend_the_ratio() -> None:
    """Both sides of a pair lose alike: at half of the speed in every next pair the ratio stays what it is."""
    pairs = [Pair(peer=100.0 * 0.5**turn, ours=99.0 * 0.5**turn) for turn in range(7)]
    assert compare("x", "tokens/s", pairs, least=5, at_least=0.98).judged == pytest.approx(0.99)


def test_a_figure_on_the_bound_keeps_it() -> None:
    """At least 0.98, at most 50: the bound itself is allowed, the next figure beyond it is not."""
    assert _line(0.98, bound=0.98).met
    assert not _line(0.9799, bound=0.98).met
    assert _line(50.0, bound=50.0, better="lower").met
    assert not _line(50.1, bound=50.0, better="lower").met


def test_pairs_are_taken_until_enough_are_quiet_or_patience_ends() -> None:
    """Five quiet pairs are enough; disturbed ones are taken again, up to the limit."""
    quiet, disturbed = Pair(peer=1.0, ours=1.0, waited=0.0), Pair(peer=1.0, ours=1.0, waited=0.5)
    assert enough([quiet] * 5, least=5, most=9)
    assert not enough([quiet] * 4 + [disturbed], least=5, most=9)
    assert enough([quiet] * 4 + [disturbed], least=5, most=5)


def test_pairs_of_a_machine_that_cannot_tell_count_as_quiet() -> None:
    """Without pressure figures nothing is known against a pair."""
    assert enough([Pair(peer=1.0, ours=1.0)] * 5, least=5, most=9)


def test_the_table_shows_both_sides_the_verdict_and_the_notes() -> None:
    """One row a comparison, every note below under the comparison's name."""
    shown = table("Drafting", [_line(0.985, bound=0.98, notes=["2 of 7 pairs ran beside other work"])])
    assert shown.splitlines() == [
        "Drafting",
        "                     peer            ours   judged       of runs  n       bound",
        "  drafting  10.2 tokens/s  9.850 tokens/s  0.985 x  0.970..1.000  5  >= 0.980 x  met",
        "  drafting: 2 of 7 pairs ran beside other work",
    ]
    assert "MISSED" in table("Drafting", [_line(0.97, bound=0.98)])


def test_the_json_of_a_line_holds_its_figures_and_its_verdict() -> None:
    """What is printed can be read by a program, too."""
    document = _line(0.97, bound=0.98).as_json()
    assert (document["peer"], document["ours"], document["judged"], document["met"]) == (10.2, 9.85, 0.97, False)
