"""All exports there are. A new one is a file beside this one, and one line here."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.errors import UsageError, did_you_mean
from configspec.reporting.exports.bencher import Bencher
from configspec.reporting.exports.csv_table import CsvTable
from configspec.reporting.exports.export import Export
from configspec.reporting.exports.github_action_benchmark import GithubActionBenchmark
from configspec.reporting.exports.go_bench import GoBench
from configspec.reporting.exports.openmetrics import OpenMetrics
from configspec.reporting.exports.parquet import Parquet

EXPORTS: tuple[Export, ...] = (CsvTable(), Parquet(), Bencher(), GithubActionBenchmark(), GoBench(), OpenMetrics())


def export(name: str, known: Sequence[Export] = EXPORTS) -> Export:
    """The export of that name.

    Raises:
        UsageError: None has it; the message names those there are.
    """
    for one in known:
        if one.name == name:
            return one
    raise UsageError(f"--format {name!r} is not known. {did_you_mean(name, [one.name for one in known])}")
