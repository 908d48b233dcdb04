"""A store only grows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made_runs import made_rows, write_run

from configspec.errors import UsageError
from configspec.histories.reading import read_run
from configspec.histories.store import add_run


def test_a_run_stands_by_its_date(tmp_path: Path):
    """Year, month, day with the time, and the hash of its figures."""
    run = read_run(write_run(tmp_path / "one.json", 3))
    added = add_run(tmp_path / "store", run)
    assert added.new
    assert added.path.relative_to(tmp_path) == Path(f"store/2026/11/03-030000-{run.figures_sha256[:8]}.json.gz")
    assert read_run(added.path, source=run.source) == run


def test_the_same_run_is_not_added_twice(tmp_path: Path):
    """Nor under another name, nor from a copy that another tool has laid out; the file stays as it is."""
    run = read_run(write_run(tmp_path / "one.json", 3))
    first = add_run(tmp_path / "store", run)
    before = first.path.read_bytes()
    again = add_run(tmp_path / "store", replace(run, source="copy", sha256="0c" * 32, at_s=7.0))
    assert not again.new
    assert again.path == first.path
    assert first.path.read_bytes() == before
    assert len(list((tmp_path / "store").rglob("*.gz"))) == 1


def test_another_run_of_the_same_moment_stands_beside(tmp_path: Path):
    """Nothing is replaced, even where a damaged file has its name."""
    run = read_run(write_run(tmp_path / "one.json", 3))
    first = add_run(tmp_path / "store", run)
    first.path.write_bytes(b"damaged")
    again = add_run(tmp_path / "store", run)
    assert again.new
    assert again.path != first.path
    other = read_run(write_run(tmp_path / "two.json", 3, rows=made_rows(1.5)))
    assert add_run(tmp_path / "store", other).new
    assert first.path.read_bytes() == b"damaged"


def test_a_run_without_a_date_is_kept_too(tmp_path: Path):
    """In a folder of its own."""
    run = read_run(write_run(tmp_path / "one.json", 3, date="soon"))
    assert add_run(tmp_path / "store", run).path.parent.name == "undated"


def test_a_store_that_cannot_be_written_is_a_usage_error(tmp_path: Path):
    """A file stands where its folder would be."""
    (tmp_path / "store").write_text("")
    with pytest.raises(UsageError, match="Name another store"):
        add_run(tmp_path / "store", read_run(write_run(tmp_path / "one.json", 3)))
