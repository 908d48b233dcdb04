"""Receives the agent's archive on a board that has nothing of configspec yet: its text is run as `python -c`.

    arguments   the archive's file name, its SHA-256 and how many bytes it has
    stdin       the archive; or nothing, to ask whether it exists
    stdout      one line of JSON, {"configspec_upload": ...}: "path" (null: there is none), or "error" and its "kind"

In Python 3.6 too, so that it can say that the agent needs 3.8: hence no `annotations` from the future.
https://docs.python.org/3/library/os.html#dir-fd
"""

import contextlib
import hashlib
import json
import os
import stat
import sys
from typing import Dict, Optional

KEPT = 3  # archives of other versions, the last used ones
PARTIAL_S = 3600.0  # then a half-written upload counts as abandoned


class Refused(Exception):  # noqa: N818 (what was found)
    """What is wrong with the folder or the bytes."""


def main() -> None:
    """Answer in one line, and end."""
    if sys.version_info < (3, 8):
        sys.stderr.write("configspec's agent needs Python 3.8 or later; this is %s.%s.\n" % sys.version_info[:2])
        sys.exit(3)  # TOO_OLD_STATUS
    name, sha256, size = sys.argv[1:]
    content = sys.stdin.buffer.read()
    print(json.dumps({"configspec_upload": receive(name, sha256, int(size), content)}), flush=True)


def receive(name: str, sha256: str, size: int, content: bytes) -> Dict[str, Optional[str]]:
    """The archive's path on this board; `content` is written unless that file is there and whole."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    place = os.path.join(cache, "configspec", "agent", name)
    try:
        os.makedirs(cache, mode=0o700, exist_ok=True)
        outer = own_folder(os.path.join(cache, "configspec"), None)
        folder = own_folder("agent", outer)
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
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        return os.fstat(descriptor).st_uid == os.geteuid() and hashlib.sha256(file.read()).hexdigest() == sha256


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
