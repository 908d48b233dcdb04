"""`configspec models push` through a real OpenSSH server, with drafts of any name."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from configspec.agent.board.files import RESERVE_BYTES
from configspec.cli import main
from configspec.content_hash import file_sha256
from configspec.devices.device import open_device
from configspec.devices.faults import LinkLost
from configspec.devices.model_folder import CHUNK_BYTES
from configspec.errors import TestbedError
from configspec.theory.sizes import shown_bytes

pytestmark = pytest.mark.real

INVENTORY = """
devices:
  orin: {{connection: {{ssh: board-a, config: '{config}'}}, python: '{python}', models: '{folder}', tags: [boards]}}
  other: {{connection: {{ssh: board-b, config: '{config}'}}, python: '{python}', models: '{folder} 2'}}
  gone: {{connection: {{ssh: nobody-there, config: '{config}'}}, python: '{python}', tags: [boards]}}
  here: {{connection: local, tags: [desk]}}
  kept: {{connection: local, models: '{folder}', tags: [desk]}}
families:
  pair:
    target: {{gguf: target.gguf}}
    drafts: {{a: {{gguf: {{F16: "{draft}"}}}}}}
    quants: [F16]
"""

Push = Callable[..., int]


@pytest.fixture
def board_folder(tmp_path: Path) -> Path:
    """Where the board keeps its models; a name that a shell would read something into."""
    return tmp_path / "the board's $(touch pwned) models"


@pytest.fixture
def push(server, tmp_path: Path, tiny_gguf: Path, board_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Push:
    """Run the command on a testbed of one draft, whose file is called as asked."""
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(tmp_path / "cache"))

    def push(*arguments: str, draft: str = "draft.gguf") -> int:
        for name in ("target.gguf", draft):
            shutil.copyfile(tiny_gguf, tmp_path / name)
        text = INVENTORY.format(
            config=server.config,
            python=sys.executable,
            folder=str(board_folder).replace("'", "''"),
            draft=draft.replace("\\", "\\\\").replace('"', '\\"'),
        )
        (tmp_path / "devices.yaml").write_text(text)
        return main(["models", "push", *arguments, "--inventory", str(tmp_path / "devices.yaml")])

    return push


def test_a_missing_draft_is_brought_once(push: Push, board_folder: Path, tiny_gguf: Path, capsys) -> None:
    """The second time it is there already."""
    assert push("orin") == 0
    path = board_folder / "draft.gguf"
    assert path.read_bytes() == tiny_gguf.read_bytes()
    size = shown_bytes(tiny_gguf.stat().st_size)
    assert capsys.readouterr().out == f"orin [1/1] draft.gguf: {size}: {path}\n"
    inode = path.stat().st_ino
    assert push("orin") == 0
    assert capsys.readouterr().out == f"orin [1/1] draft.gguf: already there: {path}\n"
    assert path.stat().st_ino == inode
    assert [one.name for one in board_folder.iterdir()] == ["draft.gguf"]


def test_a_local_device_with_a_folder_is_a_board_too(push: Push, board_folder: Path, tiny_gguf: Path, capsys) -> None:
    """One without opens the host's own files; that is no error."""
    assert push("desk") == 0
    assert (board_folder / "draft.gguf").read_bytes() == tiny_gguf.read_bytes()
    assert "here: opens this host's own files" in capsys.readouterr().out


def test_another_file_of_the_name_stays_until_it_may_go(
    push: Push, board_folder: Path, tiny_gguf: Path, capsys
) -> None:
    """A usage error names it, and what would do."""
    board_folder.mkdir()
    (board_folder / "draft.gguf").write_bytes(tiny_gguf.read_bytes()[::-1])
    assert push("orin") == 2
    assert f"orin: {board_folder}/draft.gguf is a different file. --replace puts" in capsys.readouterr().err
    assert (board_folder / "draft.gguf").read_bytes() == tiny_gguf.read_bytes()[::-1]
    assert push("orin", "--replace") == 0
    assert (board_folder / "draft.gguf").read_bytes() == tiny_gguf.read_bytes()


def test_a_link_in_the_files_place_is_refused(push: Push, board_folder: Path, tmp_path: Path, capsys) -> None:
    """Even with --replace; what it leads to is as it was."""
    board_folder.mkdir()
    (tmp_path / "precious").write_bytes(b"precious")
    (board_folder / "draft.gguf").symlink_to(tmp_path / "precious")
    assert push("orin", "--replace") == 2
    assert "is a symbolic link" in capsys.readouterr().err
    assert (tmp_path / "precious").read_bytes() == b"precious"


@pytest.mark.parametrize(
    "name", ["a b.gguf", "it's.gguf", 'say "x".gguf', "$(touch pwned).gguf", "`touch pwned`.gguf", "a;b.gguf", "*.gguf"]
)
def test_a_name_is_a_name_and_never_a_command(push: Push, board_folder: Path, name: str) -> None:
    """That very file arrives."""
    assert push("orin", draft=name) == 0
    assert [one.name for one in board_folder.iterdir()] == [name]
    assert not list(Path.home().glob("pwned")) + list(Path.cwd().glob("pwned")) + list(board_folder.glob("pwned"))


