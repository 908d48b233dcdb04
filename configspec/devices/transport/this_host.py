"""Programs of this host, run as a board's are: for an interpreter in a container, whose files are not this host's."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from configspec.devices.transport.bounded_run import run_bounded


class ThisHost:
    """Runs programs here, where no link can break and no login shell is in between."""

    where = "this machine"

    def run(self, program: Sequence[str], *, stdin: bytes, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end.

        Raises:
            OSError: It cannot be started.
            subprocess.TimeoutExpired, TooMuchOutput: It was ended here.
        """
        return run_bounded(program, stdin=stdin, timeout_s=timeout_s)

    def obstacle(self, status: int, stderr: str) -> None:
        """None: nothing is in between."""
