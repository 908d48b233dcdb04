"""Receives the agent's archive on a board that has nothing of configspec yet, and runs it.

Its text is run as `python -c`. Its arguments are a verb and what that takes:

    receive     the folder to keep it in (empty: the account's cache folder), the archive's file name, its SHA-256 and
                how many bytes it has
      stdin     the archive; or nothing, to ask whether it exists
      stdout    one line of JSON, {"configspec_upload": ...}: "path" (null: there is none), or "error" and its "kind"
    run         the same folder, the archive's file name, its SHA-256, and the agent's own arguments
    run_with    the same; stdin begins with a line of JSON, variables for the environment of all that is run

What is run is the very file that was checked, held open: who can write to a folder on the way to it puts no other in
its place.

In Python 3.6 too, so that it can say that the agent needs 3.8: hence no `annotations` from the future.
https://docs.python.org/3/library/os.html#dir-fd
"""

import contextlib
import hashlib
import importlib
import json
import os
import stat
import sys
from typing import Dict, Optional, Tuple

KEPT = 3  # archives of other versions, the last used ones
PARTIAL_S = 3600.0  # then a half-written upload counts as abandoned
MOST_BYTES = 16 * 1024 * 1024  # of an archive
MOST_LINE_BYTES = 8 * 1024 * 1024


class Refused(Exception):  # noqa: N818 (what was found)
    """What is wrong with the folder or the bytes."""


def main() -> None:
    """Answer in one line, and end."""
    if sys.version_info < (3, 8):
        sys.stderr.write("configspec's agent needs Python 3.8 or later; this is %s.%s.\n" % sys.version_info[:2])
        sys.exit(3)  # TOO_OLD_STATUS
    if sys.argv[1] == "run_with":
        run_with(read_line())
    if sys.argv[1] == "run":
        run(*sys.argv[2:])
    folder, name, sha256, size = sys.argv[2:]
    content = sys.stdin.buffer.read()
    print(json.dumps({"configspec_upload": receive(folder, name, sha256, int(size), content)}), flush=True)


def receive(folder_of_all: str, name: str, sha256: str, size: int, content: bytes) -> Dict[str, Optional[str]]:
    """The archive's path on this board; `content` is written unless that file is there and whole."""
    cache = cache_folder(folder_of_all)
    place = os.path.join(cache, "configspec", "agent", name)
    try:
        os.makedirs(cache, mode=0o700, exist_ok=True)
        folder = agent_folder(cache)
        if not is_whole(folder, name, sha256):
            if not content:
                return {"path": None}
            store(folder, name, sha256, content)
            prune(folder, name)
        os.utime(name, dir_fd=folder)  # when it was last used
    except Refused as error:
        return {"error": "%s: %s" % (place, error), "kind": "usage"}
    except OSError as error:
        free = os.statvfs(cache if os.path.isdir(cache) else "/")
        room = "%d bytes are needed, %d are free" % (size, free.f_bavail * free.f_frsize)
        return {"error": "%s cannot be written: %s; %s" % (place, error.strerror, room), "kind": "testbed"}
    return {"path": place}


def run(folder_of_all: str, name: str, sha256: str, *arguments: str) -> None:
    """Run the archive, and end with its status."""
    try:
        descriptor, content = read_own(agent_folder(cache_folder(folder_of_all)), name)
    except (OSError, Refused) as error:
        sys.exit("the agent, %s, cannot be run: %s" % (name, error))
    if hashlib.sha256(content).hexdigest() != sha256:
        sys.exit("the agent, %s, was changed since it was sent. Try again" % name)
    sys.argv = [name] + list(arguments)
    sys.path.insert(0, "/dev/fd/%d" % descriptor)
    sys.exit(importlib.import_module("configspec_agent.main").main())


def read_line() -> bytes:
    """The first line of stdin, and not a byte more: what follows is the agent's."""
    line = bytearray()
    while len(line) < MOST_LINE_BYTES:
        byte = os.read(0, 1)
        if byte in (b"", b"\n"):
            break
        line += byte
    return bytes(line)


def run_with(line: bytes) -> None:
    """Start this program again with these variables: the loader reads some of them, as Python does, at the start.

    Its text, as all its arguments, is what Linux shows of this process.
    """
    with open("/proc/self/cmdline", "rb") as file:
        command = file.read().split(b"\0")[:-1]
    command = command[: len(command) - len(sys.argv) + 1] + [b"run"] + command[len(command) - len(sys.argv) + 2 :]
    os.environ.update(json.loads(line.decode("ascii")))
    os.execv(sys.executable, command)


def cache_folder(named: str) -> str:
    """The folder that was named, or where this account keeps what can be made again."""
    return os.path.expanduser(named or os.environ.get("XDG_CACHE_HOME") or "~/.cache")


def agent_folder(cache: str) -> int:
    """A descriptor of the folder of archives."""
    return own_folder("agent", own_folder(os.path.join(cache, "configspec"), None))


def own_folder(path: str, within: Optional[int]) -> int:
    """A descriptor of the folder, made where it is missing; what is done through it cannot be led elsewhere."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700, dir_fd=within)
    if not stat.S_ISDIR(os.stat(path, dir_fd=within, follow_symlinks=False).st_mode):
        raise Refused("%s is a symbolic link, or not a folder. Delete it" % path)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=within)
    found = os.fstat(folder)
    if found.st_uid != os.geteuid():
        raise Refused("%s belongs to user %d, and this is user %d. Delete it" % (path, found.st_uid, os.geteuid()))
    os.fchmod(folder, stat.S_IMODE(found.st_mode) & ~0o022)  # nobody else may put another file in place of ours
    return folder


def is_whole(folder: int, name: str, sha256: str) -> bool:
    """Whether the file exists, is the user's own, and has this hash."""
    try:
        descriptor, content = read_own(folder, name)
    except (OSError, Refused):
        return False
    os.close(descriptor)
    return hashlib.sha256(content).hexdigest() == sha256


def read_own(folder: int, name: str) -> Tuple[int, bytes]:
    """A descriptor of the file, and what it holds, if it is the user's own and nobody else can write to it."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    found = os.fstat(descriptor)
    own = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
    if not own or found.st_size > MOST_BYTES:
        os.close(descriptor)
        raise Refused("it is not this user's own file")
    with os.fdopen(os.dup(descriptor), "rb") as file:
        return descriptor, file.read(MOST_BYTES)


def store(folder: int, name: str, sha256: str, content: bytes) -> None:
    """Write beside, bring it to the disk, read it again, rename."""
    partial = "%s.%s.partial" % (name, os.urandom(4).hex())
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        if not is_whole(folder, partial, sha256):
            raise Refused("what arrived has another hash. Try again")
        os.replace(partial, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(partial, dir_fd=folder)
        raise
    os.fsync(folder)


def prune(folder: int, name: str) -> None:
    """Delete other versions that were not used lately, and what stayed half-written."""
    with contextlib.suppress(FileNotFoundError):  # another upload deleted it first
        used = {other: os.stat(other, dir_fd=folder).st_mtime for other in os.listdir(folder)}
        now = used.pop(name)
        archives = sorted((other for other in used if other.endswith(".zip")), key=lambda other: used[other])
        abandoned = [other for other in used if other.endswith(".partial") and now - used[other] > PARTIAL_S]
        for other in archives[:-KEPT] + abandoned:
            os.unlink(other, dir_fd=folder)


if __name__ == "__main__":
    main()
