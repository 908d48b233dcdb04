"""Runs a program in a real pseudo-terminal, and tells all that a person would have seen."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from terminal_screen import Screen

NOT_OURS = ("CI", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "COLUMNS", "LINES", "PYTEST_ADDOPTS")


@dataclass
class Seen:
    """What was seen: the screen at the end, and whatever stood in any of its rows on the way."""

    screen: Screen
    code: int = 0
    raw: str = ""
    ever: set[str] = field(default_factory=set)


def run_on_terminal(
    command: Sequence[str],
    *,
    columns: int = 80,
    lines: int = 24,
    cwd: Path,
    environment: Mapping[str, str],
) -> Seen:
    """Run it to its end; standard input, output and error are the terminal."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    process = subprocess.Popen(
        command,
        stdin=side,
        stdout=side,
        stderr=side,
        cwd=cwd,
        env={**inherited, "TERM": "xterm-256color", **environment},
        start_new_session=True,
    )
    os.close(side)
    seen = Seen(Screen(columns, lines))
    with os.fdopen(main, "rb", buffering=0) as output:
        while True:
            try:
                piece = output.read(4096)
            except OSError:  # the program is gone, and its terminal with it
                break
            if not piece:
                break
            text = piece.decode("utf-8", "replace")
            seen.raw += text
            for part in text.splitlines(keepends=True):
                seen.screen.feed(part)
                seen.ever.update("".join(row).rstrip() for row in seen.screen.rows[-lines:])
    seen.code = process.wait()
    return seen
