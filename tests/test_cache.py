"""The store between processes: built once, never half, whatever is killed."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

import pytest

from configspec.cache import CACHE_VARIABLE, Store, default_root
from configspec.errors import TestbedError, UsageError

FORK = multiprocessing.get_context("fork")


def writes(content: bytes) -> Callable[[Path], None]:
    def build(out: Path) -> None:
        out.write_bytes(content)

    return build


def test_an_entry_is_built_once(tmp_path: Path) -> None:
    """The second time nothing is called, and the path is the same."""
    built: list[int] = []

    def build(out: Path) -> None:
        out.write_bytes(b"model")
        built.append(out.stat().st_ino)

    store = Store(tmp_path / "cache")
    first, second = (store.ensure("gguf", "key", ".gguf", build) for _ in range(2))
    assert first == second == tmp_path / "cache/gguf/key.gguf"
    assert first.read_bytes() == b"model"
    assert built == [first.stat().st_ino]  # renamed, not copied: a copy can be seen half-way


def test_a_build_that_fails_leaves_no_entry(tmp_path: Path) -> None:
    """Its error passes through as it is, its half file goes, and the next build is a first one."""

    def fail(out: Path) -> None:
        out.write_bytes(b"half")
        raise UsageError("no")

    store = Store(tmp_path)
    with pytest.raises(UsageError, match=r"^no$"):
        store.ensure("gguf", "key", ".gguf", fail)
    assert [path.name for path in (tmp_path / "gguf").iterdir() if "lock" not in path.name] == []
    assert store.ensure("gguf", "key", ".gguf", writes(b"whole")).read_bytes() == b"whole"


def _build_when_all_are_here(root: Path, barrier: Barrier, log: Path) -> None:
    def build(out: Path) -> None:
        with log.open("a") as lines:
            lines.write(f"{os.getpid()}\n")
        out.write_bytes(b"model" * 100_000)

    barrier.wait(timeout=30)
    path = Store(root).ensure("gguf", "key", ".gguf", build)
    os._exit(0 if path.stat().st_size == 500_000 else 1)


@pytest.mark.real
def test_processes_that_want_the_same_entry_build_it_once(tmp_path: Path) -> None:
    """All of them get the whole file; one of them made it."""
    barrier, log = FORK.Barrier(4), tmp_path / "log"
    workers = [FORK.Process(target=_build_when_all_are_here, args=(tmp_path / "cache", barrier, log)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(log.read_text().splitlines()) == 1


def _build_half_and_hang(root: Path, half_done: Event) -> None:
    def build(out: Path) -> None:
        out.write_bytes(b"half")
        half_done.set()
        signal.pause()

    Store(root).ensure("gguf", "key", ".gguf", build)


@pytest.mark.real
def test_a_builder_killed_half_way_leaves_nothing_that_is_used(tmp_path: Path) -> None:
    """Its partial file is no entry, its lock is free, and the next builder removes what it left."""
    half_done = FORK.Event()
    worker = FORK.Process(target=_build_half_and_hang, args=(tmp_path, half_done))
    worker.start()
    assert half_done.wait(timeout=30)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(timeout=30)
    left = [path for path in (tmp_path / "gguf").iterdir() if path.read_bytes() == b"half"]
    assert len(left) == 1
    assert not (tmp_path / "gguf/key.gguf").exists()
    assert Store(tmp_path).ensure("gguf", "key", ".gguf", writes(b"whole")).read_bytes() == b"whole"
    assert not left[0].exists()


def _fails(number: int) -> Callable[[Path], None]:
    def build(out: Path) -> None:
        raise OSError(number, os.strerror(number), str(out))

    return build


def test_a_full_disk_is_the_testbeds_fault(tmp_path: Path) -> None:
    """The message names the place and the way out."""
    with pytest.raises(TestbedError, match=rf"{tmp_path}.*No space left.*{CACHE_VARIABLE}"):
        Store(tmp_path).ensure("gguf", "key", ".gguf", _fails(errno.ENOSPC))


def test_a_forbidden_folder_is_the_persons_move(tmp_path: Path) -> None:
    """A file in the folder's place, or permissions."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=rf"{tmp_path}/file.*{CACHE_VARIABLE}"):
        Store(tmp_path / "file").ensure("gguf", "key", ".gguf", writes(b""))
    with pytest.raises(UsageError, match="Permission denied"):
        Store(tmp_path).ensure("gguf", "key", ".gguf", _fails(errno.EACCES))


def test_other_errors_keep_their_traceback(tmp_path: Path) -> None:
    """A builder that builds nothing is our bug."""
    with pytest.raises(FileNotFoundError):
        Store(tmp_path).ensure("gguf", "key", ".gguf", lambda out: None)


def test_the_root_is_the_users_cache_unless_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One variable moves all that configspec builds."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert default_root() == tmp_path
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_root().name == "configspec"
