"""Which journal is the newest, and which may go, whatever the clock of the day shows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.pytest_plugin.journal_folder import KEPT, last_with_a_row, new_name, prune
from configspec.records.journal import Journal
from configspec.records.journal_lock import hold_journal

ANOTHER = 65534  # "nobody"
NOW = datetime(2026, 11, 24, 4, 25, 42, tzinfo=UTC)
TEXT = '{"configspec_journal":1}\n{"row":{}}\n'
clock_errors = st.lists(st.integers(-500_000, 500_000).map(lambda hours: timedelta(hours=hours)), min_size=1)


def made(folder: Path, began: datetime = NOW, text: str = TEXT) -> Path:
    with new_name(folder, began) as path:
        path.write_text(text)
    return path


def old_names(folder: Path, count: int, *, year: int = 2025) -> list[Path]:
    """Journals without a number, of an earlier configspec, from the oldest to the newest."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{year}0101T0000{second:02}-7.jsonl" for second in range(count)]
    for path in paths:
        path.write_text(TEXT)
    return paths


def journals(folder: Path) -> set[Path]:
    return set(folder.glob("*.jsonl"))


@settings(max_examples=30)
@given(clock_errors)
def test_the_last_is_the_one_that_was_made_last(tmp_path_factory, errors):
    """However the clock stepped between them, and though old ones are deleted all the while."""
    folder = tmp_path_factory.mktemp("journals")
    for error in [*errors, *errors]:
        path = made(folder, NOW + error)
        prune(folder, path)
        assert last_with_a_row(folder) == path


@pytest.mark.parametrize("year", [2025, 2099])
def test_an_old_journal_without_a_number_is_older_than_one_with(tmp_path, year):
    """Also where the clock was far ahead when they were made; the newest of them is the last until there is one."""
    old = old_names(tmp_path, 21, year=year)
    assert last_with_a_row(tmp_path) == old[-1]
    path = made(tmp_path)
    prune(tmp_path, path)
    assert last_with_a_row(tmp_path) == path
    assert path in journals(tmp_path)


def test_a_journal_without_a_finished_row_is_not_the_last(tmp_path):
    """A run that was killed at its first row leaves a header, and perhaps half a line."""
    path = made(tmp_path)
    for text in ("", '{"configspec_journal":1}\n', '{"configspec_journal":1}\n{"row":{"fu'):
        made(tmp_path, text=text)
    assert last_with_a_row(tmp_path) == path


def test_what_is_no_regular_file_is_passed_over(tmp_path):
    """Nobody waits at a FIFO that is named like a journal, and nothing of it is deleted."""
    path = made(tmp_path)
    odd = [tmp_path / f"20990101T0000{number:02}-1-{number:06}.jsonl" for number in range(50, 52)]
    os.mkfifo(odd[0])
    odd[1].mkdir()
    assert last_with_a_row(tmp_path) == path
    for _ in range(KEPT + 3):
        path = made(tmp_path)
    prune(tmp_path, path)
    assert set(odd) < journals(tmp_path)
    assert last_with_a_row(tmp_path) == path


def test_an_empty_folder_has_no_last(tmp_path):
    """Nor has one that is not there."""
    assert last_with_a_row(tmp_path) is None
    assert last_with_a_row(tmp_path / "missing") is None


def test_a_folder_that_is_none_has_no_last_and_says_so(tmp_path):
    """A file in its place is no empty folder."""
    path = tmp_path / "journals"
    assert last_with_a_row(path) is None
    path.touch()
    with pytest.raises(UsageError, match=r"journals: the folder of the journals cannot be read: Not a directory\."):
        last_with_a_row(path)


def test_a_folder_that_must_not_be_read_is_no_empty_one(tmp_path):
    """Neither is `last` another journal then, nor does a new one take a number that is taken."""
    folder = tmp_path / "journals"
    made(folder)
    folder.chmod(0o300)
    me = os.geteuid()
    os.seteuid(ANOTHER if me == 0 else me)  # root reads everything
    try:
        with pytest.raises(UsageError, match=r"cannot be read: Permission denied\. Name another"):
            last_with_a_row(folder)
        with pytest.raises(UsageError, match="journals: the journal cannot be written: Permission denied"):
            made(folder)
    finally:
        os.seteuid(me)
        folder.chmod(0o700)


def test_runs_that_begin_together_have_different_numbers(tmp_path):
    """Forty names by eight threads."""

    def one(_: int) -> str:
        return made(tmp_path).name.split("-")[-1]

    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(one, range(40)))
    assert len(numbers) == 40
    assert not list(tmp_path.glob(".*"))


