"""Folders whose files are run or believed: the user's own, where nobody else can put or change a file.

The agent that is run on this machine comes from the cache, and so do models, which native code reads. Whoever may write
there would act as this user. So each folder, from the cache's root down, belongs to this user and lets nobody else
write; a file counts only where the same holds for it. Then what was checked is what is run, for nobody else can come
between. A sticky folder, as /tmp is, may take files of others: it does not let them replace ours (inode(7)).
"""

from __future__ import annotations

import errno
import os
import pwd
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from configspec.errors import UsageError

CACHE_VARIABLE = "CONFIGSPEC_CACHE_DIR"
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def own_folder(root: Path, *below: str) -> Path:
    """The folder `below` in `root`, without links in its path; each of the two kinds is made where it is missing.

    Raises:
        UsageError: One of the folders is not this user's, or others may write to it.
        OSError: One cannot be made.
    """
    for missing in [one for one in (*reversed(root.parents), root) if not one.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)  # `parents=True` would leave those above to the umask
    if not root.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(root))
    folder = Path(os.path.realpath(root, strict=True))
    _check_above(folder)
    _check(folder)
    for name in below:
        inner = folder / name
        with suppress(FileExistsError):
            inner.mkdir(mode=0o700)
        _check_owner(inner, inner.lstat())  # of a link, too: it may lead to another disk
        folder = Path(os.path.realpath(inner, strict=True))
        _check(folder)
    return folder


def is_own(state: os.stat_result) -> bool:
    """Whether this is a regular file of this user's, to which nobody else may write."""
    mine = stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid()
    return mine and not state.st_mode & OTHERS_WRITE


def _check(folder: Path) -> None:
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    _check_owner(folder, state)
    if state.st_mode & OTHERS_WRITE and not state.st_mode & stat.S_ISVTX:
        raise UsageError(
            f"{folder}: others may write to this folder of the cache (its mode is {_mode(state)}), so they could "
            "change the programs and models that are taken from it. If you trust what is in it, close it: "
            f"chmod go-w {shlex.quote(str(folder))}. Or name a folder of your own with {CACHE_VARIABLE}."
        )


def _check_owner(folder: Path, state: os.stat_result) -> None:
    if state.st_uid != os.geteuid():
        raise UsageError(
            f"{folder}: this folder of the cache belongs to {_user(state.st_uid)}, and this is "
            f"{_user(os.geteuid())}. Its owner could change the programs and models that are taken from it. Name a "
            f"folder of your own with {CACHE_VARIABLE}. Or, if it was restored for you and you trust what is in it, "
            f"make it yours: chown -R {os.geteuid()} {shlex.quote(str(folder))}."
        )


def _check_above(folder: Path) -> None:
    """Who may write to a folder above may put another in this one's place. Groups are let be: often of one user."""
    for above in folder.parents:
        state = above.stat()
        if state.st_mode & stat.S_IWOTH and not state.st_mode & stat.S_ISVTX:
            raise UsageError(
                f"{above}: everybody may write to this folder (its mode is {_mode(state)}), so anybody could put "
                f"another in the place of {folder}, from which programs and models are taken. Close it: "
                f"chmod o-w {shlex.quote(str(above))}. Or name a folder elsewhere with {CACHE_VARIABLE}."
            )


def _mode(state: os.stat_result) -> str:
    return f"{stat.S_IMODE(state.st_mode):04o}"


def _user(number: int) -> str:
    try:
        return f"{pwd.getpwuid(number).pw_name} (user {number})"
    except KeyError:
        return f"user {number}"
