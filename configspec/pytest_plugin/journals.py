"""Where a run's journal lies, which one `--resume last` means, and what becomes of one that is resumed in its place."""

from __future__ import annotations

import itertools
import os
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.pytest_plugin import private_benchmark
from configspec.pytest_plugin.asked import Asked
from configspec.pytest_plugin.journal_folder import last_with_a_row, new_name, prune
from configspec.pytest_plugin.options import LAST
from configspec.pytest_plugin.redaction import public_row
from configspec.pytest_plugin.run import EarlierRun, MeasuringRun
from configspec.pytest_plugin.summary import tell_aside
from configspec.pytest_plugin.visits import begin_visits, visits_folder
from configspec.records.journal import Journal
from configspec.records.journal_line import is_journal
from configspec.records.journal_lock import hold_journal, is_being_written
from configspec.records.samples import carry_samples, samples_folder


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
        **private_benchmark.run_facts(config),
    }
    in_place = named is not None and earlier is not None and named.resolve() == earlier.path.resolve()
    if earlier is not None:
        held = hold_journal(earlier.path, alone=in_place)
        if held is not None:
            config.add_cleanup(held.close)
    if in_place and earlier is not None and not earlier.whole:
        run.aside = _free_name_beside(earlier.path)
    with new_name(run.asked.journals, began) if named is None else nullcontext(named) as path:
        run.journal = Journal(
            path,
            header,
            earlier=() if earlier is None else (public_row(run, kept.entry) for kept in earlier.rows.values()),
            replace=in_place,
            aside=run.aside,
        )
    if run.aside is not None:
        tell_aside(run, config)
    run.samples = samples_folder(run.journal.path)
    run.visits = _begin_visits(run.journal.path, earlier)
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
        prune(run.asked.journals, run.journal.path)


def _begin_visits(journal: Path, earlier: EarlierRun | None) -> Path:
    """The folder for what is timed of cells that have no rows yet, with what a run that is resumed has of them."""
    try:
        return begin_visits(journal, None if earlier is None else earlier.path)
    except OSError as problem:
        raise UsageError(
            f"{visits_folder(journal)}: what earlier passes have timed cannot be taken over: {problem.strerror}. "
            "Choose another folder: configspec_journal in the pytest configuration, or --journal FILE."
        ) from problem


def check_journal(asked: Asked) -> None:
    """A UsageError where the journal that was named already exists and is not what the run resumes."""
    if asked.journal is None or not os.path.lexists(asked.journal):
        return
    if asked.journal.is_dir():
        raise UsageError(
            f"--journal {asked.journal}: a folder, and it names a file. Name a file in it; the folder of the journals "
            "that nobody names is configspec_journal in the pytest configuration."
        )
    if asked.resume is None or earlier_path(asked).resolve() != asked.journal.resolve():
        raise UsageError(
            f"--journal {asked.journal}: already exists. Choose another name, or resume it: --resume {asked.journal}"
        )
    if not is_journal(asked.journal):
        raise UsageError(
            f"--journal {asked.journal}: it is a results file, and the journal would take its place. Choose another "
            "name for the journal."
        )


def _free_name_beside(path: Path) -> Path:
    """A name for what is to be kept of a journal that another one takes the place of."""
    names = (path.with_name(f"{path.name}.before-{number}") for number in itertools.count(1))
    return next(name for name in names if not os.path.lexists(name))


def earlier_path(asked: Asked) -> Path:
    """What --resume names.

    Raises:
        UsageError: There is no last journal, or another run is still writing this one.
    """
    assert asked.resume is not None
    if asked.resume == LAST:
        path = last_with_a_row(asked.journals)
        if path is None:
            raise UsageError(
                f"--resume last: {asked.journals} holds no journal with a finished row. Measure without it."
            )
    else:
        path = Path(asked.resume)
    if is_being_written(path):
        raise UsageError(f"--resume {path}: another run is still writing it. Wait for it to end.")
    return path
