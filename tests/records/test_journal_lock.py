"""Who has a journal: its writer alone, readers together, and nobody deletes what one of them has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.records.journal import Journal
from configspec.records.journal_lock import hold_journal, is_being_written, remove_unused


def test_runs_may_resume_one_journal_together(tmp_path):
    """And none of them is its writer."""
    path = tmp_path / "j.jsonl"
    path.write_text("")
    first, second = hold_journal(path, alone=False), hold_journal(path, alone=False)
    assert first is not None
    assert second is not None
    assert not is_being_written(path)
    assert not remove_unused(path)
    first.close()
    assert not remove_unused(path)
    second.close()
    assert remove_unused(path)


@pytest.mark.parametrize("second_alone", [True, False])
def test_one_run_goes_on_in_a_file_alone(tmp_path, second_alone):
    """Whoever comes second is told to wait: else it would replace the rows of the first."""
    path = tmp_path / "j.jsonl"
    path.write_text("")
    first = hold_journal(path, alone=True)
    with pytest.raises(UsageError, match="another run has it"):
        hold_journal(path, alone=second_alone)
    assert first is not None
    first.close()


def test_a_journal_that_is_written_is_not_deleted(tmp_path):
    """Nor held by another."""
    journal = Journal(tmp_path / "j.jsonl", {})
    journal.append({"fullname": "a"})
    assert not remove_unused(journal.path)
    with pytest.raises(UsageError, match="another run has it"):
        hold_journal(journal.path, alone=False)
    journal.close()
    assert remove_unused(journal.path)


def test_what_is_no_regular_file_is_nobodys(tmp_path):
    """Nobody waits at a FIFO, and it is left alone; a missing file is not held."""
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, tmp_path / "missing", Path("/dev/full")):
        assert not is_being_written(path)
        assert hold_journal(path, alone=False) is None
        assert not remove_unused(path)
