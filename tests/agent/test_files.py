"""The board's folder of models: what may come into it, and that a file is there whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.agent.board.file_hash import FileHashes
from configspec.agent.board.files import Incoming, file_path, find_file, folder_path
from configspec.agent.protocol import AgentError, Deadline
from configspec.agent.requests.files import Receive

CONTENT = bytes(range(256)) * 64
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PARTIAL = f".draft.gguf.{SHA256[:16]}.partial"


def begin_in(folder: Path, content: bytes = CONTENT, *, replace: bool = False, fresh: bool = False) -> Incoming:
    sha256 = hashlib.sha256(content).hexdigest()
    asked = Receive(name="draft.gguf", size=len(content), sha256=sha256, replace=replace, fresh=fresh)
    return Incoming(str(folder), asked, FileHashes(Deadline()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "of" / "models"


def test_a_file_arrives_whole_and_alone(folder: Path) -> None:
    """The folder is made; nothing is left beside the file, which others may read as the user's other files."""
    incoming = begin_in(folder)
    assert (incoming.have_bytes, incoming.have_sha256) == (0, hashlib.sha256(b"").hexdigest())
    incoming.take(0, CONTENT)
    assert incoming.finish() == {"path": str(folder / "draft.gguf")}
    assert list(folder.iterdir()) == [folder / "draft.gguf"]
    assert (folder / "draft.gguf").read_bytes() == CONTENT
    mask = os.umask(0)
    os.umask(mask)
    assert (folder / "draft.gguf").stat().st_mode & 0o777 == 0o666 & ~mask


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(0, len(CONTENT)), max_size=4))
def test_wherever_a_push_was_cut_the_next_goes_on(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    """Each takes up what the one before had; together they are the file."""
    folder = tmp_path_factory.mktemp("models")
    at = 0
    for cut in [*sorted(cuts), len(CONTENT)]:
        incoming = begin_in(folder)
        assert (incoming.have_bytes, incoming.have_sha256) == (at, hashlib.sha256(CONTENT[:at]).hexdigest())
        incoming.take(at, CONTENT[at:cut])
        at = cut
        if cut < len(CONTENT):
            incoming.close()
    incoming.finish()
    assert (folder / "draft.gguf").read_bytes() == CONTENT


def test_a_fresh_push_forgets_what_was_there(folder: Path) -> None:
    """For when it is not the beginning of the file."""
    folder.mkdir(parents=True)
    (folder / PARTIAL).write_bytes(b"zeros, after a power cut")
    assert begin_in(folder).have_bytes > 0
    assert begin_in(folder, fresh=True).have_bytes == 0


def test_what_is_longer_than_the_file_is_no_part_of_it(folder: Path) -> None:
    """It begins anew."""
    folder.mkdir(parents=True)
    (folder / PARTIAL).write_bytes(CONTENT + b"!")
    assert begin_in(folder).have_bytes == 0


def test_remains_of_another_file_of_this_name_are_deleted(folder: Path) -> None:
    """A model that was built anew is not to fill the disk with its predecessors; other names are let alone."""
    folder.mkdir(parents=True)
    (folder / f".draft.gguf.{'0' * 16}.partial").write_bytes(b"old")
    (folder / f".other.gguf.{'0' * 16}.partial").write_bytes(b"another's")
    begin_in(folder)
    assert {path.name for path in folder.iterdir()} == {PARTIAL, f".other.gguf.{'0' * 16}.partial"}


def test_what_arrives_damaged_is_refused(folder: Path) -> None:
    """No file, no remains."""
    incoming = begin_in(folder)
    incoming.take(0, b"?" * len(CONTENT))
    with pytest.raises(AgentError, match="arrived damaged") as caught:
        incoming.finish()
    assert caught.value.kind == "testbed"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("offset", "data"), [(1, b"x"), (0, CONTENT + b"x")])
def test_chunks_follow_each_other(folder: Path, offset: int, data: bytes) -> None:
    """A gap, and more than was announced, are refused; a file that is not whole is not finished."""
    incoming = begin_in(folder)
    with pytest.raises(AgentError, match="does not continue"):
        incoming.take(offset, data)
    with pytest.raises(AgentError, match="not arrived completely"):
        incoming.finish()


def test_another_file_of_the_name_is_replaced_only_where_that_was_asked_for(folder: Path) -> None:
    """It stays whole until the new one is."""
    folder.mkdir(parents=True)
    (folder / "draft.gguf").write_bytes(b"another")
    with pytest.raises(AgentError, match="is a different file") as caught:
        begin_in(folder)
    assert "--replace" in str(caught.value.hint)
    incoming = begin_in(folder, replace=True)
    incoming.take(0, CONTENT)
    assert (folder / "draft.gguf").read_bytes() == b"another"
    incoming.finish()
    assert (folder / "draft.gguf").read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["draft.gguf", PARTIAL])
