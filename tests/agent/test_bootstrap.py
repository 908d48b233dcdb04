"""The program that takes the agent's archive in on a board: whole or not at all, in a folder that is the user's own."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from configspec.agent import bootstrap
from configspec.agent.bootstrap import KEPT
from configspec.devices.transport.archive import build_agent_archive

CONTENT = b"an agent" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "configspec-agent-this.zip"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the board keeps its cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def sent(content: bytes, sha256: str = SHA256) -> dict[str, str | None]:
    return bootstrap.receive("", NAME, sha256, len(CONTENT), content)


def test_an_old_python_can_read_it() -> None:
    """3.6 must, to say that it is too old."""
    ast.parse(Path(bootstrap.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))


def test_it_is_asked_for_sent_and_found(cache: Path) -> None:
    """Nothing of it is left but the file, which only the user can read."""
    place = cache / "configspec" / "agent" / NAME
    assert sent(b"") == {"path": None}
    assert sent(CONTENT) == {"path": str(place)}
    assert sent(b"") == {"path": str(place)}
    assert place.read_bytes() == CONTENT
    assert list(place.parent.iterdir()) == [place]
    assert (place.stat().st_mode & 0o777, place.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_folder_that_others_may_write_to_is_theirs_no_longer(cache: Path) -> None:
    """They could put another file in the agent's place."""
    for folder in (cache / "configspec", cache / "configspec" / "agent"):
        folder.mkdir(parents=True)
        folder.chmod(0o777)
    sent(CONTENT)
    assert [folder.stat().st_mode & 0o777 for folder in (cache / "configspec", cache / "configspec" / "agent")] == [
        0o755,
        0o755,
    ]


@pytest.mark.parametrize("damaged", [b"", b"an agent", CONTENT + b"!"])
def test_a_damaged_file_is_not_used(cache: Path, damaged: bytes) -> None:
    """Its name does not make it the agent."""
    sent(CONTENT)
    (cache / "configspec" / "agent" / NAME).write_bytes(damaged)
    assert sent(b"") == {"path": None}
    assert sent(CONTENT)["path"]


def test_what_arrives_damaged_is_refused(cache: Path) -> None:
    """Cut short on the way: no file, no remains."""
    answer = sent(CONTENT[:-1])
    assert "another hash" in str(answer["error"])
    assert list((cache / "configspec" / "agent").iterdir()) == []


@pytest.mark.parametrize("linked", ["configspec", "configspec/agent"])
def test_a_link_is_not_followed(cache: Path, tmp_path: Path, linked: str) -> None:
    """Nothing is written where it leads."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (cache / linked).parent.mkdir(parents=True)
    (cache / linked).symlink_to(elsewhere)
    answer = sent(CONTENT)
    assert (answer["kind"], "symbolic link" in str(answer["error"])) == ("usage", True)
    assert list(elsewhere.iterdir()) == []


def test_a_link_in_the_files_place_is_replaced(cache: Path, tmp_path: Path) -> None:
    """Even if it leads to the very bytes."""
    (tmp_path / "elsewhere").write_bytes(CONTENT)
    folder = cache / "configspec" / "agent"
    folder.mkdir(parents=True)
    (folder / NAME).symlink_to(tmp_path / "elsewhere")
    assert sent(b"") == {"path": None}
    assert sent(CONTENT)["path"]
    assert not (folder / NAME).is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_folder_is_refused(cache: Path) -> None:
    """Whoever owns the folder could change the agent."""
    (cache / "configspec").mkdir(parents=True)
    os.chown(cache / "configspec", 12345, -1)
    answer = sent(CONTENT)
    assert (answer["kind"], "belongs to user 12345" in str(answer["error"])) == ("usage", True)


@pytest.mark.real
def test_a_full_disk_leaves_nothing(cache: Path) -> None:
    """The error has both numbers of bytes; here a limit on a file's size takes the disk's part."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
    program = f"{limit}; exec(open({bootstrap.__file__!r}).read())"
    command = [sys.executable, "-c", program, "receive", "", NAME, SHA256, str(len(CONTENT))]
    ended = subprocess.run(command, input=CONTENT, capture_output=True, check=True)
    assert f"cannot be written: File too large; {len(CONTENT)} bytes are needed, ".encode() in ended.stdout
    assert b'"kind": "testbed"' in ended.stdout
    assert list((cache / "configspec" / "agent").iterdir()) == []


def test_other_versions_are_pruned_by_their_last_use(cache: Path) -> None:
    """Some stay, since other hosts may use them; what an upload left half-written goes when it is old."""
    folder = cache / "configspec" / "agent"
    folder.mkdir(parents=True)
    for age in range(KEPT + 2):
        (folder / f"old-{age}.zip").write_bytes(b"")
        os.utime(folder / f"old-{age}.zip", (10_000 - age, 10_000 - age))
    for name, used in (("fresh.partial", 2e9), ("old.partial", 1.0)):
        (folder / name).write_bytes(b"")
        os.utime(folder / name, (used, used))
    sent(CONTENT)
    kept = {f"old-{age}.zip" for age in range(KEPT)}
    assert {path.name for path in folder.iterdir()} == {NAME, "fresh.partial", *kept}


def archive_in(cache: Path) -> tuple[Path, list[str]]:
    """The agent's archive, as it was received, and what runs it."""
    archive = build_agent_archive()
    assert bootstrap.receive("", archive.file_name, archive.sha256, len(archive.content), archive.content)["path"]
    start = [sys.executable, "-c", Path(bootstrap.__file__).read_text(encoding="utf-8"), "run"]
    return cache / "configspec" / "agent" / archive.file_name, [
        *start,
        "",
        archive.file_name,
        archive.sha256,
        "30",
        "mark",
    ]


@pytest.mark.real
def test_what_is_run_is_the_file_that_was_checked(cache: Path) -> None:
    """It goes on from that very file when its folder is gone, as one would be that another folder took the place of."""
    path, command = archive_in(cache)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as agent:
        assert agent.stdin is not None
        assert agent.stdout is not None
        assert json.loads(agent.stdout.readline())["sha256"] == build_agent_archive().sha256
        path.parent.rename(path.parent.with_name("moved away"))
        agent.stdin.write(b'{"id": 1, "op": "list_files", "folder": "/nowhere"}\n')
        assert json.loads(agent.stdout.readline())["ok"]["names"] == []
        agent.stdin.close()
        assert agent.wait(timeout=30) == 0


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"!")


def open_to_a_group(path: Path) -> None:
    path.chmod(0o660)


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.real
@pytest.mark.parametrize("damage", [changed, open_to_a_group, linked, fifo, Path.unlink])
def test_an_archive_that_others_may_have_changed_is_not_run(cache: Path, damage: Callable[[Path], None]) -> None:
    """Nothing of it: the program ends and says why. The next upload puts it right."""
    path, command = archive_in(cache)
    damage(path)
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert f"the agent, {path.name}".encode() in ended.stderr
    archive_in(cache)
    assert path.read_bytes() == build_agent_archive().content
