"""A device's folder of model files: looking into it, and bringing a file there through the agent's own connection.

The file travels as requests of the protocol, base64 in JSON: a third more bytes than the file has, and no other program
on the board. A push that was cut off goes on where it stopped, if what is there is the beginning of the file.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from configspec.devices.transport.client import AgentClient

CHUNK_BYTES = 2 * 1024 * 1024  # of the file; a line of the protocol holds 4 MiB
DEADLINE_S = 120.0  # for one chunk: a link of 25 kB/s keeps it
SLOWEST_BYTES_PER_S = 2e6  # at which a board reads, hashes and syncs


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file on the device. `size_bytes` None: it is missing. `sha256` None: its size was not the expected one."""

    path: str
    size_bytes: int | None
    sha256: str | None


class ModelFolder:
    """One device's folder; None: the one in the cache of its account."""

    def __init__(self, client: AgentClient, folder: str | None) -> None:
        self._client = client
        self._folder = folder

    def find(self, name: str, size_bytes: int) -> FoundFile:
        """The file of that name; hashed where it has that size, once as long as the agent lives."""
        answer = self._client.call(
            "find_file", deadline_s=_reading_s(size_bytes), folder=self._folder, name=name, size=size_bytes
        )
        return FoundFile(**answer)

    def push(self, source: Path, name: str, sha256: str, *, replace: bool, progress: Callable[[int, int], None]) -> str:
        """Bring the file `source`, whose hash is `sha256`, into the folder under `name`; its path there.

        Args:
            source: The file on this host.
            name: Its name on the device.
            sha256: Its hash.
            replace: Whether it may take the place of another file of this name.
            progress: Told how many bytes are there, and of how many.

        Raises:
            UsageError: The name is refused, another file has it, or the folder cannot be used.
            TestbedError: The device's disk is full, or the link died; then what has arrived stays for the next push.
        """
        size_bytes = source.stat().st_size
        with source.open("rb") as file:
            have_bytes = self._begin(file, name, size_bytes, sha256, replace)
            file.seek(have_bytes)
            progress(have_bytes, size_bytes)
            while chunk := file.read(CHUNK_BYTES):
                data = base64.b64encode(chunk).decode("ascii")
                answer = self._client.call("chunk", deadline_s=DEADLINE_S, offset=have_bytes, data=data)
                have_bytes = answer["have_bytes"]
                progress(have_bytes, size_bytes)
        return str(self._client.call("finish", deadline_s=_reading_s(size_bytes))["path"])

    def _begin(self, file: BinaryIO, name: str, size_bytes: int, sha256: str, replace: bool) -> int:
        """How many bytes of the beginning are there already."""
        for fresh in (False, True):
            answer = self._client.call(
                "receive",
                deadline_s=_reading_s(size_bytes),
                folder=self._folder,
                name=name,
                size=size_bytes,
                sha256=sha256,
                replace=replace,
                fresh=fresh,
            )
            if answer["have_sha256"] == _beginning_sha256(file, answer["have_bytes"]):
                break  # else the board lost power, and its disk what it had not written yet
        return int(answer["have_bytes"])


def _beginning_sha256(file: BinaryIO, length_bytes: int) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while length_bytes > 0 and (block := file.read(min(CHUNK_BYTES, length_bytes))):
        digest.update(block)
        length_bytes -= len(block)
    return digest.hexdigest()


def _reading_s(size_bytes: int) -> float:
    return DEADLINE_S + size_bytes / SLOWEST_BYTES_PER_S
