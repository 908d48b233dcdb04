"""The SHA-256 of files, each read once in the agent's life as long as it stays as it is."""

from __future__ import annotations

import hashlib
import os
from typing import BinaryIO

from ..protocol import Deadline
from .regular import open_regular

BLOCK_BYTES = 1 << 20


class FileHashes:
    """What was hashed, by the file's device and number, its size, and when its content and its entry were changed."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._known: dict[tuple[int, ...], str] = {}

    def of_path(self, path: str) -> str:
        """The hash of the file at `path`."""
        with open_regular(path) as file:
            return self.of(file)

    def of(self, file: BinaryIO) -> str:
        """The hash of an open file, from its beginning."""
        key = _state(file)
        if key not in self._known:
            file.seek(0)
            digest, done_bytes = hashlib.sha256(), 0
            for block in iter(lambda: file.read(BLOCK_BYTES), b""):
                self._deadline.check("hashing the model", done_bytes, os.fstat(file.fileno()).st_size)
                digest.update(block)
                done_bytes += len(block)
            self._known[key] = digest.hexdigest()
        return self._known[key]

    def keep(self, file: BinaryIO, sha256: str) -> None:
        """Remember the hash of a file that was only renamed since it was hashed; that changes its entry."""
        self._known[_state(file)] = sha256


def _state(file: BinaryIO) -> tuple[int, ...]:
    state = os.fstat(file.fileno())
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
