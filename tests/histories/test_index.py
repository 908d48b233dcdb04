"""A folder is read once, and known again by its content."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from made_runs import made_rows, write_run

from configspec.histories.found import MANY, Found, found_in
from configspec.histories.index import VERSION, index_path, open_index
from configspec.histories.reading import read_run
from configspec.histories.run import Run
from configspec.histories.sources import Places, read_one, read_sources, run_files

LONG_AGO_S = 1_700_000_000


class Reader:
    """Reads files, and knows which it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, path: Path) -> Run:
        self.asked.append(path.name)
        return read_one(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for day in (1, 2, 3):
        write_run(tmp_path / "runs" / f"{day}.json", day)
    return tmp_path / "runs"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (tmp_path / "cache").mkdir(mode=0o700)
    return tmp_path / "cache"


def read(cache: Path, folder: Path) -> tuple[list[Found], list[str]]:
    """Everything in the folder, and the files that had to be read for it."""
    reader = Reader()
    with open_index(cache, folder) as index:
        return list(index.read(run_files(folder), reader)), reader.asked


def gone(cache: Path, folder: Path) -> list[str]:
    with open_index(cache, folder) as index:
        return index.gone(run_files(folder))


def test_a_file_is_read_once(folder: Path, cache: Path):
    """The second time, each has the same series with the same values."""
    first, asked = read(cache, folder)
    assert asked == ["1.json", "2.json", "3.json"]
    second, asked = read(cache, folder)
    assert asked == []
    assert [dict(one.run.measured) for one in first if one.run] == [dict(one.run.measured) for one in second if one.run]


def test_nothing_is_written_into_the_folder(folder: Path, cache: Path):
    """The index lies in the cache."""
    read(cache, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["1.json", "2.json", "3.json"]
    assert index_path(cache, folder).is_file()


def test_a_file_is_known_by_its_content_whatever_its_name(folder: Path, cache: Path):
    """Moved, and touched; then it is not gone either."""
    read(cache, folder)
    (folder / "1.json").rename(folder / "moved.json")
    os.utime(folder / "2.json")
    _, asked = read(cache, folder)
    assert asked == []
    assert gone(cache, folder) == []


def test_a_changed_file_is_read_again(folder: Path, cache: Path):
    """Also where its size and its time are as they were: the system's other time is not."""
    for path in folder.iterdir():
        os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    read(cache, folder)
    text = (folder / "2.json").read_text()
    (folder / "2.json").write_text(text.replace("2026-11-02T", "2026-11-09T"))
    os.utime(folder / "2.json", (LONG_AGO_S, LONG_AGO_S))
    found, asked = read(cache, folder)
    assert asked == ["2.json"]
    assert [one.run.night for one in found if one.run] == ["2026-10-31", "2026-11-08", "2026-11-02"]


def test_what_is_no_run_is_remembered_too(folder: Path, cache: Path):
    """With its reason; a file that grows is looked at again."""
    (folder / "half.json").write_text('{"benchmarks": [')
    (folder / "other.json").write_text('{"name": "a package"}')
    first, _ = read(cache, folder)
    again, asked = read(cache, folder)
    assert asked == []
    assert [(one.kind, one.why) for one in first] == [(one.kind, one.why) for one in again]
    assert [one.kind for one in again] == ["run", "run", "run", "bad", "other"]
    write_run(folder / "half.json", 4)
    found, asked = read(cache, folder)
    assert asked == ["half.json"]
    assert [one.kind for one in found] == ["run", "run", "run", "run", "other"]


def test_a_file_that_vanished_is_told_until_it_is_forgotten(folder: Path, cache: Path):
    """By its name."""
    read(cache, folder)
    (folder / "2.json").unlink()
    for _ in range(2):
        read(cache, folder)
        assert gone(cache, folder) == [str(folder / "2.json")]
    with open_index(cache, folder) as index:
        index.forget(index.gone(run_files(folder)))
    assert gone(cache, folder) == []
    _, asked = read(cache, folder)
    assert asked == []


@pytest.mark.parametrize("damage", [b"", b"not a database" * 999, None])
def test_a_damaged_index_is_built_anew(folder: Path, cache: Path, damage: bytes | None):
    """Emptied, overwritten, or with half of a run in it."""
    read(cache, folder)
    path = index_path(cache, folder)
    if damage is not None:
        path.write_bytes(damage)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE run SET content = substr(content, 1, 99)")
        connection.close()
    found = read_sources([str(folder)], Places(cache=cache))
    assert len(found.runs) == 3
    assert not found.unread.lost
    assert read(cache, folder)[1] == []


def test_an_index_of_another_version_is_built_anew(folder: Path, cache: Path):
    """What another configspec read may mean something else."""
    read(cache, folder)
    with sqlite3.connect(index_path(cache, folder)) as connection:
        connection.execute("UPDATE version SET text = 'older'")
    connection.close()
    _, asked = read(cache, folder)
    assert len(asked) == 3
    with sqlite3.connect(index_path(cache, folder)) as connection:
        assert connection.execute("SELECT text FROM version").fetchall() == [(VERSION,)]
    connection.close()


def test_several_may_read_at_once(folder: Path, cache: Path):
    """Each finds every run, and the index is whole afterwards."""
    for day in range(4, 20):
        write_run(folder / f"{day}.json", day)
    with ThreadPoolExecutor(4) as pool:
        every = list(pool.map(lambda _: read(cache, folder)[0], range(8)))
    assert all(len([one for one in found if one.run]) == 19 for found in every)
    assert read(cache, folder)[1] == []


def test_without_a_cache_that_can_be_written_it_is_in_memory(folder: Path, tmp_path: Path):
    """A file stands where the cache would be."""
    (tmp_path / "file").write_text("")
    found, asked = read(tmp_path / "file", folder)
    assert len(asked) == 3
    assert all(one.run for one in found)


def test_a_run_of_the_index_has_all_but_counts_and_choices(folder: Path, cache: Path):
    """They are of the file itself."""
    write_run(folder / "1.json", 1, rows=made_rows(1.2))
    read(cache, folder)
    known, whole = read(cache, folder)[0][0].run, read_run(folder / "1.json")
    assert known is not None
    assert (known.measured, known.commit, known.at_s, known.sha256) == (
        whole.measured,
        whole.commit,
        whole.at_s,
        whole.sha256,
    )
    assert not known.counted
    assert whole.counted


@pytest.mark.real
def test_many_files_are_read_by_several_processes(tmp_path: Path, cache: Path):
    """The same comes out, in the same order, whatever else lies among them."""
    folder = tmp_path / "many"
    for number in range(MANY):
        write_run(folder / f"{number:03d}.json", 1 + number % 28, rows=made_rows(1 + number / 100))
    (folder / "005.json").write_text('{"benchmarks": [')
    (folder / "006.json").write_text("{}")
    with open_index(cache, folder) as index:
        found = list(index.read(run_files(folder), read_one, processes=2))
    alone = [found_in(path, read_one) for path in run_files(folder)]
    assert [(one.kind, one.why) for one in found] == [(one.kind, one.why) for one in alone]
    assert [one.run and one.run.measured for one in found] == [one.run and one.run.measured for one in alone]
    assert read(cache, folder)[1] == []
