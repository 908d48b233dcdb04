"""What an importer is: one tool's output, in every form and version of it that is known, read into figures.

One file beside this one is one tool. `registry.py` lists them; the command line takes whatever is listed.
"""

from __future__ import annotations

from typing import Literal, Protocol

from configspec.records.importers.imported import Imported
from configspec.records.importers.names import Names
from configspec.records.importers.source_text import SourceText

Option = Literal["device", "draft", "k", "where", "concurrency", "acceptance-length", "price"]


class Importer(Protocol):
    """One tool."""

    @property
    def name(self) -> str:
        """As the command line has it: `configspec import NAME FILE`."""

    @property
    def reads(self) -> str:
        """What of the tool it reads, for the help: a phrase."""

    @property
    def options(self) -> frozenset[Option]:
        """What a person may have to say beside the family's name."""

    @property
    def example(self) -> str:
        """A command line that works, without `configspec import`."""

    def recognises(self, text: str) -> bool:
        """Whether the text looks like this tool's. Quick; it may be damaged all the same."""

    def read(self, source: SourceText, names: Names) -> Imported:
        """The figures of a file that it recognises.

        Raises:
            RecordError: The file is damaged, of another version, or says what cannot be; it is named with its line.
            UsageError: An option has to say what the file does not.
        """
