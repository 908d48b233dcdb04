"""What an export is: a form that another tool reads, written as one file or as several in a folder.

One file beside this one is one form. `registry.py` lists them; the command line takes whatever is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from configspec.reporting.exports.series import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """One file: its name, where several lie in a folder, and its content, a piece at a time."""

    name: str
    pieces: Iterable[bytes]


class Export(Protocol):
    """One form."""

    @property
    def name(self) -> str:
        """As `--format` has it."""

    @property
    def reader(self) -> str:
        """Who reads it, for the help."""

    @property
    def files_in_folder(self) -> tuple[str, ...]:
        """The names of its files, all that there may be; none where it is one file, and has the user's name."""

    @property
    def is_text(self) -> bool:
        """Whether it may go to standard output: UTF-8, and in it nothing that moves a terminal or commands a runner."""

    def check(self) -> None:
        """UsageError, which names the command, where what it needs is not installed."""

    def files(self, series: Sequence[Series]) -> tuple[ExportFile, ...]:
        """Its files. In a folder one that would hold nothing is not among them; else there is exactly one."""


def encoded(lines: Iterable[str], end: str = "\n") -> Iterator[bytes]:
    """Lines of a text as the bytes of a file."""
    for line in lines:
        yield (line + end).encode()
