"""Where a run's journal lies, and which one `--resume last` means."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.pytest_plugin import private_api
from configspec.pytest_plugin.options import LAST, Asked
from configspec.pytest_plugin.redaction import public_row
from configspec.pytest_plugin.run import MeasuringRun
from configspec.records.journal import Journal, is_being_written
from configspec.records.samples import carry_samples, prune_samples, samples_folder

KEPT = 20  # journals of the folder
OURS = "[0-9]*T[0-9]*-[0-9]*.jsonl"  # those that nobody named; they sort by time


def begin_journal(run: MeasuringRun, config: pytest.Config) -> None:
    """Open the journal; with --resume it begins with the earlier rows, so that it lacks nothing whenever it ends.

    Raises:
        UsageError: It already exists, or cannot be written.
    """
    began = datetime.now(UTC)
    named, earlier = run.asked.journal, run.earlier
    header = {
        "command": None if run.asked.anonymous else sys.argv[1:],
        "inventory_sha256": run.plan.inventory.sha256,
        "datetime": began.isoformat(),
        **private_api.run_facts(config),
    }
    run.journal = Journal(
        named or run.asked.journals / f"{began:%Y%m%dT%H%M%S%f}-{os.getpid()}.jsonl",
        header,
        earlier=() if earlier is None else (public_row(run, kept.entry) for kept in earlier.rows.values()),
        replace=named is not None and earlier is not None and named.resolve() == earlier.path.resolve(),
    )
    run.samples = samples_folder(run.journal.path)
    if earlier is not None:
        refs = [kept.row.samples for kept in earlier.rows.values()]
        try:
            run.missing_samples = len(carry_samples(refs, samples_folder(earlier.path), run.samples))
        except OSError as problem:
            raise UsageError(
                f"{run.samples}: side files of {earlier.path} cannot be written: {problem.strerror}. "
                "Choose another folder: configspec_journal in the pytest configuration, or --journal FILE."
            ) from problem
    if named is None:
        _prune(run.asked.journals, spare=None if earlier is None else earlier.path)


def check_journal(asked: Asked) -> None:
    """A UsageError where the journal that was named already exists and is not what the run resumes."""
    if asked.journal is None or not asked.journal.exists():
        return
    if asked.resume is None or earlier_path(asked).resolve() != asked.journal.resolve():
        raise UsageError(
            f"--journal {asked.journal}: already exists. Choose another name, or resume it: --resume {asked.journal}"
        )


def earlier_path(asked: Asked) -> Path:
    """What --resume names.

    Raises:
        UsageError: There is no last journal, or another run is still writing this one.
    """
    assert asked.resume is not None
    path = _last(asked.journals) if asked.resume == LAST else Path(asked.resume)
    if is_being_written(path):
        raise UsageError(f"--resume {path}: another run is still writing it. Wait for it to end.")
    return path


def _last(folder: Path) -> Path:
    """The newest journal with a finished line: that of a run killed at its first row may hold half a line."""
    for path in sorted(folder.glob(OURS), reverse=True):
        with suppress(OSError), path.open("rb") as file:  # in a shared folder, somebody else's
            if file.readline() and file.readline().endswith(b"\n"):
                return path
    raise UsageError(f"--resume last: {folder} holds no journal with a finished row. Measure without it.")


def _prune(folder: Path, *, spare: Path | None) -> None:
    """Keep the newest journals, and the one that workers have yet to read; no beginnings of runs that were killed.

    Side files go with the last journal that refers to them.
    """
    journals = sorted(folder.glob(OURS))
    for old in [*journals[:-KEPT], *folder.glob(".*.partial")]:
        if old != spare and not is_being_written(old):
            with suppress(OSError):
                old.unlink()
    if len(journals) > KEPT:
        prune_samples(samples_folder(folder / "any.jsonl"), folder.glob("*.jsonl"))
