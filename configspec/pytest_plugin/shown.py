"""All that a run says to people through pytest: nothing reaches its terminal or its reports but through here.

Every line is printable (`configspec/printable.py`): what boards, servers and files call themselves stands in it.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from configspec.errors import ConfigspecError
from configspec.printable import printable_line, printable_lines
from configspec.pytest_plugin.short_names import spelled
from configspec.reporting.live_text import is_live
from configspec.reporting.terminal import Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from configspec.pytest_plugin.private_pytest import Writer
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


PAGE = 80, 40  # columns and lines, of a pipe or a log


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

    def write_section(self, section: Section) -> None:
        """Write what is below a heading; each line looks like what it is, where pytest shows colours."""
        from configspec.reporting.terminal import section_lines

        self.write_looks(section_lines(section))

    def write_looks(self, lines: Iterable[Line]) -> None:
        """Write lines, each as it looks where pytest shows colours."""
        for line in lines:
            self._reporter.write_line(printable_line(line.text), **MARKUP.get(line.look, {}))

    def write_broken(self, lines: Iterable[Line]) -> None:
        """The same, broken between words where a person sees them; elsewhere a line stays one, so that it is found."""
        from configspec.reporting.short_run import broken

        columns, _ = self.size
        whole = [Line(printable_line(line.text), line.look) for line in lines]
        self.write_looks(whole if not self._reporter.isatty else [row for one in whole for row in broken(one, columns)])

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of a screen: the terminal's; elsewhere those of a page that is still easily read."""
        return tuple(shutil.get_terminal_size(PAGE)) if self._reporter.isatty else PAGE  # type: ignore[return-value]

    def write_now(self, line: str, *, yellow: bool = False) -> None:
        """Write one line that is seen at once, also between two tests and in a log."""
        self._reporter.ensure_newline()
        self.write_line(line, yellow=yellow)
        self._reporter.flush()


def terminal_of(config: pytest.Config) -> Terminal | None:
    """The terminal, where this process has one: a worker of pytest-xdist has none."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return None if reporter is None else Terminal(reporter)


def own_writer(config: pytest.Config) -> Writer | None:
    """What pytest's own reporter writes with; None where another one, as of pytest-sugar, draws in its own way."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return config.get_terminal_writer() if type(reporter) is pytest.TerminalReporter else None


def live_output() -> tuple[int, str] | None:
    """Where a line can be rewritten in place: a descriptor of its own and an encoding; None where it cannot.

    The descriptor stays the terminal's while tests are captured.
    """
    if sys.stdout is None or not is_live(sys.stdout, os.environ):
        return None
    try:
        return os.dup(sys.stdout.fileno()), sys.stdout.encoding or "utf-8"
    except (OSError, ValueError):
        return None


def write_past_workers(line: str) -> None:
    """Write one line to the standard error that a worker of pytest-xdist shares with its controller."""
    with suppress(OSError):
        if sys.__stderr__ is not None:
            below = "\n\x1b[J" if is_live(sys.__stderr__, os.environ) else ""  # the controller's live line
            sys.__stderr__.write(f"{below}configspec: {printable_line(line)}\n")
            sys.__stderr__.flush()


def message(problem: ConfigspecError, config: pytest.Config) -> str:
    """An error of ours, as a report of pytest shows it."""
    return spelled(config, "\n".join(map(printable_line, problem.on_a_screen)))


def usage_error(problem: ConfigspecError | str, config: pytest.Config) -> pytest.UsageError:
    """What ends the run before it begins."""
    if isinstance(problem, str):
        return pytest.UsageError(spelled(config, printable_line(problem)))
    return pytest.UsageError(message(problem, config))
