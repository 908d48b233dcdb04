"""Serial ports, by termios: raw bytes, 8 bits, no parity.

https://man7.org/linux/man-pages/man3/termios.3.html
"""

from __future__ import annotations

import errno
import os
import select
import termios
import time
from typing import Protocol, final

BAUD = {9600: termios.B9600, 19200: termios.B19200, 115200: termios.B115200}


class Port(Protocol):
    """An open serial port."""

    def write(self, data: bytes) -> None:
        """Send all of it; OSError where the port is gone."""

    def read(self, count: int, timeout_s: float) -> bytes:
        """So many bytes, fewer where no more come in time; OSError where the port is gone."""

    def close(self) -> None:
        """Give it back."""


@final
class SerialPort:
    """A character device or a pseudo-terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        """As `Port` says; what was received before is forgotten, since it answers something else."""
        try:
            termios.tcflush(self._descriptor, termios.TCIFLUSH)
        except termios.error as error:
            raise OSError(errno.EIO, f"the port is gone: {error}") from None
        while data:
            data = data[os.write(self._descriptor, data) :]

    def read(self, count: int, timeout_s: float) -> bytes:
        """As `Port` says."""
        found, end_s = bytearray(), time.monotonic() + timeout_s
        while len(found) < count:
            ready, _, _ = select.select([self._descriptor], [], [], max(0.0, end_s - time.monotonic()))
            if not ready:
                break
            piece = os.read(self._descriptor, count - len(found))
            if not piece:
                raise OSError(errno.EIO, "the port is gone")
            found += piece
        return bytes(found)

    def close(self) -> None:
        """As `Port` says."""
        os.close(self._descriptor)


def open_port(path: str, baud: int) -> SerialPort:
    """The port at `path`; OSError where it is no terminal, or cannot be opened."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        speed = BAUD[baud]
        attributes = termios.tcgetattr(descriptor)
        attributes[0] = attributes[1] = attributes[3] = 0  # no translation in, none out, no line editing
        attributes[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        attributes[4] = attributes[5] = speed
        attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 1, 0  # one byte is worth reading: whoever was here
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
        return SerialPort(descriptor)
    except termios.error as error:
        os.close(descriptor)
        raise OSError(errno.ENOTTY, f"{path} is no serial port: {error}") from None
    except BaseException:
        os.close(descriptor)
        raise
