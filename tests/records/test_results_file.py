"""A results file takes its place when it is whole; where it cannot, that is told before anything is measured for it."""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.records.results_file import check_results_can_be_written, is_stream, write_results

HEAD = {"datetime": "2026-01-01T00:00:00+00:00", "version": "5.3.1"}
ROWS = [{"fullname": f"row {number}", "extra_info": {}, "stats": {"data": [1.0] * 100}} for number in range(9)]
EARLIER = '{"benchmarks": []}'


def test_an_earlier_file_survives_a_full_disk(tmp_path):
    """It is as it was, and nothing is left beside it."""
    path = tmp_path / "r.json"
    path.write_text(EARLIER)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="large"):
            write_results(path, HEAD, lambda: ROWS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == EARLIER
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.real
def test_an_earlier_file_survives_a_kill(tmp_path):
    """In the middle of the rows: it is as it was."""
    path = tmp_path / "r.json"
    path.write_text(EARLIER)
    passes = 0

    def rows() -> Iterator[Mapping[str, object]]:
        nonlocal passes
        passes += 1
        yield from ROWS[:5]
        if passes == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        yield from ROWS[5:]

    child = os.fork()
    if child == 0:
        write_results(path, HEAD, rows)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert path.read_text() == EARLIER


def test_a_new_file_takes_nobodys_place(tmp_path):
    """Where two runs save at the same moment, the second is told."""
    path = tmp_path / "0001_saved.json"
    write_results(path, HEAD, lambda: ROWS[:1], new=True)
    with pytest.raises(FileExistsError):
        write_results(path, HEAD, lambda: ROWS, new=True)
    assert len(json.loads(path.read_text())["benchmarks"]) == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_what_passes_on_is_a_stream(tmp_path, name):
    """By its own name, and by a link to it."""
    link = tmp_path / "link"
    link.symlink_to(name)
    assert is_stream(Path(name))
    assert is_stream(link)
    check_results_can_be_written(link)


def test_results_may_be_piped_on(tmp_path):
    """As `--benchmark-json >(gzip > r.json.gz)` does."""
    read_end, write_end = os.pipe()
    with open(read_end, encoding="utf-8") as piped:
        write_results(Path(f"/dev/fd/{write_end}"), HEAD, lambda: ROWS[:1])
        os.close(write_end)
        assert json.loads(piped.read())["benchmarks"] == ROWS[:1]


def test_output_that_goes_to_a_file_is_added_to(tmp_path):
    """`--benchmark-json=/dev/stdout > out.txt`: what the program had said before stays."""
    path = tmp_path / "out.txt"
    with path.open("w") as out:
        out.write("said before\n")
        out.flush()
        write_results(Path(f"/proc/self/fd/{out.fileno()}"), HEAD, lambda: ROWS[:1])
    said, results = path.read_text().split("\n", 1)
    assert said == "said before"
    assert json.loads(results)["benchmarks"] == ROWS[:1]


def test_a_link_leads_to_the_file_that_is_written(tmp_path):
    """And stays a link."""
    (tmp_path / "link.json").symlink_to("r.json")
    write_results(tmp_path / "link.json", HEAD, lambda: ROWS)
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "r.json").read_text())["benchmarks"] == ROWS


def obstacles(folder: Path) -> dict[str, Path]:
    """One path for each kind of obstacle."""
    (folder / "file").write_text("")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "fifo")
    (folder / "loop").symlink_to("loop")
    return {
        "does not exist": folder / "missing" / "r.json",
        "Not a directory": folder / "file" / "r.json",
        "a folder": folder / "folder",
        "a FIFO": folder / "fifo",
        "a device": Path("/dev/full"),
        "symbolic links": folder / "loop",
        "name too long": folder / ("x" * 300),
        "can have this name": folder / "nul\0",
        "nothing is open": Path("/dev/fd/999"),
    }


def test_each_obstacle_is_told_with_the_name_of_the_file(tmp_path):
    """Before anything is measured; nothing is made there, and nothing waits for a reader."""
    for words, path in obstacles(tmp_path).items():
        with pytest.raises(UsageError, match=words) as told:
            check_results_can_be_written(path)
        assert str(path) in str(told.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fifo", "file", "folder", "loop"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_or_file_without_the_right_to_write_is_told(tmp_path):
    """A file that somebody protected is not replaced, though its folder would allow it."""
    (tmp_path / "mine.json").write_text(EARLIER)
    (tmp_path / "mine.json").chmod(0o400)
    with pytest.raises(UsageError, match="write-protected"):
        check_results_can_be_written(tmp_path / "mine.json")
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        check_results_can_be_written(tmp_path / "r.json")


def test_a_full_disk_is_told_before_anything_is_measured(tmp_path):
    """Some bytes are written on trial."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(UsageError, match="large"):
            check_results_can_be_written(tmp_path / "r.json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_can_be_written_is_left_as_it_is(tmp_path):
    """An earlier file too, and one with the longest name that there can be."""
    earlier, long = tmp_path / "r.json", tmp_path / ("x" * 250 + ".json")
    earlier.write_text(EARLIER)
    for path in (earlier, tmp_path / "new.json", long):
        check_results_can_be_written(path)
    assert list(tmp_path.iterdir()) == [earlier]
    assert earlier.read_text() == EARLIER
    write_results(long, HEAD, lambda: ROWS)
    assert long.exists()
