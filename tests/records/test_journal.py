"""The journal: what is appended is there, and a cut line loses only itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import RecordError, UsageError
from configspec.records.journal import Journal, recover

HEADER = {"machine_info": {"node": "here"}, "commit_info": {}, "datetime": "2026-01-01", "pytest_benchmark": "5.3.1"}


def write(folder: Path, count: int) -> Path:
    journal = Journal(folder / "j.jsonl", HEADER)
    for number in range(count):
        journal.append({"fullname": f"row {number}", "stats": {"data": [number]}})
    journal.close()
    return journal.path


def test_what_was_appended_is_recovered(tmp_path):
    """As a document of pytest-benchmark's shape."""
    document, unread = recover(write(tmp_path, 3))
    assert [row["fullname"] for row in document["benchmarks"]] == ["row 0", "row 1", "row 2"]
    assert document["machine_info"] == {"node": "here"}
    assert document["version"] == "5.3.1"
    assert unread == 0


@given(st.data())
def test_a_kill_loses_only_the_line_that_it_cut(tmp_path_factory, data):
    """Cut the file after any byte behind the first row: all whole lines before the cut come back."""
    path = write(tmp_path_factory.mktemp("journal"), 4)
    text = path.read_text()
    first_row_ends = text.index("\n", text.index("\n") + 1)
    cut = data.draw(st.integers(first_row_ends, len(text)))
    path.write_text(text[:cut])
    document, unread = recover(path)
    whole = text[:cut].count("\n") - 1
    assert len(document["benchmarks"]) in (whole, whole + 1)  # a line without its newline may be whole
    assert unread <= 1


def test_a_repeated_row_replaces_the_earlier_one(tmp_path):
    """A test that was run again is one row."""
    journal = Journal(tmp_path / "j.jsonl", HEADER)
    journal.append({"fullname": "a", "attempt": 1})
    journal.append({"fullname": "a", "attempt": 2})
    journal.close()
    assert recover(journal.path)[0]["benchmarks"] == [{"fullname": "a", "attempt": 2}]


def test_a_journal_without_rows_is_not_kept(tmp_path):
    """A run that measured nothing leaves no file."""
    assert not write(tmp_path, 0).exists()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "not a journal"),
        ("{}\n", "not a journal"),
        ("what\n", "not a journal"),
        ('{"configspec_journal": 2}\n', "version 2"),
        ('{"configspec_journal": 1}\n{"row": {"fu', "nothing to recover"),
    ],
)
def test_what_is_no_journal_is_told(tmp_path, text, word):
    """With the file's name."""
    path = tmp_path / "j.jsonl"
    path.write_text(text)
    with pytest.raises(RecordError, match=word):
        recover(path)


def test_a_folder_that_cannot_be_written_is_a_usage_error(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="configspec_journal"):
        Journal(tmp_path / "file" / "j.jsonl", HEADER)
