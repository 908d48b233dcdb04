"""The folder in which one board's shared connection has its socket, and what is left of runs that were killed.

A run holds a lock on its folder from before it has its name, and the kernel frees it however the run ends (flock(2)).
So a folder of this account that has such a name and that nobody holds is what a killed run could not tidy up.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX, MAKING = "cs-l-", "cs_l_"  # the l: a run holds a lock on it, which those of older versions do not
# A socket's path holds 107 bytes, and its name gets 17 more while it is bound.
FOLDER_BYTES = 80


@contextmanager
def control_folder(within: str | None = None) -> Iterator[Path]:
    """A folder that is private to this user, for as long as the context lasts. OSError where none can be made."""
    within = within or short_folder()
    sweep(within)
    # As mkdtemp makes it: whoever can open the socket can use the board.
    made = Path(tempfile.mkdtemp(prefix=MAKING, dir=within))
    with _locked(made):
        folder = made.rename(made.with_name(PREFIX + made.name.removeprefix(MAKING)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(within: str) -> None:
    """Remove the folders of this account that no run holds."""
    for folder in Path(within).glob(f"{PREFIX}????????"):
        with contextlib.suppress(OSError):  # held, of another kind, or gone meanwhile
            if folder.lstat().st_uid == os.geteuid():
                with _locked(folder):
                    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """BlockingIOError where another run holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def short_folder() -> str:
    """The folder for temporary files, or /tmp where its path is too long, or has characters that `-o` interprets."""
    folder = tempfile.gettempdir()
    plain = folder.replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum()
    return folder if plain and folder.isascii() and len(folder) + len("/cs-l-12345678/") < FOLDER_BYTES else "/tmp"