def test_a_link_is_not_written_through(folder: Path, tmp_path: Path, name: str) -> None:
    """Neither in the file's place nor beside it, even to replace; what it leads to is as it was."""
    folder.mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AgentError) as caught:
        begin_in(folder, replace=True)
    assert caught.value.kind == "usage"
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"


def test_a_second_name_of_a_file_is_not_written_to(folder: Path, tmp_path: Path) -> None:
    """A hard link to another file could stand where the partial one would."""
    folder.mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(b"precious")
    os.link(tmp_path / "elsewhere", folder / PARTIAL)
    with pytest.raises(AgentError, match="not this user's own"):
        begin_in(folder, fresh=True)
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["../draft.gguf", "/etc/passwd", "a/b", "..", ".", ".hidden", "-rf", "a\0b"])
def test_a_name_is_a_name_in_the_folder(name: str) -> None:
    """No path, nothing hidden, no option, no end in its midst."""
    with pytest.raises(AgentError, match="cannot have this name"):
        file_path("/models", name)


@pytest.mark.parametrize("name", ["a b.gguf", "it's.gguf", "$(touch pwned)", "a..b", "é.gguf", "a\nb"])
def test_odd_names_are_names(name: str) -> None:
    """Nothing but a slash leads out of a folder."""
    assert file_path("/models", name) == f"/models/{name}"


def test_a_hash_is_a_hash(folder: Path) -> None:
    """Part of it is in a file's name."""
    asked = Receive(name="draft.gguf", size=1, sha256="../../../../etc/cron")
    with pytest.raises(AgentError, match="64 hexadecimal"):
        Incoming(str(folder), asked, FileHashes(Deadline()))


def test_the_folder_is_where_the_inventory_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, in the home folder, or in the cache; what would depend on where the agent runs is refused."""
    monkeypatch.setenv("HOME", "/home/pi")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert folder_path("/data/gguf") == "/data/gguf"
    assert folder_path("~/gguf") == "/home/pi/gguf"
    assert folder_path(None) == "/home/pi/.cache/configspec/models"
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/pi")
    assert folder_path(None) == "/var/cache/pi/configspec/models"
    with pytest.raises(AgentError, match="absolute path"):
        folder_path("gguf")


def test_a_file_that_is_there_is_told_with_its_hash(tmp_path: Path) -> None:
    """A missing one without a size; one of another size without a hash, which would cost minutes and tell nothing."""
    (tmp_path / "draft.gguf").write_bytes(CONTENT)
    hashes, path = FileHashes(Deadline()), str(tmp_path / "draft.gguf")
    whole = {"path": path, "size_bytes": len(CONTENT), "sha256": SHA256}
    assert find_file(str(tmp_path), "draft.gguf", len(CONTENT), hashes) == whole
    assert find_file(str(tmp_path), "draft.gguf", 5, hashes) == {**whole, "sha256": None}
    missing = {"path": str(tmp_path / "no" / "draft.gguf"), "size_bytes": None, "sha256": None}
    assert find_file(str(tmp_path / "no"), "draft.gguf", 5, hashes) == missing


def test_a_file_is_hashed_anew_only_when_it_has_changed(tmp_path: Path) -> None:
    """Other bytes, even as many and with the times of before. A deadline that has passed shows what is read."""
    path = tmp_path / "draft.gguf"
    path.write_bytes(CONTENT)
    deadline = Deadline()
    hashes = FileHashes(deadline)
    assert hashes.of_path(str(path)) == SHA256
    deadline.host_is_gone()
    assert hashes.of_path(str(path)) == SHA256
    changed_ns = path.stat().st_mtime_ns
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(changed_ns, changed_ns))
    with pytest.raises(AgentError, match="deadline passed while hashing"):
        hashes.of_path(str(path))


def test_a_file_that_was_just_pushed_is_not_read_again(folder: Path) -> None:
    """It was hashed before it got its name, which changes nothing of what it holds."""
    deadline = Deadline()
    hashes = FileHashes(deadline)
    incoming = Incoming(str(folder), Receive(name="draft.gguf", size=len(CONTENT), sha256=SHA256), hashes)
    incoming.take(0, CONTENT)
    incoming.finish()
    incoming.close()
    deadline.host_is_gone()
    assert find_file(str(folder), "draft.gguf", len(CONTENT), hashes)["sha256"] == SHA256
