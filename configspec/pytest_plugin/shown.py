"""All that a run says to people through pytest: nothing reaches its terminal or its reports but through here.

Every line is printable (`configspec/printable.py`): what boards, servers and files call themselves stands in it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from configspec.errors import ConfigspecError
from configspec.printable import printable_line, printable_lines
from configspec.pytest_plugin.short_names import spelled
from configspec.reporting.live_text import is_live

if TYPE_CHECKING:
    from collections.abc import Mapping

    from configspec.reporting.document import Section
    from configspec.reporting.terminal import Look

MARKUP: Mapping[Look, Mapping[str, bool]] = {
    "heading": {"bold": True},
    "titles": {"bold": True},
    "note": {"light": True},
    "good": {"green": True},
    "doubtful": {"yellow": True},
    "bad": {"red": True},
}


class Terminal:
    """pytest's terminal, for lines that are printable."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self.config = reporter.config
        self._reporter = reporter

    def section(self, title: str) -> None:
        """Begin a section."""
        self._reporter.section(printable_line(title), sep="=")

    def write_line(self, line: str, *, red: bool = False, yellow: bool = False) -> None:
        """Write one line."""
        self._reporter.write_line(printable_line(line), red=red, yellow=yellow)

    def write_lines(self, text: str, *, red: bool = False) -> None:
        """Write a text of several lines, such as a table."""
        self._reporter.write_line(printable_lines(text), red=red)

    def write_section(self, section: Section, *, most: int | None = None) -> int:
        """Write what is below a heading; each line looks like what it is, where pytest shows colours.

        Args:
            section: What is written.
            most: How many lines at most; None: all.

        Returns:
            How many lines are left out.
        """
        from configspec.reporting.terminal import first_lines, section_lines

        lines = section_lines(section)
        written = lines if most is None else first_lines(lines, most)
        for line in written:
            self._reporter.write_line(printable_line(line.text), **MARKUP.get(line.look, {}))
        return len(lines) - len(written)

    def write_now(self, line: str, *, yellow: bool = False) -> None:
        """Write one line that is seen at once, also between two tests and in a log."""
        self._reporter.ensure_newline()
        self.write_line(line, yellow=yellow)
        self._reporter.flush()


def terminal_of(config: pytest.Config) -> Terminal | None:
    """The terminal, where this process has one: a worker of pytest-xdist has none."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return None if reporter is None else Terminal(reporter)


def write_past_workers(line: str) -> None:
    """Write one line to the standard error that a worker of pytest-xdist shares with its controller."""
    with suppress(OSError):
        if sys.__stderr__ is not None:
            below = "\n\x1b[J" if is_live(sys.__stderr__, os.environ) else ""  # the controller's live line
            sys.__stderr__.write(f"{below}configspec: {printable_line(line)}\n")
            sys.__stderr__.flush()


def message(problem: ConfigspecError, config: pytest.Config) -> str:
    """An error of ours, as a report of pytest shows it."""
    return spelled(config, "\n".join(map(printable_line, problem.lines)))


def usage_error(problem: ConfigspecError | str, config: pytest.Config) -> pytest.UsageError:
    """What ends the run before it begins."""
    if isinstance(problem, str):
        return pytest.UsageError(spelled(config, printable_line(problem)))
    return pytest.UsageError(message(problem, config))
