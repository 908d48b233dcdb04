"""A device's folder of model files: what is in it, and copying a file there through the agent's own connection.

The file travels as requests of the protocol, base64 in JSON: a third more bytes than the file has, and no other program
on the board. A push that was cut off resumes where it stopped, if what has arrived is the beginning of the file.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from configspec.agent.requests.files import Chunk, FindFile, Finish, Receive
from configspec.devices.replies.files import Arrived, Beginning, FoundFile, Placed
from configspec.devices.transport.client import AgentClient

__all__ = ["FoundFile", "ModelFolder"]

CHUNK_BYTES = 2 * 1024 * 1024  # of the file; a line of the protocol holds 4 MiB
DEADLINE_S = 120.0  # for one chunk: a link of 25 kB/s keeps it
SLOWEST_BYTES_PER_S = 2e6  # at which a board reads, hashes and syncs


class ModelFolder:
    """One device's folder; None: the one in the cache of its account."""

    def __init__(self, client: AgentClient, folder: str | None) -> None:
        self._client = client
        self._folder = folder

    def find(self, name: str, size_bytes: int) -> FoundFile:
        """The file of that name; hashed where it has that size, once as long as the agent lives."""
        asked = FindFile(name=name, size=size_bytes, folder=self._folder)
        return self._client.call(asked, FoundFile, deadline_s=_reading_s(size_bytes))

    def push(self, source: Path, name: str, sha256: str, *, replace: bool, progress: Callable[[int, int], None]) -> str:
        """Copy the file `source`, whose hash is `sha256`, into the folder under `name`; its path there.

        Args:
            source: The file on this host.
            name: Its name on the device.
            sha256: Its hash.
            replace: Whether it may take the place of another file of this name.
            progress: Called with how many bytes are there, and of how many.

        Raises:
            UsageError: The name is refused, another file has it, or the folder cannot be used.
            TestbedError: The device's disk is full, or the link died; then what has arrived stays for the next push.
        """
        size_bytes = source.stat().st_size
        announced = Receive(name=name, size=size_bytes, sha256=sha256, folder=self._folder, replace=replace)
        with source.open("rb") as file:
            have_bytes = self._begin(file, announced)
            file.seek(have_bytes)
            progress(have_bytes, size_bytes)
            while data := file.read(CHUNK_BYTES):
                chunk = Chunk(offset=have_bytes, data=data)
                have_bytes = self._client.call(chunk, Arrived, deadline_s=DEADLINE_S).have_bytes
                progress(have_bytes, size_bytes)
        return self._client.call(Finish(), Placed, deadline_s=_reading_s(size_bytes)).path

    def _begin(self, file: BinaryIO, announced: Receive) -> int:
        """How many bytes of the beginning have arrived before."""
        for fresh in (False, True):
            asked = dataclasses.replace(announced, fresh=fresh)
            begun = self._client.call(asked, Beginning, deadline_s=_reading_s(announced.size))
            if begun.have_sha256 == _beginning_sha256(file, begun.have_bytes):
                break  # else the board lost power, and its disk what it had not written yet
        return begun.have_bytes


def _beginning_sha256(file: BinaryIO, length_bytes: int) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while length_bytes > 0 and (block := file.read(min(CHUNK_BYTES, length_bytes))):
        digest.update(block)
        length_bytes -= len(block)
    return digest.hexdigest()


def _reading_s(size_bytes: int) -> float:
    return DEADLINE_S + size_bytes / SLOWEST_BYTES_PER_S
