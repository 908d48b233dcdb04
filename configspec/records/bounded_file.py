"""Files of rows, read line by line or piece by piece: regular ones only, and nothing of them without end.

Bounds are far above any run: 50,000 rows take 289 MB, and a row of a thousand rounds 200 kB.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from configspec.untrusted import open_regular

FILE_BYTES = 16 << 30
LINE_BYTES = 64 << 20  # a row of a journal, or of a results file as configspec writes it


def open_bounded(path: Path) -> IO[bytes]:
    """A regular file of at most `FILE_BYTES`, opened to be read.

    Raises:
        OSError: There is none, or it is of another kind, or larger; `strerror` says which.
    """
    file = open_regular(path)
    if os.fstat(file.fileno()).st_size > FILE_BYTES:
        file.close()
        raise OSError(errno.EFBIG, f"it holds more than {FILE_BYTES >> 30} GiB, which is the limit here", str(path))
    return file


def bounded_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Each line of the file with its end; the last one may have none.

    Raises:
        OSError: A line is longer than `LINE_BYTES`.
    """
    while line := file.readline(LINE_BYTES):
        if len(line) == LINE_BYTES and not line.endswith(b"\n"):
            words = f"a line of it is longer than {LINE_BYTES >> 20} MiB, which is the limit here"
            raise OSError(errno.EFBIG, words, str(file.name))
        yield line
