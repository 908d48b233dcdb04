"""Programs that print something and end."""

from __future__ import annotations

import errno
import os
import select
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Tuple

OUTPUT_BYTES = 64 * 1024


@dataclass(frozen=True)
class Output:
    """What a program printed, its complaints apart, and how it ended."""

    status: int
    text: str
    complaints: str = ""


def run_program(command: Sequence[str], timeout_s: float) -> Output:
    """Run it to its end.

    Raises:
        OSError: It cannot be started, does not end in time, or prints more than anybody would read.
    """
    nothing, pipe, end_s = subprocess.DEVNULL, subprocess.PIPE, time.monotonic() + timeout_s
    try:
        process = subprocess.Popen(command, stdin=nothing, stdout=pipe, stderr=pipe, bufsize=0)
    except ValueError as error:  # a NUL in a word
        raise OSError(errno.EINVAL, str(error)) from None
    with process:  # closes the pipes: a child of the program that still holds them is not waited for
        try:
            out, err = _read_both(process, end_s)
            status = process.wait(max(0.0, end_s - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            raise OSError(errno.ETIMEDOUT, f"{command[0]} did not end within {timeout_s:g} s") from None
        except OverflowError:
            raise OSError(errno.EFBIG, f"{command[0]} printed more than {OUTPUT_BYTES} bytes") from None
        finally:
            process.kill()
    return Output(status, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


def _read_both(process: subprocess.Popen[bytes], end_s: float) -> Tuple[bytes, bytes]:
    """All that it prints and complains, read as it comes; TimeoutError, or OverflowError where it is too much."""
    assert process.stdout is not None
    assert process.stderr is not None
    found = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    ready, still_open = select.poll(), set(found)
    for pipe in found:
        ready.register(pipe, select.POLLIN)
    while still_open:
        events = ready.poll(max(0.0, end_s - time.monotonic()) * 1000)
        if not events:
            raise TimeoutError
        for pipe, _ in events:
            piece = os.read(pipe, 4096)
            found[pipe] += piece
            if not piece:
                ready.unregister(pipe)
                still_open.remove(pipe)
            if len(found[pipe]) > OUTPUT_BYTES:
                raise OverflowError
    out, err = found.values()
    return bytes(out), bytes(err)
