"""Speculative k_range as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.testbed.k_range import check_held, parse_k
from configspec.theory.ids import MAX_K

ks = st.integers(min_value=1, max_value=MAX_K)


@settings(deadline=None)
@given(st.lists(ks, min_size=1))
def test_a_list_and_its_text_mean_the_same(numbers: list[int]) -> None:
    """Whichever way it is written, each length comes once, ascending."""
    expected = tuple(sorted(set(numbers)))
    assert parse_k(numbers) == expected
    assert parse_k(",".join(map(str, numbers))) == expected
    assert parse_k([str(number) for number in numbers]) == expected


@settings(deadline=None)
@given(ks, ks)
def test_a_range_holds_both_its_ends(first: int, last: int) -> None:
    """`2..4` is 2, 3 and 4; backwards it is an error that says how to write it."""
    if first <= last:
        assert parse_k(f"{first}..{last}") == tuple(range(first, last + 1))
    else:
        with pytest.raises(UsageError, match=rf"Write {last}\.\.{first}\."):
            parse_k(f"{first}..{last}")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2..10", (2, 3, 4, 5, 6, 7, 8, 9, 10)),
        ("4", (4,)),
        (4, (4,)),
        ("1,2,4", (1, 2, 4)),
        (" 1 .. 3 , 8 ", (1, 2, 3, 8)),
    ],
)
def test_the_forms_of_the_manual(written: str | int, expected: tuple[int, ...]) -> None:
    """The forms that docs/inventory.md names, spaces included."""
    assert parse_k(written) == expected


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("0", "--k is '0', but a round drafts at least 1 token. Begin at 1."),
        (-2, "--k is -2, but a round drafts at least 1 token. Begin at 1."),
        ("3..1", "--k is '3..1', whose range runs backwards. Write 1..3."),
        ("1..1000000", "--k is '1..1000000', but configspec measures no K above 256. Write a smaller one."),
        ("many", "--k is 'many', and 'many' is not a speculative length. Write one number, a range or several"),
        ("1,,2", "--k is '1,,2', and '' is not a speculative length."),
        ("1..", "--k is '1..', and '1..' is not a speculative length."),
        ("1.5", "--k is '1.5', and '1.5' is not a speculative length."),
        ([], "--k is empty. Write one number"),
        ("", "--k is '', and '' is not a speculative length."),
        ([1.5], "--k is [1.5], which is not a speculative length."),
        (True, "--k is True, which is not a speculative length."),
        ("٣", "--k is '٣', and '٣' is not a speculative length."),
    ],
)
def test_what_is_no_length_is_refused(written: object, told: str) -> None:
    """The message begins with the flag or key, says what was found, and what would do."""
    with pytest.raises(UsageError) as error:
        parse_k(written, where="--k")  # type: ignore[arg-type]
    assert str(error.value).startswith(told)


@given(st.lists(ks, min_size=1), st.sets(ks))
def test_lengths_named_by_themselves_are_held_or_an_error_names_them(named: list[int], held: set[int]) -> None:
    """All that are missing, ascending, each once, and what there is."""
    missing = sorted(set(named) - held)
    if not missing:
        check_held(", ".join(map(str, named)), held, where="--k")
        return
    with pytest.raises(UsageError) as error:
        check_held(",".join(map(str, named)), held, where="--k")
    assert f"names K {', '.join(map(str, missing))}, and" in str(error.value)


@given(ks, ks, st.sets(ks))
def test_a_range_is_whatever_of_it_is_held(first: int, last: int, held: set[int]) -> None:
    """2..10 over data that ends at 8 asks for 2 to 8."""
    check_held(f"{min(first, last)}..{max(first, last)}", held, where="--k")


@settings(deadline=None)
@given(st.text(alphabet="0123456789.,- x", max_size=12))
def test_any_text_is_lengths_or_an_error(written: str) -> None:
    """Whatever is typed, it is ascending k_range in bounds, or a UsageError."""
    try:
        found = parse_k(written)
    except UsageError:
        return
    assert found
    assert list(found) == sorted(set(found))
    assert found[0] >= 1
    assert found[-1] <= MAX_K
