"""Where the rows of a run are at its end: looked up, not assumed. Rows that are in no file are written elsewhere.

A message that says where something is must be true when the disk was full, or the journal was deleted.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from configspec.count_words import count_words
from configspec.errors import UsageError
from configspec.pytest_plugin.run import MeasuringRun
from configspec.pytest_plugin.written_results import Entries
from configspec.records.journal import row_digest
from configspec.records.results_file import write_results


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Of the rows of one run: which are in its journal, and where the others are."""

    rows: int
    journal: Path
    journal_problem: str | None
    in_journal: int
    results: Path | None  # a results file of this run
    nowhere: int  # rows in neither; of a results file that could not be written, those of other benchmarks too
    elsewhere: Path | None  # a file that was made for those
    elsewhere_problem: str | None

    @property
    def lost(self) -> bool:
        """Whether rows are in no file at all."""
        return self.nowhere > 0 and self.elsewhere is None

    def sentence(self) -> str:
        """What the summary says."""
        if self.in_journal == self.rows:
            return f"{count_words(self.rows, 'row')}, each in the journal {self.journal}"
        problem = self.journal_problem or "it is not as it was written: was it deleted or changed?"
        lacking = self.rows - self.in_journal
        said = f"{lacking} of {count_words(self.rows, 'row')} are not in the journal {self.journal}: {problem}"
        if self.results is not None and not self.nowhere:
            return f"{said}. All are in {self.results}"
        if self.elsewhere is not None:
            return f"{said}. They are in {self.elsewhere}, which was made for them"
        return f"{said}. They are in no file: {self.elsewhere_problem}"

    def way_back(self) -> str:
        """Where the rows are, and how one results file is made of them."""
        said = []
        if self.in_journal:
            said.append(f"{count_words(self.in_journal, 'row')} of this run: journal {self.journal}")
        if self.elsewhere is not None:
            said.append(f"{count_words(self.nowhere, 'row')} that no file held: {self.elsewhere}")
        elif self.nowhere:
            said.append(f"{count_words(self.nowhere, 'row')} in no file, since {self.elsewhere_problem}")
        if self.in_journal and self.elsewhere is not None:
            said.append(f"configspec merge {_quoted(self.journal)} {_quoted(self.elsewhere)} -o results.json")
        elif self.in_journal:
            said.append(f"configspec recover {_quoted(self.journal)} -o results.json")
        return ". ".join(said)


def look(run: MeasuringRun) -> Whereabouts | None:
    """Read the journal back, and write what is in no file into the folder for temporary files; None without rows."""
    if run.journal is None or run.results is None or not (run.rows or run.results.refused):
        return None
    held = run.journal.digests_on_disk()
    journalled = {name for name, kept in run.rows.items() if row_digest(kept.json.encode()) in held}
    written = {path: names for path, names in run.results.written.items() if path.is_file()}
    found = journalled.union(*written.values())
    lacking = {str(row.get("fullname")): row for row in run.results.refused_rows if row.get("fullname") not in found}
    lacking.update((name, kept.entry) for name, kept in run.rows.items() if name not in found)
    elsewhere, problem = _put_elsewhere(tuple(lacking.values()), run.journal.header) if lacking else (None, None)
    return Whereabouts(
        rows=len(run.rows),
        journal=run.journal.path,
        journal_problem=run.journal_problem,
        in_journal=len(journalled),
        results=next(iter(written), None),
        nowhere=len(lacking),
        elsewhere=elsewhere,
        elsewhere_problem=problem,
    )


def refuse_what_is_missing(where: Whereabouts, refused: Mapping[Path, str]) -> None:
    """The last words of a run whose results, or some of whose rows, are not where they were to be.

    Raises:
        UsageError: That, with how a results file is made of what there is.
    """
    if refused:
        files = "; ".join(f"{path}: {why}" for path, why in refused.items())
        raise UsageError(f"the results could not be written: {files}. {where.way_back()}")
    if where.lost:
        raise UsageError(f"rows are lost: {where.way_back()}")


def _put_elsewhere(rows: Entries, header: Mapping[str, object]) -> tuple[Path | None, str | None]:
    """The file that holds these rows now, which only its owner may read; or why there is none."""
    head = {
        "machine_info": header.get("machine_info", {}),
        "commit_info": header.get("commit_info", {}),
        "datetime": header.get("datetime"),
        "version": header.get("pytest_benchmark"),
    }
    path: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix="configspec-rows-", suffix=".json")
        os.close(descriptor)
        path = Path(name)
        write_results(path, head, lambda: rows)
    except OSError as problem:
        if path is not None:
            path.unlink(missing_ok=True)
        folder = "the folder for temporary files" if path is None else path.parent
        return None, f"{folder} cannot be written either ({problem.strerror})"
    return path, None


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
