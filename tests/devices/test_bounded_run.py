"""Running a program whose output may be anything, without keeping all of it."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc

import pytest

from configspec.devices.transport.bounded_run import TooMuchOutput, run_bounded
from configspec.devices.transport.local import STDERR_KEPT_BYTES

pytestmark = pytest.mark.real


def python(text: str, *, stdin: bytes = b"", timeout_s: float = 20.0) -> subprocess.CompletedProcess[bytes]:
    return run_bounded([sys.executable, "-c", text], stdin=stdin, timeout_s=timeout_s)


def test_input_output_and_status_are_the_programs_own() -> None:
    """More input than a pipe holds, while it writes to both outputs."""
    ended = python(
        "import sys; sys.stderr.write('e' * 200_000 + 'END'); n = len(sys.stdin.buffer.read()); print(n); sys.exit(7)",
        stdin=b"x" * 3_000_000,
    )
    assert (ended.returncode, ended.stdout) == (7, b"3000000\n")
    assert len(ended.stderr) == STDERR_KEPT_BYTES
    assert ended.stderr.endswith(b"END")


def test_a_program_that_reads_nothing_ends_as_it_does() -> None:
    """What it was to read goes nowhere."""
    assert python("import os; os.close(0); print(1)", stdin=b"x" * 3_000_000).stdout == b"1\n"


def test_output_without_end_is_ended() -> None:
    """By its size, in no time, and no more is held than was allowed."""
    tracemalloc.start()
    with pytest.raises(TooMuchOutput, match="yyyy"):
        python("import os\nwhile True: os.write(1, b'y' * 65536)")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 4_000_000


@pytest.mark.parametrize(
    "text", ["import time; time.sleep(60)", "import os, time; os.close(1); os.close(2); time.sleep(60)"]
)
def test_a_program_that_does_not_end_is_killed_in_time(text: str) -> None:
    """With its outputs open, and with them closed."""
    begin_s = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        python(text, timeout_s=0.3)
    assert time.monotonic() - begin_s < 5