@pytest.mark.parametrize("name", ["-rf.gguf", ".hidden.gguf"])
def test_a_name_that_might_be_taken_for_something_else_is_refused(push: Push, name: str, capsys) -> None:
    """By the agent; nothing is written."""
    assert push("orin", draft=name) == 2
    assert f"orin: a model file cannot have this name: '{name}'" in capsys.readouterr().err


def test_a_board_that_is_off_does_not_keep_the_others_from_theirs(push: Push, board_folder: Path, capsys) -> None:
    """All are tried; the exit code is that of the testbed."""
    assert push("gone", "orin") == 3
    assert (board_folder / "draft.gguf").is_file()
    assert "gone: offline" in capsys.readouterr().err


def test_a_board_that_is_busy_is_let_alone(push: Push, hold_elsewhere, capsys) -> None:
    """Somebody measures there."""
    with hold_elsewhere():
        assert push("orin") == 3
    assert "orin: busy: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"), [(["nano"], "no device matches 'nano'"), (["orin", "--draft", "z"], "z")]
)
def test_a_name_that_matches_nothing_is_a_usage_error(push: Push, arguments: list[str], told: str, capsys) -> None:
    """Before any board is asked."""
    assert push(*arguments) == 2
    assert told in capsys.readouterr().err


def test_a_push_that_was_cut_off_goes_on_where_it_stopped(server, agent_cache: Path, tmp_path: Path) -> None:
    """The server's process is killed in the midst: what had arrived stays, and is not sent again."""
    source, folder = tmp_path / "draft.gguf", tmp_path / "models"
    source.write_bytes(os.urandom(3 * CHUNK_BYTES + 5))
    spec = server.device(models=str(folder))
    with open_device(spec, agent_cache) as device:

        def cut(done: int, _all: int) -> None:
            if done == 2 * CHUNK_BYTES:
                os.kill(server.session_of(device.hello.pid), signal.SIGKILL)

        with pytest.raises(LinkLost):
            device.models.push(source, "draft.gguf", file_sha256(source), replace=False, progress=cut)
    (partial,) = folder.iterdir()
    assert partial.name.endswith(".partial")
    told: list[int] = []
    with open_device(spec, agent_cache) as device:
        assert device.models.find("draft.gguf", source.stat().st_size).size_bytes is None
        device.models.push(
            source, "draft.gguf", file_sha256(source), replace=False, progress=lambda done, _: told.append(done)
        )
    assert told[0] >= 2 * CHUNK_BYTES
    assert [path.name for path in folder.iterdir()] == ["draft.gguf"]
    assert (folder / "draft.gguf").read_bytes() == source.read_bytes()


def test_a_disk_that_fills_meanwhile_is_told_and_freed(
    server, small_disk: Path, agent_cache: Path, tmp_path: Path
) -> None:
    """The path, what is needed and free; the partial file is gone, another board has the file, the next push works."""
    source, other_folder = tmp_path / "draft.gguf", tmp_path / "models"
    source.write_bytes(os.urandom(3 * CHUNK_BYTES + 5))
    sha256 = file_sha256(source)
    full, other = server.device(models=str(small_disk)), server.device("board-b", models=str(other_folder))

    def fill(done: int, _all: int) -> None:
        if done == CHUNK_BYTES:
            with pytest.raises(OSError, match="No space"):
                (small_disk / "log").write_bytes(bytes(shutil.disk_usage(small_disk).free + 1))

    told = rf"orin: {small_disk}/draft\.gguf cannot be written: No space left on device; \d+ more bytes are needed, \d+"
    with open_device(full, agent_cache) as board, open_device(other, agent_cache) as other_board:
        with pytest.raises(TestbedError, match=told):
            board.models.push(source, "draft.gguf", sha256, replace=False, progress=fill)
        assert [path.name for path in small_disk.iterdir()] == ["log"]
        other_board.models.push(source, "draft.gguf", sha256, replace=False, progress=lambda *_: None)
        (small_disk / "log").unlink()
        board.models.push(source, "draft.gguf", sha256, replace=False, progress=lambda *_: None)
    for folder in (small_disk, other_folder):
        assert (folder / "draft.gguf").read_bytes() == source.read_bytes()


def test_a_board_whose_disk_is_full_does_not_keep_the_others_from_theirs(
    push: Push, small_disk: Path, board_folder: Path, capsys
) -> None:
    """Refused before anything is written; the exit code is that of the testbed."""
    (small_disk / "log").write_bytes(bytes(shutil.disk_usage(small_disk).free - RESERVE_BYTES))
    board_folder.symlink_to(small_disk)
    assert push("orin", "other") == 3
    assert [path.name for path in small_disk.iterdir()] == ["log"]
    told = capsys.readouterr()
    assert f"orin: {board_folder}/draft.gguf does not fit on the disk: " in told.err
    assert "other [1/1] draft.gguf: " in told.out


def test_without_a_folder_of_its_own_a_board_has_one_in_its_cache(server, agent_cache: Path, tmp_path: Path) -> None:
    """Beside the agent."""
    source = tmp_path / "draft.gguf"
    source.write_bytes(b"GGUF")
    with open_device(server.device("board-b"), agent_cache) as device:
        path = device.models.push(source, "d.gguf", file_sha256(source), replace=False, progress=lambda *_: None)
    assert path == str(server.cache("board-b") / "configspec" / "models" / "d.gguf")
