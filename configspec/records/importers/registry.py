"""All importers there are. A new one is a file beside this one, one line here, and a recording."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.errors import RecordError
from configspec.records.importers.csv_cells import CsvCells
from configspec.records.importers.imported import Imported
from configspec.records.importers.importer import Importer
from configspec.records.importers.llama_bench import LlamaBench
from configspec.records.importers.llama_server import LlamaServer
from configspec.records.importers.names import Names
from configspec.records.importers.sglang import Sglang
from configspec.records.importers.source_text import SourceText
from configspec.records.importers.verification import VerificationTimes
from configspec.records.importers.vllm_metrics import VllmMetrics

IMPORTERS: tuple[Importer, ...] = (
    LlamaBench(),
    VllmMetrics(),
    Sglang(),
    LlamaServer(),
    VerificationTimes(),
    CsvCells(),
)


def imported(importer: Importer, source: SourceText, names: Names, known: Sequence[Importer] = IMPORTERS) -> Imported:
    """What an importer takes of a file.

    Raises:
        RecordError: The file is another tool's, which is named if it is known, or it is damaged.
        UsageError: An option has to say what the file does not.
    """
    if not importer.recognises(source.text):
        others = [f"configspec import {one.name}" for one in known if one.recognises(source.text)]
        hint = f" It looks like what {' or '.join(others)} reads." if others else ""
        raise RecordError(f"{source.path}: nothing of {importer.name} is in it ({importer.reads}).{hint}")
    return importer.read(source, names)
