"""Taking a file from a board: its size and hash are told first, and nothing else is believed of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from configspec.devices.setup.board import Bytes
from configspec.devices.setup.shell import BoardShell, answer
from configspec.devices.transport.framing import quote
from configspec.devices.transport.local import Connection, last_lines
from configspec.errors import TestbedError
from configspec.records.bounds import Sha256

SILENT_S = 120.0
POLL_S = 0.5
NOISE_BYTES = 256 * 1024  # of a login shell, ahead of the file
MOST_BYTES = 4 << 30  # of a wheel
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a board says of a file that it hands over."""

    size: Bytes
    sha256: Sha256


def fetch(
    shell: BoardShell, path: str, into: BinaryIO, progress: Progress, *, now_s: Callable[[], float] = time.monotonic
) -> None:
    """Write the board's file into `into`; `progress` is called with how many bytes are there, and of how many.

    Raises:
        LinkLost, DeviceOffline: The way to the board.
        TestbedError: It is not there, or what arrived is not what was told.
    """
    with closing(shell.start("send", path)) as connection:
        pieces = _pieces(shell, connection, now_s)
        told, piece = _told(shell.device, pieces)
        digest, have_bytes = hashlib.sha256(), 0
        while True:
            piece = piece[: told.size - have_bytes]
            into.write(piece)
            digest.update(piece)
            have_bytes += len(piece)
            progress(have_bytes, told.size)
            if have_bytes == told.size:
                break
            piece = next(pieces)
    if digest.hexdigest() != told.sha256:
        raise TestbedError(f"{shell.device}: {path} arrived damaged. Run the command again.")


def _told(device: str, pieces: Iterator[bytes]) -> tuple[_Told, bytes]:
    """What the file is, and the first of its bytes. What a login shell says ahead of it is passed over."""
    held = b""
    while len(held) < NOISE_BYTES:
        line, end, rest = held.partition(b"\n")
        if not end:
            held += next(pieces)
            continue
        told = answer(line, _Told, device=device)
        if told is not None and told.size <= MOST_BYTES:
            return told, rest
        if told is not None:
            raise TestbedError(f"{device}: a wheel there has {told.size:,} bytes, and {MOST_BYTES:,} are the most.")
        held = rest
    raise TestbedError(f"{device}: its login shell writes without end. It wrote {quote(held[:200])}.")


def _pieces(shell: BoardShell, connection: Connection, now_s: Callable[[], float]) -> Iterator[bytes]:
    """What the board writes, as it comes; an error where no more comes."""
    heard_s = now_s()
    while now_s() - heard_s < SILENT_S:
        piece = connection.receive(POLL_S)
        if piece == b"":
            words = last_lines(shell.ended(connection, b"").output)
            raise TestbedError(f"{shell.device}: it handed a file over in part. It wrote: {words}")
        if piece:
            heard_s = now_s()
            yield piece
    raise TestbedError(f"{shell.device}: it fell silent while it handed a file over.")
