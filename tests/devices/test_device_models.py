"""A device's folder of models, through a real agent: found, pushed, full."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from configspec.agent.board.files import RESERVE_BYTES
from configspec.devices.device import Device, open_device
from configspec.devices.model_folder import CHUNK_BYTES
from configspec.errors import TestbedError, UsageError
from configspec.testbed.device_spec import DeviceSpec

pytestmark = pytest.mark.real

MIB = 1024 * 1024
SIZE = 2 * CHUNK_BYTES + 12345
SHA256 = "0" * 64


def ignore(_done: int, _all: int) -> None:
    pass


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of two chunks and a bit."""
    path = tmp_path_factory.mktemp("host") / "draft.gguf"
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.fixture(scope="module")
def sha256(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


@pytest.fixture
def board(tmp_path: Path, agent_cache: Path) -> Iterator[Device]:
    """The machine of the tests, with a folder of models of its own."""
    with open_device(DeviceSpec(name="board", connection="local", models=str(tmp_path / "models")), agent_cache) as it:
        yield it


def test_a_pushed_file_is_found(board: Device, source: Path, sha256: str, tmp_path: Path) -> None:
    """Before, it is missing; while it comes, each chunk is told; afterwards it has its hash."""
    assert board.models.find("draft.gguf", SIZE).size_bytes is None
    told: list[tuple[int, int]] = []
    path = board.models.push(
        source, "draft.gguf", sha256, replace=False, progress=lambda done, of: told.append((done, of))
    )
    assert path == str(tmp_path / "models" / "draft.gguf")
    assert Path(path).read_bytes() == source.read_bytes()
    assert told == [(done, SIZE) for done in (0, CHUNK_BYTES, 2 * CHUNK_BYTES, SIZE)]
    found = board.models.find("draft.gguf", SIZE)
    assert (found.path, found.sha256) == (path, sha256)


def test_a_beginning_that_is_none_is_not_built_upon(board: Device, source: Path, sha256: str, tmp_path: Path) -> None:
    """As after a power cut: the length is right, the bytes are zeros."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / f".draft.gguf.{sha256[:16]}.partial").write_bytes(bytes(CHUNK_BYTES))
    told: list[int] = []
    board.models.push(source, "draft.gguf", sha256, replace=False, progress=lambda done, _: told.append(done))
    assert told[0] == 0
    assert (tmp_path / "models" / "draft.gguf").read_bytes() == source.read_bytes()


def test_a_file_that_changed_while_it_was_sent_is_refused(board: Device, source: Path, tmp_path: Path) -> None:
    """It is not the one that was hashed."""
    with pytest.raises(TestbedError, match=r"board: .*draft\.gguf arrived damaged"):
        board.models.push(source, "draft.gguf", SHA256, replace=False, progress=ignore)
    assert list((tmp_path / "models").iterdir()) == []
    assert board.models.find("draft.gguf", SIZE).size_bytes is None  # and the agent is still there


@pytest.mark.parametrize("name", ["../draft.gguf", "-rf", "a/b"])
def test_a_path_is_no_name(board: Device, source: Path, sha256: str, name: str) -> None:
    """The agent refuses it, whoever asks."""
    with pytest.raises(UsageError, match="cannot have this name"):
        board.models.push(source, name, sha256, replace=False, progress=ignore)


def test_a_folder_that_is_a_file_is_told(source: Path, sha256: str, tmp_path: Path, agent_cache: Path) -> None:
    """With the system's word for it."""
    (tmp_path / "models").write_text("a file")
    spec = DeviceSpec(name="board", connection="local", models=str(tmp_path / "models"))
    with open_device(spec, agent_cache) as board, pytest.raises(UsageError, match=r"draft\.gguf cannot be used: "):
        board.models.push(source, "draft.gguf", sha256, replace=False, progress=ignore)


def test_a_file_that_would_fill_the_disk_is_refused_beforehand(
    small_disk: Path, agent_cache: Path, tmp_path: Path
) -> None:
    """What is needed, what is kept free, what is free; nothing is written."""
    large = tmp_path / "large.gguf"
    with large.open("wb") as file:
        file.truncate(13 * MIB)
    spec = DeviceSpec(name="board", connection="local", models=str(small_disk))
    told = rf"does not fit on the disk: {13 * MIB} bytes are needed and {RESERVE_BYTES} kept free, \d+ are free"
    with open_device(spec, agent_cache) as board, pytest.raises(TestbedError, match=told):
        board.models.push(large, "large.gguf", SHA256, replace=False, progress=ignore)
    assert list(small_disk.iterdir()) == []