def test_the_claim_of_a_killed_run_is_passed_over_and_removed(tmp_path):
    """Its number is not used; the next run tidies up."""
    (tmp_path / ".000001.claim").touch()
    path = made(tmp_path)
    assert path.name.endswith("-000002.jsonl")
    prune(tmp_path, path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    """With what would do."""
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "journals", tmp_path / "nul\0"):
        with pytest.raises(UsageError, match="configspec_journal"), new_name(folder, NOW):
            pass


def aged(folder: Path, ages: Sequence[tuple[int, int, int]]) -> list[tuple[Path, tuple[int, int, int]]]:
    """Journals with a number, a date in the name and a date of the file that may contradict each other."""
    found = []
    for place, (number, named, changed) in enumerate(ages):
        date = NOW + timedelta(hours=named)
        path = folder / f"{date:%Y%m%dT%H%M%S%f}-{place}-{number:06}.jsonl"
        path.write_text(TEXT)
        os.utime(path, ns=(0, changed))
        found.append((path, (number, named, changed)))
    return found


signs = st.tuples(st.integers(1, 99), st.integers(-9999, 9999), st.integers(0, 9999))


@settings(max_examples=30)
@given(st.lists(signs, min_size=KEPT, max_size=3 * KEPT, unique_by=lambda ages: ages[0]))
def test_what_is_deleted_is_old_by_every_sign(tmp_path_factory, ages):
    """Twenty are as new by number, twenty by the date in the name, twenty by the file's; all others stay."""
    folder = tmp_path_factory.mktemp("journals")
    found = aged(folder, ages)
    own = made(folder)
    prune(folder, own)
    left = journals(folder)
    newest = (1000, 10_000, 10_000)  # of our own
    all_ages = [*(ages for _, ages in found), newest]
    for path, ages_of_it in found:
        old = all(sum(one[sign] >= ages_of_it[sign] for one in all_ages) > KEPT for sign in range(3))
        assert path in left or old
    assert own in left
    assert len(left) <= 3 * KEPT


def test_where_the_signs_agree_twenty_are_kept(tmp_path):
    """Of journals without a number too, the newest."""
    old = old_names(tmp_path, 30)
    path = made(tmp_path)
    prune(tmp_path, path)
    assert journals(tmp_path) == {path, *old[-KEPT + 1 :]}


def test_what_a_living_run_writes_or_resumes_stays(tmp_path):
    """However old it is."""
    written = Journal(tmp_path / "20000101T000000-1.jsonl", {})
    written.append({"fullname": "a"})
    (resumed,) = old_names(tmp_path, 1, year=2001)
    held = hold_journal(resumed, alone=False)
    for path in (written.path, resumed):
        os.utime(path, ns=(0, 0))
    for _ in range(KEPT + 5):
        path = made(tmp_path)
    prune(tmp_path, path)
    assert {written.path, resumed} < journals(tmp_path)
    written.close()
    assert held is not None
    held.close()
    prune(tmp_path, path)
    assert not {written.path, resumed} & journals(tmp_path)


def test_only_beginnings_of_journals_are_tidied_up(tmp_path):
    """A results file that another run writes into this folder at this moment is not one."""
    killed, writing = tmp_path / ".a.jsonl.12345678.partial", tmp_path / ".r.json.12345678.partial"
    killed.touch()
    writing.touch()
    prune(tmp_path, made(tmp_path))
    assert not killed.exists()
    assert writing.exists()


def side_file(folder: Path, letter: str) -> Path:
    path = folder / "configspec-samples" / f"{letter * 64}.json.gz"
    path.parent.mkdir(exist_ok=True)
    path.touch()
    return path


def referring(letter: str) -> str:
    return '{"configspec_journal":1}\n{"row":{"samples":{"times":"%s"}}}\n' % (letter * 64)


def test_side_files_go_with_the_last_file_that_refers_to_them(tmp_path):
    """A journal that goes takes its own along; those of the kept ones and of results files in the folder stay."""
    (old,) = old_names(tmp_path, 1)
    old.write_text(referring("a"))
    os.utime(old, ns=(0, 0))
    (tmp_path / "r.json").write_text(referring("b"))
    gone, of_results, of_journal = (side_file(tmp_path, letter) for letter in "abc")
    for _ in range(KEPT):
        path = made(tmp_path, text=referring("c"))
    prune(tmp_path, path)
    assert not old.exists()
    assert [one.exists() for one in (gone, of_results, of_journal)] == [False, True, True]


def test_no_side_file_goes_while_another_run_measures(tmp_path):
    """It writes them before the row that refers to them."""
    (old,) = old_names(tmp_path, 1)
    os.utime(old, ns=(0, 0))
    with new_name(tmp_path, NOW) as path:
        other = Journal(path, {})
    just_measured = side_file(tmp_path, "a")
    for _ in range(KEPT):
        path = made(tmp_path)
    prune(tmp_path, path)
    assert not old.exists()
    assert just_measured.exists()
    other.close()
