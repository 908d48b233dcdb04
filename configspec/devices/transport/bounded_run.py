"""Running a program to its end, with bounded output: it is killed if it writes more.

`subprocess.run` would keep all that a board sends, which may be without end.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Sequence

from configspec.devices.transport.local import STDERR_KEPT_BYTES

STDOUT_LIMIT_BYTES = 256 * 1024  # banners, and one line
_PIECE_BYTES = 64 * 1024


class TooMuchOutput(Exception):  # noqa: N818 (what was found)
    """It wrote more to stdout than is accepted; holds the beginning."""


def run_bounded(
    command: Sequence[str], *, stdin: bytes, timeout_s: float, limit_bytes: int = STDOUT_LIMIT_BYTES
) -> subprocess.CompletedProcess[bytes]:
    """The program's status, its stdout and the end of its stderr.

    Raises:
        subprocess.TimeoutExpired: It has not ended in time. It was killed.
        TooMuchOutput: It was killed for writing more than `limit_bytes`.
    """
    end_s = time.monotonic() + timeout_s
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0) as process:
        try:
            stdout, stderr = _exchange(process, stdin, end_s, limit_bytes)
            status = process.wait(max(0.0, end_s - time.monotonic()))
        except BaseException as problem:
            process.kill()
            if isinstance(problem, TimeoutError):
                raise subprocess.TimeoutExpired(command, timeout_s) from None
            raise
    return subprocess.CompletedProcess(command, status, stdout, stderr)


def _exchange(process: subprocess.Popen[bytes], stdin: bytes, end_s: float, limit_bytes: int) -> tuple[bytes, bytes]:
    """Give it its input while its outputs are read: a full pipe on either side would stop both for ever."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    out, err, rest = bytearray(), bytearray(), memoryview(stdin)
    with selectors.DefaultSelector() as ready:
        for pipe in (process.stdout, process.stderr):
            ready.register(pipe, selectors.EVENT_READ)
        os.set_blocking(process.stdin.fileno(), False)
        ready.register(process.stdin, selectors.EVENT_WRITE)
        while ready.get_map():
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            for key, _ in ready.select(left_s):
                if key.fileobj is process.stdin:
                    rest = _feed(process, rest)
                    more = bool(rest)
                else:
                    piece = os.read(key.fd, _PIECE_BYTES)
                    more = bool(piece)
                    kept = out if key.fileobj is process.stdout else err
                    kept += piece
                if not more:
                    ready.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
            del err[:-STDERR_KEPT_BYTES]
            if len(out) > limit_bytes:
                raise TooMuchOutput(bytes(out[:200]))
    return bytes(out), bytes(err)


def _feed(process: subprocess.Popen[bytes], rest: memoryview) -> memoryview:
    assert process.stdin is not None
    try:
        return rest[os.write(process.stdin.fileno(), rest) :]
    except BrokenPipeError:  # it reads no more; its status says why
        return rest[:0]
