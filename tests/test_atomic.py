"""A file is whole or as it was."""

from __future__ import annotations

import os
import resource

import pytest

from configspec.atomic import beside, put_once_more, replacing, write_whole


def test_what_was_written_takes_the_place(tmp_path):
    """Of an older file too, with its mode; nothing is left beside it."""
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_fails_changes_nothing(tmp_path):
    """Whatever it had written."""
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def fail() -> None:
        with replacing(path) as partial:
            partial.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_no_file_takes_the_place_of_a_pipe(tmp_path):
    """Nor of a device or a socket: whoever reads there would wait for ever."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(OSError, match="a device, a pipe or a socket is there, and no regular file"):
        write_whole(path, b"x")
    assert path.is_fifo()
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_changes_nothing(tmp_path):
    """The operating system's refusal is raised, and the partial file is removed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="large"):
            write_whole(tmp_path / "f", b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_two_writers_do_not_share_a_name(tmp_path):
    """Not even in one process, or in two containers with the same process ids."""
    assert beside(tmp_path / "f") != beside(tmp_path / "f")
    assert beside(tmp_path / "f").name.startswith(".f.")


def test_the_longest_name_that_there_can_be_is_written(tmp_path):
    """The name beside it is shorter."""
    path = tmp_path / ("ü" * 127)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"


def test_where_it_must_be_new_nobody_is_replaced(tmp_path):
    """Whoever was first: the file stays, and nothing is left beside it."""
    path = tmp_path / "f"
    path.write_bytes(b"first")

    def second() -> None:
        with replacing(path, new=True) as partial:
            partial.write_bytes(b"second")

    with pytest.raises(FileExistsError):
        second()
    assert path.read_bytes() == b"first"
    path.unlink()
    second()
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_under_one_more_name_outlives_its_first(tmp_path):
    """What takes the first name leaves it as it was, and no other file is written over."""
    path, other = tmp_path / "f", tmp_path / "g"
    path.write_bytes(b"old")
    put_once_more(path, other)
    write_whole(path, b"new")
    assert (path.read_bytes(), other.read_bytes()) == (b"new", b"old")
    with pytest.raises(FileExistsError):
        put_once_more(path, other)
    assert other.read_bytes() == b"old"
