"""The lock on the board: one run at a time, and who has it."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from configspec.agent.board.flock import FILE_VARIABLE, OWN_FILE, BoardLock
from configspec.agent.protocol import AgentError
from configspec.devices.transport.archive import build_agent_archive

pytestmark = pytest.mark.real

Take = Callable[..., dict[str, Any]]


class Agent:
    """An agent's process, asked for the lock."""

    def __init__(self, archive: Path, environment: dict[str, str], stack: ExitStack) -> None:
        command = [sys.executable, str(archive)]
        self.process = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment)
        )
        stack.callback(self.process.kill)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        self._stdout.readline()

    def take(self, run: str) -> dict[str, Any]:
        owner = {"user": "alice", "host": "ci-1", "pid": 7, "since": "2026-01-01 00:00:00 UTC", "run": run}
        self._stdin.write(json.dumps({"id": 1, "op": "lock", **owner}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._stdout.readline())
        return answer

    def holder(self) -> dict[str, Any]:
        self._stdin.write(json.dumps({"id": 2, "op": "holder"}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._stdout.readline())["ok"]
        return answer


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Agent]]:
    """Start an agent whose lock is `board.lock` in the test's folder, or as its environment says."""
    archive = build_agent_archive().place_in(tmp_path / "agent")
    with ExitStack() as stack:

        def start(**environment: str) -> Agent:
            own = environment or {FILE_VARIABLE: str(tmp_path / "board.lock")}
            return Agent(archive, {**os.environ, **own}, stack)

        yield start


def test_another_run_is_refused_and_told_who_has_the_board(start: Callable[..., Agent], tmp_path: Path) -> None:
    """Until the holder ends, even by SIGKILL: the kernel frees the lock."""
    first, second = start(), start()
    assert first.take("one")["ok"]["held"]
    refused = second.take("two")["ok"]
    assert (refused["held"], refused["path"]) == (False, str(tmp_path / "board.lock"))
    assert refused["owner"]["user"] == "alice"
    first.process.kill()
    first.process.wait()
    assert second.take("two")["ok"]["held"]


def test_agents_of_one_run_share_the_board(start: Callable[..., Agent]) -> None:
    """And it is free for others only when the last of them has ended."""
    first, second, other = start(), start(), start()
    assert first.take("one")["ok"]["held"]
    assert second.take("one")["ok"]["held"]
    assert first.take("one")["ok"]["held"], "asked again"
    first.process.kill()
    first.process.wait()
    assert not other.take("two")["ok"]["held"]
    second.process.kill()
    second.process.wait()
    assert other.take("two")["ok"]["held"]
    assert not start().take("one")["ok"]["held"]


def test_who_holds_it_is_told_without_taking_it(start: Callable[..., Agent], tmp_path: Path) -> None:
    """Nothing is made where nobody ever held it, and a name that a past run left is not told."""
    asking, holding = start(), start()
    assert asking.holder() == {"held": False, "path": None, "owner": None, "fallback_reason": None}
    assert not (tmp_path / "board.lock").exists()
    assert holding.take("one")["ok"]["held"]
    told = asking.holder()
    assert (told["held"], told["path"], told["owner"]["user"]) == (True, str(tmp_path / "board.lock"), "alice")
    assert start().take("one")["ok"]["held"], "asking has not disturbed it"
    holding.process.kill()
    holding.process.wait()


def test_a_lock_that_is_let_go_is_free(tmp_path: Path) -> None:
    """As the host does at the end of a device."""
    first, second = BoardLock(str(tmp_path / "lock")), BoardLock(str(tmp_path / "lock"))
    assert first.take({"run": "one"})["held"]
    assert not second.take({"run": "two"})["held"]
    assert second.holder()["owner"] == dict.fromkeys(("user", "host", "pid", "since"), "?")
    first.release()
    assert not second.holder()["held"]
    assert second.take({"run": "two"})["held"]


