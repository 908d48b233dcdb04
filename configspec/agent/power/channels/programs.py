"""Programs that print something and end."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

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
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(command, stdin=nothing, stdout=pipe, stderr=pipe) as process:
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise OSError(errno.ETIMEDOUT, f"{command[0]} did not end within {timeout_s:g} s") from None
    if len(out) > OUTPUT_BYTES:
        raise OSError(errno.EFBIG, f"{command[0]} printed {len(out)} bytes")
    return Output(process.returncode, out.decode("utf-8", "replace"), err[:OUTPUT_BYTES].decode("utf-8", "replace"))
