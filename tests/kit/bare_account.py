"""An account as bare as a new image's, behind an OpenSSH or a Dropbear server on loopback.

The server runs in a mount namespace of its own (unshare(1)), in which an /etc/passwd of two lines has the account and
its login shell, /tmp runs no programs, and the home folder is empty. Nothing of this machine is changed. It needs root.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loopback import answering

from configspec.testbed.device_spec import DeviceSpec, SshSpec

Server = Literal["sshd", "dropbear"]
HOME = "/mnt"  # in the namespace: /tmp, where the test's folder is, is another one there
ASH, FISH = "/media/ash", "/usr/bin/fish"
SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"
ACCOUNTS = f"bare:x:0:0::{HOME}:{{shell}}\nroot:x:0:0::/root:/bin/sh\nsshd:x:102:65534::/run/sshd:/usr/sbin/nologin\n"
NAMESPACE = f"""
set -e
umask 077
mount --bind {{folder}}/home {HOME}
mount --bind {{folder}}/passwd /etc/passwd
mount --bind {{folder}}/shells /etc/shells
mkdir -p /run/sshd /run/lock
mount -t tmpfs tmpfs /run/lock
mount --bind {{folder}} /media
mount -t tmpfs -o noexec tmpfs /tmp
cd /
exec {{server}}
"""
SSHD = f"""
Port {{port}}
ListenAddress 127.0.0.1
HostKey /media/host_key
AuthorizedKeysFile {HOME}/.ssh/authorized_keys
UsePAM no
StrictModes no
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
"""
CLIENT = """
Host bare
    HostName 127.0.0.1
    Port {port}
    User bare
    IdentityFile {folder}/user_key
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile /dev/null
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BareAccount:
    """The account's home folder, as it is outside of the namespace, and the client's configuration."""

    home: Path
    config: Path
    process: subprocess.Popen[bytes]

    def device(self, **changes: object) -> DeviceSpec:
        """It as the inventory would declare it."""
        ssh = SshSpec(destination="bare", config=self.config)
        return DeviceSpec(**{"name": "bare", "connection": ssh, **changes})  # type: ignore[arg-type]

    def stop(self) -> None:
        """End the namespace with all that runs in it."""
        self.process.kill()
        self.process.wait(timeout=10)


def lacking(server: Server, shell: str) -> str | None:
    """Why there can be no such account here; None where there can."""
    program = "busybox" if shell == ASH else shell
    missing = [name for name in (server, "unshare", "ssh", program) if _which(name) is None]
    if missing:
        return f"not installed here: {', '.join(missing)} (packages openssh-server, dropbear-bin, busybox, fish)"
    if os.geteuid() != 0:
        return "an account can only be made up by root"
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", HOME], capture_output=True, timeout=10, check=False
    )
    return None if tried.returncode == 0 else f"no mount namespace here: {tried.stderr.decode().strip()}"


def start_account(folder: Path, server: Server, shell: str) -> BareAccount:
    """The account, with a server that answers. `shell` is its login shell, with its path."""
    port = _free_port()
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    (folder / "passwd").write_text(ACCOUNTS.format(shell=shell))
    (folder / "shells").write_text(f"{shell}\n")
    (folder / "ash").symlink_to(_which("busybox") or "/")  # by its name busybox knows what to be
    _make_key(folder / "user_key")
    (home / ".ssh" / "authorized_keys").write_bytes((folder / "user_key.pub").read_bytes())
    (home / ".ssh" / "authorized_keys").chmod(0o600)
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {_host_key(folder, server)}\n")
    (folder / "sshd_config").write_text(SSHD.format(port=port))
    (folder / "ssh_config").write_text(CLIENT.format(port=port, folder=folder))
    return BareAccount(home=home, config=folder / "ssh_config", process=_start(folder, server, port))


def _start(folder: Path, server: Server, port: int) -> subprocess.Popen[bytes]:
    program = {
        "sshd": f"{_which('sshd')} -D -e -f /media/sshd_config",
        "dropbear": f"{_which('dropbear')} -F -E -s -p 127.0.0.1:{port} -P /run/lock/pid -r /media/host_key",
    }[server]
    script = NAMESPACE.format(folder=folder, server=program)
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"PATH": SYSTEM})
    return answering(process, port, log=folder / "server.log")


def _host_key(folder: Path, server: Server) -> str:
    """Make the server's key; its public half."""
    key = folder / "host_key"
    if server == "sshd":
        _make_key(key)
        return (folder / "host_key.pub").read_text().strip()
    told = subprocess.run(["dropbearkey", "-t", "ed25519", "-f", key], capture_output=True, check=True)
    return next(line for line in told.stdout.decode().splitlines() if line.startswith("ssh-ed25519"))


def _make_key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)


def _which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
