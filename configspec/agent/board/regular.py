"""Files of the board, opened so that none of them can hold the agent or fill its memory.

Only regular files are opened, as those of `/proc` and `/sys` are: a FIFO blocks for ever, and a device such as
/dev/zero never ends. https://man7.org/linux/man-pages/man2/open.2.html (O_NONBLOCK)
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO


def open_regular(path: str) -> BinaryIO:
    """The file, to be read; OSError where there is none, or it is of another kind."""
    # Without O_NONBLOCK, opening a FIFO waits for somebody to write. On a regular file the flag does nothing.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        check_regular(descriptor, path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def check_regular(descriptor: int, path: str) -> None:
    """OSError where it is open on anything but a regular file."""
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a FIFO" if stat.S_ISFIFO(mode) else "a device"
        raise OSError(errno.EINVAL, f"it is {kind} and not a regular file", path)