def test_whoever_else_asks_at_that_moment_is_no_holder(tmp_path: Path) -> None:
    """Asking takes the lock for an instant: two probes of one board must not take each other for a run."""
    lock = BoardLock(str(tmp_path / "lock"))
    lock.take({"run": "one"})
    lock.release()
    with (tmp_path / "lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        threading.Timer(0.005, lambda: fcntl.flock(other, fcntl.LOCK_UN)).start()
        assert not lock.holder()["held"]


@pytest.mark.parametrize("content", [b"", b"{", b"\0" * 4096, b'{"run": 5}', b'{"user": "al'])
def test_what_stands_in_the_file_is_not_trusted(start: Callable[..., Agent], tmp_path: Path, content: bytes) -> None:
    """Any account may have written anything into it."""
    (tmp_path / "board.lock").write_bytes(content)
    holder, refused = start(), start()
    assert holder.take("one")["ok"]["held"]
    (tmp_path / "board.lock").write_bytes(content)
    assert refused.take("two")["ok"]["held"] is False


@pytest.mark.parametrize("content", [b"x" * 5000, b"[1]", b"\xff", b""])
def test_a_lock_that_is_held_stays_held_whatever_is_written_into_it(tmp_path: Path, content: bytes) -> None:
    """Else any account could have a second run measure beside the first, with the lock of its home folder."""
    usual, own = tmp_path / "usual", tmp_path / "own"
    holder, other = BoardLock(str(usual), str(own)), BoardLock(str(usual), str(own))
    assert holder.take({"run": "one"})["held"]
    usual.write_bytes(content)
    for told in (other.holder(), other.take({"run": "two"})):
        assert (told["path"], told["fallback_reason"]) == (str(usual), None)
    assert not other.take({"run": "two"})["held"]
    assert not own.exists()


def test_the_lock_of_a_home_folder_is_for_its_account_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever could open it could hold it: a home folder may be open to others."""
    monkeypatch.setenv("HOME", str(tmp_path))
    lock = BoardLock(str(tmp_path / "no folder" / "lock"), os.path.expanduser(OWN_FILE))
    assert lock.take({"run": "one"})["held"]
    assert (tmp_path / ".configspec.lock").stat().st_mode & 0o777 == 0o600


def test_who_reads_the_file_cannot_pass_for_the_run(tmp_path: Path) -> None:
    """Neither the run's id nor an answer holds what another run could show for it."""
    path = str(tmp_path / "lock")
    holder, other = BoardLock(path), BoardLock(path)
    answer = holder.take({"run": "quite a secret", "user": "alice"})
    assert "quite a secret" not in str(answer) + (tmp_path / "lock").read_text()
    for copied in json.loads((tmp_path / "lock").read_text()).values():
        assert not other.take({"run": copied})["held"]
    assert other.take({"run": "quite a secret"})["held"]


def large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**30)


def second_name(path: Path) -> None:
    path.touch()
    os.link(path, path.with_name("another name"))


def notes(path: Path) -> None:
    path.write_text("A text of somebody's.\n")


def link(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, large, second_name, notes, link])
def test_what_is_no_lock_is_refused_and_left_as_it_is(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """At once, by name, whether it is asked for or to be taken: what is emptied to name a holder must be a lock."""
    path = tmp_path / "lock"
    make(path)
    before = path.lstat()
    for ask in (BoardLock(str(path)).holder, lambda: BoardLock(str(path)).take({"run": "one"})):
        with pytest.raises(AgentError, match="its lock cannot be opened") as refused:
            ask()
        assert (refused.value.kind, str(path) in str(refused.value.found)) == ("testbed", True)
    after = path.lstat()
    assert (after.st_mode, after.st_size, after.st_mtime_ns) == (before.st_mode, before.st_size, before.st_mtime_ns)


def test_a_lock_in_another_place_says_why(tmp_path: Path) -> None:
    """It keeps out fewer: asked for and taken, it tells what is wrong with the usual one."""
    usual, own = str(tmp_path / "usual"), str(tmp_path / "own")
    assert BoardLock(usual, own).holder()["fallback_reason"] is None
    with ExitStack() as stack:
        lock = BoardLock(usual, own)
        stack.callback(lock.release)
        assert lock.take({"run": "one"})["fallback_reason"] is None
    os.unlink(usual)
    os.mkfifo(usual)
    told = f"{usual}: it is a FIFO and not a regular file"
    assert BoardLock(usual, own).holder()["fallback_reason"] == told
    taken = BoardLock(usual, own).take({"run": "one"})
    assert (taken["held"], taken["path"], taken["fallback_reason"]) == (True, own, told)


HOSTILE = ['{"user": NaN}', '{"user": "\\ud800"}', '{"user": "' + "x" * 4000 + '"}', '{"pid": ' + "9" * 4000 + "}"]


@pytest.mark.parametrize("content", HOSTILE, ids=["nan", "surrogate", "long", "digits"])
def test_a_hostile_owner_is_told_in_a_few_letters(start: Callable[..., Agent], tmp_path: Path, content: str) -> None:
    """The answer is an answer, whatever an account has written into the file."""
    holder, asking = start(), start()
    assert holder.take("one")["ok"]["held"]
    (tmp_path / "board.lock").write_text(content)
    told = asking.holder()
    assert told["held"]
    assert all(len(word) <= 80 for word in told["owner"].values())


def test_the_lock_is_open_to_every_account_and_follows_no_link(start: Callable[..., Agent], tmp_path: Path) -> None:
    """All may write who they are; a link in its place is refused, and what it leads to is left alone."""
    assert start().take("one")["ok"]["held"]
    assert (tmp_path / "board.lock").stat().st_mode & 0o777 == 0o666
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    error = start(**{FILE_VARIABLE: str(tmp_path / "link")}).take("one")["error"]
    assert error["kind"] == "testbed"
    assert f"{tmp_path / 'link'}: it is a symbolic link, which is not followed" in error["found"]
    assert (tmp_path / "victim").read_text() == "precious"
