"""`configspec merge` and `configspec recover`: files of rows -> one results file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.left_out import add_strict, begin_list, tell_left_out
from configspec.cli.output import say
from configspec.count_words import count_words

if TYPE_CHECKING:
    from configspec.records.merge import Merged

MERGE = (
    "Merge results files and journals into one results file, each row once. If a test is in several files, the row "
    "of the newest file is kept. Files must be from one testbed: a name with two meanings is an error "
    "that names both files and what differs. Side files in configspec-samples are merged too. An "
    "entry that cannot be read is left out, named and counted."
)
RECOVER = (
    "Make a results file from the journal of a run that was killed. Every readable row of a damaged journal is taken; "
    "the others are named and counted."
)


def add_merge(commands: Commands[argparse.ArgumentParser]) -> None:
    """Both commands with their options."""
    merge = add_command(
        commands,
        "merge",
        "merge several results files into one",
        MERGE,
        "configspec merge monday.json tuesday.json -o week.json",
    )
    merge.add_argument("files", type=Path, nargs="+", metavar="FILE", help="results files and journals")
    merge.add_argument("-o", "--output", type=Path, required=True, help="the results file to write")
    merge.add_argument(
        "--prefer", choices=("newest",), help="leave out rows that a newer file contradicts, instead of refusing"
    )
    add_strict(merge, judges=False)
    merge.set_defaults(run=_merge)
    recover = add_command(
        commands,
        "recover",
        "make a results file from the journal of a run that was killed",
        RECOVER,
        "configspec recover .configspec/journal/20261124T042547123456-24979.jsonl -o results.json",
    )
    recover.add_argument("journal", type=Path, help="a file of .configspec/journal")
    recover.add_argument("-o", "--output", type=Path, required=True, help="the results file to write")
    add_strict(recover, judges=False)
    recover.set_defaults(run=_recover)


@without_collection()
def _merge(asked: argparse.Namespace) -> int:
    from configspec.records.merge import merge

    left_out = begin_list(strict=asked.strict)
    merged = merge(asked.files, asked.output, prefer_newest=asked.prefer == "newest", left_out=left_out)
    tell_left_out(left_out)
    say(f"{count_words(merged.rows, 'row')} of {count_words(len(asked.files), 'file')} in {asked.output}")
    _print_dropped(merged.in_several_files, "in several files: the newest")
    _print_dropped(merged.twice_in_one_file, "repeated within one file: the last")
    for conflict, count in merged.left_out.items():
        say(f"{_were(count, 'row')} left out: {conflict}")
    for path in merged.undated if len(asked.files) > 1 else ():
        say(f"{path} has no date that can be read: it counted as the oldest")
    _print_losses(merged)
    return 0


@without_collection()
def _recover(asked: argparse.Namespace) -> int:
    from configspec.records.merge import merge

    left_out = begin_list(strict=asked.strict)
    recovered = merge([asked.journal], asked.output, left_out=left_out)
    tell_left_out(left_out)
    say(f"{_were(recovered.rows, 'row')} recovered into {asked.output}")
    _print_losses(recovered)
    return 0


def _print_dropped(count: int, why: str) -> None:
    if count:
        say(f"{_were(count, 'row')} {why}{'' if count == 1 else ' of each'} was kept")


def _print_losses(merged: Merged) -> None:
    if missing := len(merged.missing_samples):
        verb = "is" if missing == 1 else "are"
        say(
            f"{count_words(missing, 'side file')} {verb} missing or damaged: copy the folder configspec-samples with "
            "each file, and merge again"
        )


def _were(count: int, what: str) -> str:
    return f"{count_words(count, what)} {'was' if count == 1 else 'were'}"
