"""`configspec merge` and `configspec recover`: files of rows -> one results file."""

from __future__ import annotations

import argparse
from pathlib import Path

Commands = argparse._SubParsersAction  # argparse has no public name for it


def add_merge(commands: Commands[argparse.ArgumentParser]) -> None:
    """Both commands with their options."""
    merge = commands.add_parser("merge", help="make one results file of several: results or journals, every row once")
    merge.add_argument("files", type=Path, nargs="+", metavar="FILE", help="results files and journals")
    merge.add_argument("-o", "--output", type=Path, required=True, help="the results file to write")
    merge.add_argument(
        "--prefer", choices=("newest",), help="leave out what a newer file contradicts, instead of refusing"
    )
    merge.set_defaults(run=_merge)
    recover = commands.add_parser("recover", help="make a results file of the journal of a run that was killed")
    recover.add_argument("journal", type=Path, help="a file of .configspec/journal")
    recover.add_argument("-o", "--output", type=Path, required=True, help="the results file to write")
    recover.set_defaults(run=_recover)


def _merge(asked: argparse.Namespace) -> int:
    from configspec.records.merge import merge

    merged = merge(asked.files, asked.output, prefer_newest=asked.prefer == "newest")
    print(f"{merged.rows} rows of {len(asked.files)} files in {asked.output}")
    if merged.repeated:
        print(f"{merged.repeated} rows were in several files: the newest stand")
    for conflict, count in merged.left_out.items():
        print(f"{count} rows left out: {conflict}")
    _tell_unread(merged.unread)
    return 0


def _recover(asked: argparse.Namespace) -> int:
    from configspec.records.merge import merge

    recovered = merge([asked.journal], asked.output, salvage=True)
    print(f"{recovered.rows} rows recovered into {asked.output}")
    _tell_unread(recovered.unread)
    return 0


def _tell_unread(lines: int) -> None:
    if lines:
        print(f"{lines} lines of a journal could not be read and are left out")
