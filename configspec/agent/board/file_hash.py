"""The SHA-256 of files, each read once in the agent's life as long as it stays as it is."""

from __future__ import annotations

import hashlib
import os
from typing import BinaryIO

from ..protocol import Deadline

BLOCK_BYTES = 1 << 20


class FileHashes:
    """What was hashed, by the file's device and number, its size and its time of change: a new name changes nothing."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._known: dict[tuple[int, int, int, int], str] = {}

    def of_path(self, path: str) -> str:
        """The hash of the file at `path`."""
        with open(path, "rb") as file:
            return self.of(file)

    def of(self, file: BinaryIO) -> str:
        """The hash of an open file, from its beginning."""
        state = os.fstat(file.fileno())
        key = state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
        if key not in self._known:
            file.seek(0)
            digest, done_bytes = hashlib.sha256(), 0
            for block in iter(lambda: file.read(BLOCK_BYTES), b""):
                self._deadline.check("hashing the model", done_bytes, state.st_size)
                digest.update(block)
                done_bytes += len(block)
            self._known[key] = digest.hexdigest()
        return self._known[key]
