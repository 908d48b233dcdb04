"""What stands in an inventory is an argument of `ssh` and of the board's program, and never a command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.devices.device import open_device
from configspec.devices.faults import DeviceOffline
from configspec.devices.transport.ssh.ssh_client import SshClient
from configspec.testbed.device_spec import SshSpec

pytestmark = pytest.mark.real

CLIENT = SshClient(spec=SshSpec(destination="board"), control=Path("/nowhere"))
SHOW = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
NASTY = [
    "-V",
    "--",
    "$(id)",
    "`id`",
    "a b",
    "'",
    '"',
    "\\",
    "\n",
    ";id",
    "|id",
    "*",
    "~",
    "~/x",
    "é",
    "",
    "$HOME",
    "!x",
    "&",
]
arguments = st.lists(
    st.sampled_from(NASTY) | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)  # each starts a shell and an interpreter
@given(arguments)
def test_a_boards_shell_gives_back_exactly_the_arguments(given_words):
    """`ssh` hands its last argument to the login shell there: any words pass through it unchanged."""
    line = CLIENT.command([sys.executable, "-c", SHOW, *given_words])[-1]
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=True)
    assert done.stdout == b"\0".join(word.encode() for word in given_words)


@given(st.text(min_size=1), arguments)
def test_nothing_before_the_destination_comes_from_names(destination, given_words):
    """Then comes `--`, the destination as it is, and one argument."""
    client = SshClient(spec=SshSpec(destination=destination), control=Path("/nowhere"))
    *options, end, host, _ = client.command(given_words)
    assert (end, host) == ("--", destination)
    assert options == CLIENT.command(["x"])[:-3]


def test_a_destination_that_begins_as_an_option_is_none(server, agent_cache: Path, tmp_path: Path) -> None:
    """The inventory refuses it; and if it came here by another way, `ssh` would look for such a host."""
    spec = SshSpec(destination=f"-oProxyCommand=touch {tmp_path}/pwned", config=server.config)
    with pytest.raises(DeviceOffline), open_device(server.device(connection=spec), agent_cache):
        pass
    assert not list(tmp_path.iterdir())
