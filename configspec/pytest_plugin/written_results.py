"""After pytest-benchmark wrote its files: each is made compact, and the side files are put beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from configspec.errors import ConfigspecError
from configspec.pytest_plugin import private_api
from configspec.pytest_plugin.run import MeasuringRun
from configspec.pytest_plugin.shown import terminal_of
from configspec.records.results_file import rewrite_results
from configspec.records.samples import carry_samples, samples_folder


def finish_results(run: MeasuringRun, config: pytest.Config) -> None:
    """A row a line, shared facts once in the head, side files beside it; what cannot be done is reported.

    The file that pytest-benchmark wrote is whole, so nothing is lost where this fails.
    """
    if not run.rows:
        return
    for path in private_api.written_files(config):
        try:
            rewrite_results(path)
        except (ConfigspecError, OSError) as problem:
            _tell(config, f"{path} is whole, but could not be made compact: {problem}")
        try:
            _put_samples(run, config, path)
        except OSError as problem:
            _tell(config, f"{path} is whole, but its side files could not be put beside it: {problem}")


def _put_samples(run: MeasuringRun, config: pytest.Config, path: Path) -> None:
    if run.samples is None:
        return
    missing = carry_samples((kept.row.samples for kept in run.rows.values()), run.samples, samples_folder(path))
    if missing:
        _tell(config, f"{len(missing)} side files of {path} are missing; its rankings need none of them")


def _tell(config: pytest.Config, problem: str) -> None:
    """At once: the summary was written before pytest-benchmark wrote its files."""
    terminal = terminal_of(config)
    if terminal is not None:
        terminal.write_now(problem, yellow=True)
