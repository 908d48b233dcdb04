"""Accepted changes and changed names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.regression.accepted import AcceptedChange, history_begins, without_effect
from configspec.regression.aliases import Alias, latest_names
from configspec.regression.metrics import ENERGY, GOODPUT
from configspec.regression.series import Measured, SeriesKey
from configspec.theory.ids import configuration_id

SERIES = SeriesKey(configuration=configuration_id("orin", "llama", "xs", "Q4_K_M", 4), metric=GOODPUT)
RUNS = [
    Measured(series=SERIES, value=1.0, setup=(), at_s=10.0 * n, night=str(n), commit=commit)
    for n, commit in enumerate(["aaaaaaaa", "bbbbbbbb", "bbbbbbbb", None])
]


def accepted(pattern: str = "*", since_s: float | None = None, commit: str | None = None) -> AcceptedChange:
    return AcceptedChange(pattern=pattern, reason="why", author="ada", since_s=since_s, commit=commit)


@pytest.mark.parametrize(
    ("pattern", "concerned"),
    [("dev:orin:-*", True), ("*/goodput", True), ("*/energy", False), ("dev:orin-nx:-*", False), ("*-K4/*", True)],
)
def test_a_pattern_is_of_the_whole_id(pattern: str, concerned: bool) -> None:
    """Of the device, of a K, of a metric."""
    assert accepted(pattern, since_s=0.0).concerns(SERIES) == concerned


def test_the_last_change_that_has_come_to_pass_begins_the_history() -> None:
    """By date or by the first run of a commit; those ahead, and of other series, do not."""
    changes = [
        accepted(since_s=5.0),
        accepted(commit="bbbbbbb"),
        accepted(since_s=99.0),
        accepted("*/energy", since_s=25.0),
        accepted(commit="ccccccc"),
    ]
    assert history_begins(SERIES, RUNS, changes) == 10.0
    assert history_begins(SERIES, RUNS, changes[:1]) == 5.0
    assert history_begins(SERIES, RUNS, []) == 0.0
    assert history_begins(SERIES, [], changes) == 0.0


def test_a_change_without_effect_is_named() -> None:
    """A mistyped pattern, an unknown commit."""
    good, typo, unknown = accepted(commit="bbbbbbb"), accepted("dev:orim:*", since_s=1.0), accepted(commit="ccccccc")
    assert without_effect([good, typo, unknown], RUNS) == (typo, unknown)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": " "}, "reason is empty"),
        ({"author": ""}, "author is empty"),
        ({"pattern": ""}, "pattern is empty"),
        ({"since_s": None}, "a date or a commit"),
        ({"commit": "abcdefg"}, "not both"),
        ({"since_s": None, "commit": "abc"}, "too short"),
        ({"since_s": float("nan")}, "no date"),
    ],
)
def test_a_change_says_what_since_when_why_and_who(fields: dict[str, str | None], words: str) -> None:
    """A file that a person wrote."""
    whole: dict[str, str | float | None] = {"pattern": "*", "reason": "why", "author": "ada", "since_s": 1.0}
    with pytest.raises(UsageError, match=words):
        AcceptedChange(**(whole | fields))  # type: ignore[arg-type]


def test_a_pattern_from_a_file_is_shown_harmless() -> None:
    """No escape sequence reaches the terminal."""
    with pytest.raises(UsageError) as caught:
        accepted("\x1b[2J")
    assert "\x1b" not in str(caught.value)


def test_names_lead_to_the_last_one() -> None:
    """Through all renamings, whatever their order."""
    found = latest_names([Alias(old="b", new="c"), Alias(old="a", new="b"), Alias(old="x", new="y")])
    assert found == {"a": "c", "b": "c", "x": "y"}


@pytest.mark.parametrize("pairs", ["ab ba", "aa", "ab bc cb", "ab bc ca dx"])
def test_a_circle_of_names_is_refused(pairs: str) -> None:
    """And shown."""
    with pytest.raises(UsageError, match="circle"):
        latest_names([Alias(old=one[0], new=one[1]) for one in pairs.split()])


def test_a_name_continues_in_one_name() -> None:
    """Said twice alike it may be."""
    assert latest_names([Alias(old="a", new="b")] * 2) == {"a": "b"}
    with pytest.raises(UsageError, match="both 'b' and 'c'"):
        latest_names([Alias(old="a", new="b"), Alias(old="a", new="c")])


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=12))
def test_no_new_name_is_an_old_one(pairs: list[tuple[int, int]]) -> None:
    """Or it is refused."""
    try:
        found = latest_names([Alias(old=str(old), new=str(new)) for old, new in pairs])
    except UsageError:
        return
    assert not set(found) & set(found.values())


def test_a_thousand_renamings_of_one_name_are_followed() -> None:
    """In a moment."""
    found = latest_names([Alias(old=str(n), new=str(n + 1)) for n in range(1000)])
    assert set(found.values()) == {"1000"}


def test_an_id_names_its_metric() -> None:
    """Two metrics of a configuration are two series."""
    assert SERIES.id == "dev:orin:-llama-xs-Q4_K_M-K4/goodput"
    assert str(SeriesKey(configuration=SERIES.configuration, metric=ENERGY)) == "orin: llama xs Q4_K_M K=4, energy"
