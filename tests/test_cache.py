"""The store between processes: built once, never half, whatever is killed."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.cache import Store, default_root, doubt
from configspec.errors import TestbedError, UsageError
from configspec.own_folder import CACHE_VARIABLE

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


def test_a_store_is_checked_before_it_is_used(tmp_path: Path) -> None:
    """It is made where it is missing; a file in its place, or a folder that others may write to, is refused."""
    store = Store(tmp_path / "cache")
    store.check()
    store.ensure("gguf", "key", ".gguf", writes(b"model"))
    store.check()
    (store.root / "gguf").chmod(0o777)
    with pytest.raises(UsageError, match="gguf: others may write"):
        store.check()
    (tmp_path / "file").touch()
    for refused in (tmp_path / "file", tmp_path / "file" / "cache"):
        with pytest.raises(UsageError, match=f"Not a directory.*{CACHE_VARIABLE}"):
            Store(refused).check()


def test_a_store_that_is_whole_may_be_closed_to_writers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image with all models built is mounted read-only; an empty one of that kind is of no use."""
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)  # root may write everywhere
    with pytest.raises(UsageError, match="Permission denied"):
        Store(tmp_path).check()
    (tmp_path / "gguf").mkdir(mode=0o700)
    Store(tmp_path).check()


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


def is_not_called(out: Path) -> None:
    pytest.fail(f"{out} is built again")


def flip(path: Path, place: int = 0) -> None:
    """One bit, with the time of the change set back: what a disk does, or a copy."""
    state, content = path.stat(), bytearray(path.read_bytes())
    content[place % len(content)] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@given(content=st.binary(min_size=1, max_size=100), place=st.integers(0, 99))
@settings(max_examples=8)
def test_an_entry_with_one_bit_changed_is_built_anew_and_that_is_said(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, place: int
) -> None:
    """Wherever the bit is; by whoever opens the store next, and once."""
    root = tmp_path_factory.mktemp("store")
    entry = Store(root).ensure("text", "key", ".json", writes(content))
    flip(entry, place)
    with pytest.warns(UserWarning, match=r"key\.json: it is not what was built.*built anew"):
        assert Store(root).ensure("text", "key", ".json", writes(content)) == entry
    assert entry.read_bytes() == content
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Store(root).ensure("text", "key", ".json", is_not_called)


@pytest.mark.parametrize("seal", [None, b"", b"\0" * 4096, b"0" * 64 + b"  key.json\n", b"other", "a folder"])
def test_an_entry_for_which_no_hash_vouches_is_built_anew(tmp_path: Path, seal: bytes | str | None) -> None:
    """One of an older configspec has none; whatever stands in its place vouches for nothing."""
    entry = Store(tmp_path).ensure("text", "key", ".json", writes(b"old"))
    beside = tmp_path / "text" / "key.json.sha256"
    beside.unlink()
    if isinstance(seal, bytes):
        beside.write_bytes(seal)
    if seal == "a folder":
        beside.mkdir()
        with pytest.raises(UsageError, match=r"key\.json\.sha256: Is a directory.*Delete it"):
            Store(tmp_path).ensure("text", "key", ".json", writes(b"new"))
        return
    with pytest.warns(UserWarning, match="built anew"):
        Store(tmp_path).ensure("text", "key", ".json", writes(b"new"))
    assert entry.read_bytes() == b"new"


def test_the_hash_is_one_that_sha256sum_checks(tmp_path: Path) -> None:
    """A line of the entry's hash and name."""
    Store(tmp_path).ensure("text", "key", ".json", writes(b"abc"))
    line = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  key.json\n"
    assert (tmp_path / "text" / "key.json.sha256").read_text() == line


def test_the_hash_of_another_entry_does_not_vouch(tmp_path: Path) -> None:
    """Two entries that change places, each with the other's hash, are two that are not believed."""
    store = Store(tmp_path)
    one, two = (store.ensure("text", key, ".json", writes(key.encode())) for key in ("one", "two"))
    for end in ("", ".sha256"):
        Path(f"{two}{end}").replace(f"{one}{end}")
    assert doubt(one) is not None


@pytest.mark.parametrize("kind", ["FIFO", "folder", "link", "loop"])
def test_what_is_no_file_is_no_entry(tmp_path: Path, kind: str) -> None:
    """It is replaced, or named where it cannot be; nothing waits for it."""
    store, entry = Store(tmp_path), tmp_path / "text" / "key.json"
    store.ensure("text", "key", ".json", writes(b"whole"))
    entry.unlink()
    match kind:
        case "FIFO":
            os.mkfifo(entry)
        case "folder":
            entry.mkdir()
        case "link":
            entry.symlink_to(tmp_path / "elsewhere")
        case "loop":
            entry.symlink_to(entry)
    if kind == "folder":
        with pytest.raises(UsageError, match="Is a directory"):
            store.ensure("text", "key", ".json", writes(b"whole"))
        return
    with pytest.warns(UserWarning, match="built anew"):
        assert store.ensure("text", "key", ".json", writes(b"whole")).read_bytes() == b"whole"


@pytest.mark.parametrize("mode", [0o666, 0o620])
def test_a_file_to_which_others_may_write_is_no_entry(tmp_path: Path, mode: int) -> None:
    """What was checked could change before it is used. The new one is closed to them."""
    store = Store(tmp_path)
    entry = store.ensure("text", "key", ".json", writes(b"whole"))
    entry.chmod(mode)
    with pytest.warns(UserWarning, match="no file of this user alone"):
        store.ensure("text", "key", ".json", writes(b"whole"))
    assert entry.stat().st_mode & 0o022 == 0


def test_content_of_another_form_is_built_anew_once(tmp_path: Path) -> None:
    """Its hash vouches for it, and the reader knows another form; a second failure is our bug."""
    store = Store(tmp_path)
    store.ensure("text", "key", ".json", writes(b"old form"))
    with pytest.warns(UserWarning, match="of another form.*built anew"):
        assert store.ensure_read("text", "key", ".json", writes(b"12"), int) == 12
    assert store.ensure_read("text", "key", ".json", is_not_called, int) == 12
    with pytest.raises(ValueError, match="invalid literal"):
        store.ensure_read("text", "other", ".json", writes(b"never"), int)


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
