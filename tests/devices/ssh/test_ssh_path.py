"""The whole way to a board and back, through a real OpenSSH server."""

from __future__ import annotations

import contextlib
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from configspec.devices.device import open_device
from configspec.devices.faults import DeviceBusy, DeviceOffline
from configspec.devices.transport.archive import build_agent_archive
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec, LinkSpec, SshSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

pytestmark = pytest.mark.real

PROMPT = list(range(2, 40))


def test_a_draft_over_ssh_is_the_local_one(server, tiny_gguf: Path, agent_cache: Path) -> None:
    """The same agent behind another connection: same tokens, same scores, same facts of the model."""
    pytest.importorskip("llama_cpp")
    here = DeviceSpec(name="here", connection="local", llama_cpp=LlamaCppSpec(threads=1, context=512))
    found = []
    for spec in (here, server.device()):
        with open_device(spec, agent_cache) as device:
            facts = device.open_model(tiny_gguf)
            device.prefill(PROMPT)
            draft = device.draft(8)
            scores = device.score([*PROMPT, *draft.tokens], len(PROMPT))
            found.append((facts.file_sha256, facts.threads, draft.tokens, scores))
    assert found[0] == found[1]


def test_the_agent_is_sent_once(server, agent_cache: Path) -> None:
    """A whole file is left as it is, a damaged one is replaced; the folder is the user's alone."""
    folder = server.cache("board-b") / "configspec" / "agent"
    written = []
    for damage in (False, False, True):
        if damage:
            (file,) = folder.iterdir()
            file.write_bytes(b"cut")
        with open_device(server.device("board-b"), agent_cache):
            (file,) = folder.iterdir()
            assert file.read_bytes() == build_agent_archive().content
            written.append(file.stat().st_ino)
    assert written[0] == written[1] != written[2]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_a_login_shell_prints_disturbs_nothing(server, agent_cache: Path) -> None:
    """Lines before the hello, on both streams, even one that is JSON."""
    with open_device(server.device("noisy"), agent_cache) as device:
        assert device.describe().cores >= 1


