"""The folder for what was timed: of the run that is resumed, and of no other."""

from __future__ import annotations

from pathlib import Path

from configspec.pytest_plugin.journal_folder import last_with_a_row
from configspec.pytest_plugin.visits import begin_visits, has_visits, visits_folder


def timed(journal: Path, text: str) -> None:
    folder = visits_folder(journal)
    folder.mkdir(parents=True)
    (folder / "device.jsonl").write_text(text)


def found(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.glob("*.jsonl")]


def test_a_run_begins_with_the_visits_of_the_run_that_it_resumes_and_no_others(tmp_path):
    """A journal of that name was there before, and deleted: its visits are of another night."""
    old, new = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    old.touch()
    timed(old, "old")
    timed(new, "of another night")
    assert found(begin_visits(new, old)) == ["old"]
    assert found(begin_visits(old, old)) == ["old"]  # resumed in its own place
    assert found(begin_visits(old, None)) == []


def test_visits_go_with_their_journal(tmp_path):
    """Journals are pruned; what was timed for one that is gone is of no use. Other people's files stay."""
    kept, gone, mixed = tmp_path / "1.jsonl", tmp_path / "2.jsonl", tmp_path / "3.json"
    kept.touch()
    for journal in (kept, gone, mixed):
        timed(journal, "")
    (visits_folder(mixed) / "notes.txt").touch()
    begin_visits(tmp_path / "4.jsonl", None)
    assert has_visits(kept)
    assert not visits_folder(gone).exists()
    assert [path.name for path in visits_folder(mixed).iterdir()] == ["notes.txt"]


def test_a_journal_named_otherwise_keeps_its_visits(tmp_path):
    """Whatever --journal was given."""
    named = tmp_path / "night.journal"
    named.touch()
    timed(named, "")
    begin_visits(tmp_path / "4.jsonl", None)
    assert has_visits(named)


def test_a_run_that_was_killed_before_its_first_row_is_the_last_one(tmp_path):
    """Where it has timed something; a journal of nothing is passed over."""
    rows, killed, nothing = (tmp_path / f"20261129T070000-1-00000{n}.jsonl" for n in (1, 2, 3))
    rows.write_text('{"configspec_journal":1}\n{"row":{}}\n')
    killed.write_text('{"configspec_journal":1}\n')
    nothing.write_text('{"configspec_journal":1}\n')
    assert last_with_a_row(tmp_path) == rows
    timed(killed, "timed")
    assert last_with_a_row(tmp_path) == killed
