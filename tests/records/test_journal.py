"""The journal: what is appended is there, and a cut line loses only itself."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.errors import RecordError, UsageError
from configspec.records.journal import Journal, index_journal, row_digest
from configspec.records.journal_lock import is_being_written
from configspec.records.left_out import LeftOutList
from configspec.records.opening import open_rows
from configspec.records.plain import dumps

HEADER = {"machine_info": {"node": "here"}, "commit_info": {}, "datetime": "2026-01-01", "pytest_benchmark": "5.3.1"}


def write(folder: Path, count: int) -> Path:
    journal = Journal(folder / "j.jsonl", HEADER)
    for number in range(count):
        journal.append({"fullname": f"row {number}", "stats": {"data": [number]}})
    journal.close()
    return journal.path


def names(path: Path) -> list[object]:
    return [row["fullname"] for row in open_rows(path).raw_rows()]


def test_what_was_appended_is_read_back(tmp_path):
    """Rows in their order, and the head of a results file."""
    file = open_rows(write(tmp_path, 3))
    assert [row["fullname"] for row in file.raw_rows()] == ["row 0", "row 1", "row 2"]
    assert file.head["machine_info"] == {"node": "here"}
    assert file.head["version"] == "5.3.1"
    assert [entry.fullname for entry in file.entries()] == ["row 0", "row 1", "row 2"]


@given(st.data())
def test_a_kill_loses_only_the_line_that_it_cut(tmp_path_factory, data):
    """Cut the file after any byte behind the first row: all whole lines before the cut come back."""
    path = write(tmp_path_factory.mktemp("journal"), 4)
    text = path.read_text()
    first_row_ends = text.index("\n", text.index("\n") + 1)
    cut = data.draw(st.integers(first_row_ends, len(text)))
    path.write_text(text[:cut])
    whole = text[:cut].count("\n") - 1
    assert len(names(path)) in (whole, whole + 1)  # a line without its newline may be whole
    index = index_journal(path)
    assert not index.damaged
    assert index.cut <= 1


def test_a_full_disk_leaves_no_damage(tmp_path):
    """The row that does not fit is not there, not even half of it; when there is room again, the next one is."""
    journal = Journal(tmp_path / "j.jsonl", HEADER)
    journal.append({"fullname": "before"})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 1000, hard))
    try:
        with pytest.raises(OSError, match="large"):
            journal.append({"fullname": "large", "data": "x" * 100_000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(journal.path) == ["before"]
    journal.append({"fullname": "after"})
    journal.close()
    assert names(journal.path) == ["before", "after"]
    assert index_journal(journal.path).damaged == ()


def test_a_row_behind_half_a_line_is_whole(tmp_path):
    """Where the disk was so full that what an attempt had written could not be cut off again."""
    journal = Journal(tmp_path / "j.jsonl", HEADER)
    journal.append({"fullname": "before"})
    with journal.path.open("ab") as file:
        file.write(b'{"row":{"fulln')
    journal.append({"fullname": "after"})
    journal.close()
    assert names(journal.path) == ["before", "after"]
    assert index_journal(journal.path).damaged == ()


@settings(max_examples=25)  # each waits for the disk
@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text() | st.floats()), max_size=5))
def test_what_is_on_the_disk_is_read_back(tmp_path_factory, values):
    """The digests of exactly the rows that were written, whatever is in them."""
    journal = Journal(tmp_path_factory.mktemp("journal") / "j.jsonl", HEADER, earlier=[{"fullname": "earlier"}])
    rows: list[dict[str, object]] = [{"fullname": "row", "extra_info": value} for value in values]
    for row in rows:
        journal.append(row)
    journal.drop("another", "it changed")
    wanted = {row_digest(dumps(row).encode()) for row in [{"fullname": "earlier"}, *rows]}
    assert journal.digests_on_disk() == wanted
    journal.close()


@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda path: os.truncate(path, 0), lambda path: os.truncate(path, 200)]
)
def test_a_journal_that_others_damaged_is_not_believed(tmp_path, damage):
    """Deleted, emptied, cut: what is gone is not counted, and the rows that follow are not lost by it."""
    journal = Journal(tmp_path / "j.jsonl", HEADER)
    journal.append({"fullname": "a", "data": "x" * 500})
    damage(journal.path)
    assert journal.digests_on_disk() == frozenset()
    journal.append({"fullname": "b"})
    journal.close()


def test_of_two_runs_that_name_one_journal_the_second_is_told(tmp_path):
    """Though there was none when it looked."""
    first = Journal(tmp_path / "j.jsonl", HEADER)
    first.append({"fullname": "a"})
    with pytest.raises(UsageError, match="already exists"):
        Journal(tmp_path / "j.jsonl", HEADER)
    assert names(first.path) == ["a"]
    assert list(tmp_path.iterdir()) == [first.path]
    first.close()


def test_a_repeated_row_replaces_the_earlier_one(tmp_path):
    """A test that was run again is one row."""
    journal = Journal(tmp_path / "j.jsonl", HEADER)
    journal.append({"fullname": "a", "attempt": 1})
    journal.append({"fullname": "a", "attempt": 2})
    journal.close()
    assert list(open_rows(journal.path).raw_rows()) == [{"fullname": "a", "attempt": 2}]


def test_a_journal_begins_with_the_rows_that_it_goes_on_from(tmp_path):
    """Those are on the disk before the first new one; one that was dropped is not there, unless measured anew."""
    earlier = [{"fullname": name, "attempt": 1} for name in "abc"]
    journal = Journal(tmp_path / "j.jsonl", HEADER, earlier=earlier)
    assert names(journal.path) == ["a", "b", "c"]
    journal.drop("a", "another board")
    journal.drop("b", "another board")
    journal.append({"fullname": "b", "attempt": 2})
    journal.close()
    assert list(open_rows(journal.path).raw_rows()) == [earlier[2], {"fullname": "b", "attempt": 2}]


def test_an_existing_file_is_replaced_only_when_asked(tmp_path):
    """By a whole file, never by half of one."""
    path = write(tmp_path, 2)
    with pytest.raises(UsageError, match="already exists"):
        Journal(path, HEADER)
    rows = list(open_rows(path).raw_rows())
    Journal(path, HEADER, earlier=iter(rows), replace=True).close()
    assert names(path) == ["row 0", "row 1"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_journal_is_locked_while_it_is_written(tmp_path):
    """And by nobody afterwards."""
    journal = Journal(tmp_path / "j.jsonl", HEADER)
    journal.append({"fullname": "a"})
    assert is_being_written(journal.path)
    journal.close()
    assert not is_being_written(journal.path)


def test_a_journal_without_rows_is_not_kept(tmp_path):
    """A run that measured nothing leaves no file."""
    assert not write(tmp_path, 0).exists()


def test_a_row_that_is_no_json_is_made_some(tmp_path):
    """A test's own NaN must not end the run."""
    journal = Journal(tmp_path / "j.jsonl", HEADER)
    journal.append({"fullname": "a", "x": [float("nan"), tmp_path, (1, {2: 3})]})
    journal.close()
    (row,) = open_rows(journal.path).raw_rows()
    assert row["x"] == [None, str(tmp_path), [1, {"2": 3}]]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("{}\n", "neither a journal nor a file of pytest-benchmark"),
        ("what\n", "not JSON"),
        ('{"configspec_journal": 2}\n', "version 2"),
        ('{"configspec_journal": ', "its first line is not a header"),
        ('{"configspec_journal": 1}\n{"row": {"fu', "nothing to recover"),
        ('{"configspec_journal": 1}\n{"row": {"fu\n{"row": {"fullname": "a"}}\n', "line 2 of the journal is damaged"),
    ],
)
def test_what_is_no_journal_is_told(tmp_path, text, word):
    """With the file's name."""
    path = tmp_path / "j.jsonl"
    path.write_text(text)
    with pytest.raises(RecordError, match=word) as told:
        open_rows(path)
    assert str(path) in str(told.value)


