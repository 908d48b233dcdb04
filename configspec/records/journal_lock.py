"""Who has a journal: locks by flock(2), which end with the process that holds them, however it ends.

A journal that is written is locked alone by its run. One that is resumed is locked by all runs that read it, or alone
by one that goes on in the same file. One that nobody has locked may be deleted.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from configspec.errors import UsageError
from configspec.untrusted import open_regular


def is_being_written(path: Path) -> bool:
    """Whether the run that writes this journal is still running; a file that cannot be locked fails when it is read."""
    try:
        with open_regular(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def hold_journal(path: Path, *, alone: bool) -> IO[bytes] | None:
    """Keep other runs from deleting the file, and with `alone` from going on in it too, until it is closed.

    None where it cannot be opened: whoever reads it is told.

    Raises:
        UsageError: Another run has it.
    """
    try:
        file = open_regular(path)
    except OSError:
        return None
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        taken = not os.path.samestat(os.fstat(file.fileno()), path.stat())  # another run has replaced it
    except (BlockingIOError, FileNotFoundError):
        taken = True
    except OSError:  # a file system without locks
        taken = False
    if taken:
        file.close()
        raise UsageError(f"{path}: another run has it. Wait for it to end.")
    return file


def remove_unused(path: Path) -> bool:
    """Delete a file that no run writes or holds; whether it is gone by this."""
    try:
        with open_regular(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except OSError:  # it is in use, or somebody else's
        return False
    return True
