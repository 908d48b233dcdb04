"""Login shells that do not run what ssh gives them are named as the cause; destinations as people write them work."""

from __future__ import annotations

from pathlib import Path

import pytest

from configspec.devices.device import open_device
from configspec.devices.probe import probe
from configspec.devices.transport.ssh.ssh_client import address
from configspec.errors import UsageError
from configspec.testbed.device_spec import SshSpec

pytestmark = pytest.mark.real
TRAPS = ["exec tmux", "exec fish", "exit 0", "exit 3", "exec cat", "exec false", "echo Welcome; exec head -c 0"]


@pytest.fixture
def with_start_up(own_server, tmp_path: Path):
    """The server, whose accounts' bash reads that start-up file."""

    def with_start_up(text: str):
        (tmp_path / ".bashrc").write_text(f"{text}\n", encoding="utf-8")  # bash reads it where ssh starts it, too
        with (own_server.folder / "sshd_config").open("a", encoding="utf-8") as config:
            config.write(f"SetEnv HOME={tmp_path}\n")
        own_server.pull_the_plug()
        own_server.boot()
        return own_server

    return with_start_up


@pytest.mark.parametrize("text", TRAPS)
def test_a_shell_that_is_replaced_or_ended_is_named(with_start_up, agent_cache, text):
    """Not Python, which it never came to."""
    with (
        pytest.raises(UsageError, match=r"^orin: its login shell does not run what ssh gives it: it ended with"),
        open_device(with_start_up(text).device(), agent_cache),
    ):
        pass


@pytest.mark.parametrize("text", ["exec 2>/dev/null", "echo hello", "echo hello >&2", "cd /", "trap 'echo bye' EXIT"])
def test_a_shell_that_only_says_something_is_none_of_them(with_start_up, agent_cache, text):
    """The board works."""
    with open_device(with_start_up(text).device(), agent_cache) as device:
        assert device.describe().cores >= 1


def test_the_table_has_it_as_that_boards_line(with_start_up, agent_cache):
    """Unconfigured, with what to change."""
    with probe([with_start_up("exec tmux").device()], agent_cache, timeout_s=30.0, models={}) as (found,):
        assert found.state == "unconfigured"
        assert "interactive shells only" in found.reasons[0]


@pytest.mark.parametrize("form", ["{user}@127.0.0.1:{port}", "127.0.0.1:{port}", "ssh://{user}@127.0.0.1:{port}"])
def test_a_destination_with_a_port_works(server, agent_cache, form, tmp_path):
    """As people write it."""
    config = tmp_path / "ssh_config"
    lines = server.config.read_text(encoding="utf-8").splitlines()
    config.write_text("\n".join(line for line in lines if not line.strip().startswith("Port ")), encoding="utf-8")
    user = next(line.split()[1] for line in lines if line.strip().startswith("User "))
    ssh = SshSpec(destination=form.format(user=user, port=server.port), config=config)
    with open_device(server.device(connection=ssh), agent_cache) as device:
        assert device.describe().cores >= 1


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("orin", "orin"),
        ("pi@orin.local", "pi@orin.local"),
        ("pi@10.0.0.7:2222", "ssh://pi@10.0.0.7:2222"),
        ("orin:22", "ssh://orin:22"),
        ("pi@[fe80::1%eth0]:22", "ssh://pi@[fe80::1%eth0]:22"),
        ("pi@[::1]", "pi@::1"),
        ("[::1]", "::1"),
        ("fe80::1", "fe80::1"),
        ("ssh://pi@orin:22", "ssh://pi@orin:22"),
        ("orin:home", "orin:home"),
    ],
)
def test_a_destination_as_ssh_takes_it(written, given):
    """A port needs a URL, and an address of IPv6 no brackets."""
    assert address(written) == given
