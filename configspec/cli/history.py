"""`configspec history`: how each series went, and where it changed. `configspec history add` keeps runs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.output import say, say_document, say_pieces, say_text
from configspec.cli.unread import SHOWN, tell_unread
from configspec.errors import UsageError

if TYPE_CHECKING:
    from configspec.histories.run import Run
    from configspec.histories.sources import Sources

LAST, TOP, MOST = 60, 40, 100_000
MOST_PROCESSES = 4
PURPOSE = (
    "Show how each series developed over the runs of a folder, of pytest-benchmark's storage or of files: its trend, "
    "where its level moved, and what changed there, in the setup and between which commits. A folder is read once: an "
    "index in the cache recognises its files by their content. Exit code 1 means that files were skipped, or are gone."
)


def add_history(commands: Commands[argparse.ArgumentParser]) -> None:
    """Both commands with their options."""
    history = add_command(
        commands,
        "history",
        "show how each series developed over releases, commits or nights, and where it changed",
        PURPOSE,
        "configspec history runs/\n"
        "configspec history .benchmarks --by commit --series '*/goodput'\n"
        "configspec history v1.0:results.json v1.1:results.json results.json --by release --format csv",
    )
    history.add_argument("runs", nargs="+", metavar="RUNS", help="folders, files, stored runs (0007, latest), TAG:FILE")
    history.add_argument("--by", choices=("release", "commit", "date"), default="date", help="default: date, by nights")
    history.add_argument(
        "--series",
        action="append",
        metavar="PATTERN",
        help="such as 'dev:orin:*/goodput'; repeatable; default: all of the usual metrics",
    )
    history.add_argument(
        "--last", type=int, default=LAST, metavar="N", help=f"look at the last N points; default: {LAST}"
    )
    history.add_argument("--top", type=int, default=TOP, metavar="N", help=f"series in the table; default: {TOP}")
    history.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: table")
    history.add_argument(
        "--benchmark-storage", metavar="FOLDER", help="pytest-benchmark's storage; default: .benchmarks"
    )
    history.add_argument("--forget-gone", action="store_true", help="name files that are gone a last time")
    history.set_defaults(run=_history)
    add = add_command(
        commands,
        "history add",
        "keep runs in an append-only store of compact files",
        "Put the runs of results files and journals into a store: a folder of compact files by year and month, such "
        "as a checked-out branch. A run that is already there is named, and not added again; a file in the "
        "store is never changed. Exit code 1 means that a file was skipped.",
        "configspec history add history/ results.json",
    )
    add.add_argument("store", type=Path, metavar="STORE", help="the folder; made if it does not exist")
    add.add_argument(
        "results", nargs="+", metavar="RESULTS", help="files, folders, stored runs (0007, latest), TAG:FILE"
    )
    add.add_argument("--benchmark-storage", metavar="FOLDER", help="pytest-benchmark's storage; default: .benchmarks")
    add.set_defaults(run=_add)


@without_collection()
def _history(asked: argparse.Namespace) -> int:
    for option, number in (("--last", asked.last), ("--top", asked.top)):
        if not 1 <= number <= MOST:
            raise UsageError(f"{option} is {number}; it takes 1 to {MOST}.")
    return _show(asked)


def _show(asked: argparse.Namespace) -> int:
    from configspec.cache import default_root
    from configspec.histories.git import releases
    from configspec.histories.trend import Asked, trends

    found = _sources(asked, asked.runs, cache=default_root(), forget=asked.forget_gone)
    runs = found.runs
    if asked.by == "release":
        known = releases(_folder_of(asked.runs), (run.commit for run in runs if run.commit))
        runs = tuple(_released(run, known.get(run.commit or "")) for run in runs)
    shown = trends(runs, Asked(by=asked.by, patterns=tuple(asked.series or ()), last=asked.last))
    if not shown:
        raise UsageError(_no_series(runs, asked.series))
    if asked.format == "json":
        from configspec.reporting.history_document import history_json
        from configspec.reporting.json_text import json_pieces

        say_pieces(json_pieces(history_json(shown, asked.by, found.unread)))
    elif asked.format == "csv":
        import csv
        import io

        from configspec.reporting.history_document import history_csv

        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(history_csv(shown))
        say_text(text.getvalue())
    else:
        from configspec.reporting.history_document import history_document

        say_document(history_document(shown, asked.by, asked.top))
    return int(found.unread.lost)


@without_collection()
def _add(asked: argparse.Namespace) -> int:
    from configspec.histories.store import add_run

    found = _sources(asked, asked.results, choices=True)
    for run in found.runs:
        added = add_run(asked.store, run)
        say(f"{run.source}: {'kept as' if added.new else 'was kept before, as'} {added.path}")
    return int(found.unread.lost)


def _sources(
    asked: argparse.Namespace,
    arguments: Sequence[str],
    *,
    cache: Path | None = None,
    choices: bool = False,
    forget: bool = False,
) -> Sources:
    """The runs that are named; what was not taken is told. UsageError where no run is left."""
    from configspec.histories.sources import Places, read_sources
    from configspec.histories.storage import storage_folder

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = min(usable, MOST_PROCESSES)
    places = Places(storage=storage_folder(asked.benchmark_storage), cache=cache, processes=processes)
    found = read_sources(arguments, places, choices=choices, forget=forget)
    tell_unread(found.unread)
    if not found.runs:
        raise UsageError(
            f"{', '.join(arguments)}: there is no run of configspec. A run is made by: pytest -m hil "
            "--device DEVICE --benchmark-json=results.json"
        )
    return found


def _released(run: Run, release: str | None) -> Run:
    from dataclasses import replace

    return run if run.release or release is None else replace(run, release=release)


def _folder_of(arguments: Sequence[str]) -> Path:
    """Where git is asked which release a commit is of: in the folder of the first argument, else here."""
    first = Path(arguments[0])
    return first if first.is_dir() else first.parent if first.exists() else Path()


def _no_series(runs: Sequence[Run], patterns: Sequence[str] | None) -> str:
    ids = list(dict.fromkeys(one.series.id for run in runs[-1:] for one in run.measured.values()))
    if not ids:
        return "no run has a value of any series"
    named = ", ".join(map(repr, patterns or ()))
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return f"--series {named}: no series is called so. The newest run has {', '.join(ids[:SHOWN])}{more}"