NAMES = [
    "a b",
    "it's",
    'say "x"',
    "$(touch pwned)",
    "`touch pwned`",
    "a;touch pwned",
    "a\nb",
    "a\\b",
    "*",
    "~",
    "é",
    "-V",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name_and_never_a_command(
    server, agent_cache: Path, tmp_path: Path, tiny_gguf: Path, name: str
) -> None:
    """Whatever an interpreter, a model or a folder is called, that very file is meant."""
    pytest.importorskip("llama_cpp")
    folder = tmp_path / name
    folder.mkdir()
    python, model = folder / name, folder / f"{name}.gguf"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    model.symlink_to(tiny_gguf)
    with open_device(server.device(python=str(python)), agent_cache) as device:
        assert device.open_model(model).vocabulary == 300
    assert not list(Path.home().glob("pwned"))
    assert not list(Path.cwd().glob("pwned"))


@pytest.mark.parametrize("python", ["-V", "-c", "$(true)", "a b", "--"])
def test_a_program_that_is_an_option_or_a_command_is_only_not_found(server, agent_cache: Path, python: str) -> None:
    """Neither the shell nor ssh reads anything into it."""
    with (
        pytest.raises(UsageError, match=r"^orin: cannot start its `python`, .*: it does not exist\."),
        open_device(server.device(python=python), agent_cache),
    ):
        pass


@pytest.mark.parametrize("destination", ["$(touch${IFS}pwned)", "`touch${IFS}pwned`", "a;touch${IFS}pwned"])
def test_a_destination_is_never_a_command(server, agent_cache: Path, destination: str) -> None:
    """No such host is all that comes of it."""
    ssh = SshSpec(destination=destination, config=server.config)
    with pytest.raises(DeviceOffline), open_device(server.device(connection=ssh), agent_cache):
        pass
    assert not list(Path.cwd().glob("pwned"))


def test_a_home_folder_may_be_written_short(server, agent_cache: Path) -> None:
    """`~/` of an interpreter is the home folder of the account on the board."""
    path = Path(sys.executable)
    up = "/".join([".."] * (len(Path.home().parts) - 1))
    with open_device(server.device(python=f"~/{up}{path}"), agent_cache) as device:
        assert device.hello.python.startswith("3.")


def test_a_new_hosts_key_is_taken_and_kept_only_where_that_was_asked_for(server, agent_cache: Path) -> None:
    """`accept-new` keeps it; a strict connection then takes it."""
    kept = server.folder / "empty_known_hosts"
    ssh = SshSpec(destination="unknown", config=server.config, host_keys="accept-new")
    with open_device(server.device(connection=ssh), agent_cache):
        assert "newcomer" in kept.read_text()
    with open_device(server.device("unknown"), agent_cache):
        pass
    kept.unlink()


@pytest.mark.parametrize("board", ["unknown", "impostor"])
def test_a_key_that_is_not_checked_is_warned_of(server, agent_cache: Path, board: str) -> None:
    """`off` takes any key, keeps none, and says so."""
    ssh = SshSpec(destination=board, config=server.config, host_keys="off")
    with (
        pytest.warns(UserWarning, match=f"orin: `host_keys: off`: any machine that answers as {board}"),
        open_device(server.device(connection=ssh), agent_cache),
    ):
        assert not (server.folder / "empty_known_hosts").exists()


def test_a_key_that_has_changed_is_refused_although_new_ones_are_taken(server, agent_cache: Path) -> None:
    """`accept-new` is for hosts that were never met."""
    ssh = SshSpec(destination="impostor", config=server.config, host_keys="accept-new")
    with pytest.raises(UsageError, match="has changed"), open_device(server.device(connection=ssh), agent_cache):
        pass


def test_an_emulated_link_lies_on_top(server, agent_cache: Path) -> None:
    """It delays what the real link carries."""
    with open_device(server.device(link=LinkSpec(rtt_s=0.01)), agent_cache) as device:
        assert device.describe().cores >= 1


def test_nothing_is_left_behind(server, agent_cache: Path, controls: Path, wait_until, is_alive) -> None:
    """No agent, no lock, no shared connection and no socket, on either side."""
    with open_device(server.device(), agent_cache) as device:
        assert not server.lock_is_free()
        (control,) = controls.glob("cs-*")
        assert control.stat().st_mode & 0o777 == 0o700
        session = server.session_of(device.hello.pid)
    assert not control.exists()
    assert not is_alive(device.hello.pid)
    assert server.lock_is_free()
    wait_until(lambda: not is_alive(session), 5.0)


@pytest.mark.parametrize(("other_host", "lock"), [(False, "locks-"), (True, r"board-a\.lock on the board")])
def test_two_runs_want_one_board(
    server, agent_cache: Path, hold_elsewhere, tmp_path: Path, other_host: bool, lock: str
) -> None:
    """The second is told who has it, from where and since when; after the first, the board is free."""
    with hold_elsewhere(tmp_path if other_host else agent_cache) as (holder, _):
        told = rf"^orin: busy: \S+ on \S+ \(process {holder.pid}, since 20..-..-.. ..:..:.. UTC\) holds it \(.*{lock}"
        with pytest.raises(DeviceBusy, match=told), open_device(server.device(), agent_cache):
            pass
        with open_device(server.device("board-b"), agent_cache):
            pass  # another board is another lock
        holder.stdin.close()
        assert holder.wait(timeout=20) == 0
    with open_device(server.device(), agent_cache):
        pass


def test_one_run_may_hold_a_board_twice(server, agent_cache: Path) -> None:
    """Two devices of a testbed may be one machine; the lock is free when both are closed."""
    with open_device(server.device(), agent_cache):
        with open_device(server.device(), agent_cache):
            pass
        assert not server.lock_is_free()
    assert server.lock_is_free()


AWKWARD = {"A_SECRET": "hunter2 'a' \"b\" $(touch pwned) `x`; é\n%", "OMP_NUM_THREADS": "1", "EMPTY": ""}


def test_an_environment_reaches_the_agent_through_its_stdin(server, agent_cache: Path) -> None:
    """Value by value as declared, from the start of the process, and in no argument that others could read."""
    with open_device(replace(server.device(), env=AWKWARD), agent_cache) as device:
        place = Path(f"/proc/{device.hello.pid}")
        variables = dict(one.split(b"=", 1) for one in (place / "environ").read_bytes().split(b"\0") if one)
        assert {name.encode(): value.encode() for name, value in AWKWARD.items()}.items() <= variables.items()
        assert device.describe().cores >= 1
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                assert b"hunter2" not in path.read_bytes()
