"""The results files of a run, written in pytest-benchmark's place: a row a line, with side files beside them.

pytest-benchmark empties the file that it is to write, and a kill or a full disk leaves half of it. Here a file that was
there before stays until the new one is whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from configspec.count_words import count_words
from configspec.errors import UsageError
from configspec.pytest_plugin import private_benchmark
from configspec.pytest_plugin.run import MeasuringRun
from configspec.records.results_file import check_results_can_be_written, is_stream, write_results
from configspec.records.row_file import ROWS
from configspec.records.samples import carry_samples, samples_folder

Entries = Sequence[Mapping[str, object]]


class ResultsFiles:
    """What became of the results files of one run."""

    def __init__(self, run: MeasuringRun) -> None:
        self.written: dict[Path, frozenset[object]] = {}  # whole, with every time; the names of its rows
        self.refused: dict[Path, str] = {}  # what could not be written, and why
        self.refused_rows: Entries = ()  # of one of them
        self.notes: list[str] = []  # about side files
        self._run = run

    def put(self, path: Path, document: Mapping[str, object], *, new: bool = False) -> bool:
        """Write a results file; whether it is there.

        Raises:
            FileExistsError: It was to be `new`, and there is one.
        """
        rows, head = _rows_of(document), {key: value for key, value in document.items() if key != ROWS}
        if rows is None:
            self.refuse(path, document, "a hook pytest_benchmark_update_json has left no list of rows in it")
            return False
        try:
            write_results(path, head, lambda: rows, new=new)
        except OSError as problem:
            if new and isinstance(problem, FileExistsError):
                raise
            self.refuse(path, document, problem.strerror or str(problem))
            return False
        if not is_stream(path):
            if not new:  # what pytest-benchmark saves may lack the times
                self.written[path] = frozenset(row.get("fullname") for row in rows)
            self._put_samples(path)
        return True

    def refuse(self, path: Path, document: Mapping[str, object], why: str) -> None:
        """Remember that this file could not be written, and its rows."""
        self.refused[path] = why
        self.refused_rows = _rows_of(document) or ()  # else the run has its own

    def _put_samples(self, path: Path) -> None:
        if self._run.samples is None:
            return
        refs = (kept.row.samples for kept in self._run.rows.values())
        try:
            missing = carry_samples(refs, self._run.samples, samples_folder(path))
        except OSError as problem:
            self.notes.append(f"{path} is whole, but its side files could not be put beside it: {problem}")
            return
        if missing:
            files = f"{count_words(len(missing), 'side file')} of {path} {'is' if len(missing) == 1 else 'are'} missing"
            self.notes.append(f"{files}; its rankings need none of them")


def begin_results(run: MeasuringRun, config: pytest.Config) -> None:
    """Before the first test: look whether the results can be written, and take over their writing.

    Raises:
        UsageError: They cannot.
    """
    try:
        for path in private_benchmark.results_asked(config):
            check_results_can_be_written(path)
    except OSError as problem:
        raise UsageError(
            f"{problem.filename}: the results cannot be saved: {problem.strerror}. "
            "Choose another folder: --benchmark-storage."
        ) from problem
    run.results = ResultsFiles(run)
    private_benchmark.write_results_by(config, run.results)


def _rows_of(document: Mapping[str, object]) -> Entries | None:
    """The rows of a document; None where they are none that a file could hold."""
    rows = document.get(ROWS)
    return rows if isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows) else None