def test_a_damaged_journal_can_be_salvaged(tmp_path):
    """What can be read of it, with the number of lines that cannot."""
    path = write(tmp_path, 3)
    lines = path.read_text().splitlines()
    lines[2] = lines[2][:10]
    path.write_text("\n".join([*lines, json.dumps({"other": 1}), '{"row"']))
    left_out = LeftOutList()
    file = open_rows(path, left_out)
    assert [row["fullname"] for row in file.raw_rows()] == ["row 0", "row 2"]
    assert file.index is not None
    assert (file.index.damaged, file.index.cut, file.unread) == ((3, 5), 1, 3)
    assert [(one.entry, one.why[:20]) for one in left_out.named] == [
        ("line 3", "it is damaged: Inval"),
        ("line 5", "it holds neither a r"),
        ("line 6", "it is cut short, as "),
    ]


def test_a_folder_that_cannot_be_written_is_a_usage_error(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="configspec_journal"):
        Journal(tmp_path / "file" / "j.jsonl", HEADER)


def test_nobody_writes_a_pipe(tmp_path):
    """To look whether a journal is being written does not wait for a pipe's other end."""
    os.mkfifo(tmp_path / "j.jsonl")
    assert not is_being_written(tmp_path / "j.jsonl")


def test_a_header_of_version_true_is_none(tmp_path):
    """True is not 1."""
    (tmp_path / "j.jsonl").write_text('{"configspec_journal": true}\n{"row": {"fullname": "a"}}\n')
    with pytest.raises(RecordError, match="a journal of version True"):
        open_rows(tmp_path / "j.jsonl")
