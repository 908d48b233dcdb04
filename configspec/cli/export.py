"""`configspec export`: the figures of a file of rows in the form of another tool."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.atomic import replacing
from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.inputs import check_no_input
from configspec.cli.left_out import add_strict, begin_list, strict_code, tell_implausible, tell_left_out
from configspec.cli.output import ReaderGone, complain, say, say_pieces
from configspec.errors import UsageError
from configspec.reporting.exports.export import Export, ExportFile
from configspec.reporting.exports.registry import EXPORTS, export
from configspec.theory.objectives.objective import Objective

if TYPE_CHECKING:
    from configspec.reporting.exports.rows_to_export import ExportedRow
    from configspec.reporting.exports.series import Missing
    from configspec.theory.plausibility.rule import Finding

PURPOSE = (
    "Write every figure of a results file or a journal in the format of another tool: the objectives with their "
    "intervals, drafting speed, acceptance, power. Missing values are left out and counted, never zero. "
    "docs/exports.md describes each format."
)
FORMATS = "; ".join(f"{one.name}: for {one.reader}" for one in EXPORTS)
REASONS = 10  # why figures are missing, in messages


def add_export(commands: Commands[argparse.ArgumentParser], objectives: Sequence[Objective]) -> None:
    """The command with its options; it computes each of `objectives`."""
    command = add_command(
        commands,
        "export",
        "write the figures of a results file as CSV, Parquet, or for a benchmark tracker",
        PURPOSE,
        "configspec export results.json --format csv -o results.csv\n"
        "configspec export results.json --format go-bench > monday.txt\n"
        "configspec export results.json --format github-action-benchmark -o folder",
    )
    command.add_argument("results", type=Path, help="a results file (pytest --benchmark-json), or a journal")
    command.add_argument("--format", required=True, metavar="FORMAT", help=FORMATS)
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the file to write, or the folder if a format has several; default: standard output",
    )
    command.add_argument(
        "--allow-throttled",
        action="store_true",
        help="include what was measured while the device throttled, or changed its mode",
    )
    add_strict(command)
    command.set_defaults(run=partial(_export, objectives))


@without_collection()
def _export(objectives: Sequence[Objective], asked: argparse.Namespace) -> int:
    from configspec.reporting.exports.rows_to_export import series_of
    from configspec.reporting.exports.series import counted

    form = export(asked.format)
    form.check()
    _check_place(form, asked.results, asked.output)
    rows, doubts = _rows(asked)
    series, missing = series_of(rows, objectives, allow_throttled=asked.allow_throttled)
    if not series:
        raise UsageError(f"{asked.results}: no configuration is left: {'; '.join(map(str, missing))}.")
    _tell_missing(missing)
    tell_implausible(doubts)
    files = form.files(series)
    if asked.output is None:
        (file,) = files
        # Its last line is ended by whoever writes it.
        say_pieces(_unended(piece.decode() for piece in file.pieces))
    elif _write(form, files, asked.output):
        say(f"{counted(series)} in {asked.output}")
    return strict_code(doubts, strict=asked.strict)


def _rows(asked: argparse.Namespace) -> tuple[list[ExportedRow], tuple[Finding, ...]]:
    """The last row of each configuration, and of each that was decoded for real, flagged with what is hardly plausible.

    Raises:
        RecordError: Rows contradict one another.
    """
    from configspec.records.opening import head_of
    from configspec.records.origin import origin_of
    from configspec.records.reader import read_each
    from configspec.reporting.exports.rows_to_export import exported_row
    from configspec.reporting.plausibility import flagged, implausible
    from configspec.reporting.rows_to_rank import check_setups, last_of_each

    left_out = begin_list(strict=asked.strict)
    rows = read_each(asked.results, exported_row(origin_of(head_of(asked.results))), left_out)
    ranked = last_of_each([row.ranked for row in rows], asked.results, left_out)
    tell_left_out(left_out)
    check_setups(ranked, asked.results)
    doubts = implausible(ranked)
    last = list({(row.ranked.id, row.ranked.end_to_end is not None): row for row in rows}.values())
    known = flagged([row.ranked for row in last], doubts)
    return [replace(row, ranked=one) for row, one in zip(last, known, strict=True)], doubts


def _check_place(form: Export, results: Path, out: Path | None) -> None:
    """Before anything is read: what is written can be put in its place.

    Raises:
        UsageError: What is in the way, and what would do.
    """
    from configspec.records.results_file import check_results_can_be_written

    if out is None:
        if form.files_in_folder:
            raise UsageError(f"--format {form.name} makes several files: name their folder, -o FOLDER.")
        if not form.is_text:
            raise UsageError(f"--format {form.name} is not text: name the file, -o FILE.")
        return
    if form.files_in_folder and out.exists() and not out.is_dir():
        raise UsageError(f"{out}: not a folder, and --format {form.name} makes several files. Name another one.")
    inside = [out / name for name in form.files_in_folder] if form.files_in_folder and out.is_dir() else [out]
    for path in inside:  # a folder that does not exist yet can be made where a file could
        check_no_input(path, [results])
        check_results_can_be_written(path)


def _write(form: Export, files: Sequence[ExportFile], out: Path) -> bool:
    """Write them, each whole or as it was before; whether standard output is left for words."""
    from configspec.records.results_file import is_stream

    if form.files_in_folder:
        _write_folder(form, files, out)
        return True
    (file,) = files
    if not is_stream(out):
        _put(out, file.pieces)
        return True
    try:
        with out.open("ab") as stream:
            stream.writelines(file.pieces)
    except BrokenPipeError:
        raise ReaderGone(f"whoever read {out} has closed it") from None
    except OSError as problem:
        raise UsageError(f"{out}: cannot be written: {problem.strerror}.") from problem
    return False


def _write_folder(form: Export, files: Sequence[ExportFile], out: Path) -> None:
    """An older file that this export does not have is removed: it would be published again as if it were new."""
    try:
        out.mkdir(exist_ok=True)
    except OSError as problem:
        raise UsageError(f"{out}: no folder can be made there: {problem.strerror}.") from problem
    for file in files:
        _put(out / file.name, file.pieces)
    for name in set(form.files_in_folder).difference(file.name for file in files):
        complain(f"{out / name}: not written, since nothing would be in it")
        try:
            (out / name).unlink(missing_ok=True)
        except OSError as problem:
            raise UsageError(f"{out / name}: cannot be removed: {problem.strerror}.") from problem


def _put(path: Path, pieces: Iterable[bytes]) -> None:
    try:
        with replacing(Path(os.path.realpath(path))) as partial_file, partial_file.open("wb") as file:
            file.writelines(pieces)
    except OSError as problem:
        raise UsageError(f"{path}: cannot be written: {problem.strerror}.") from problem


def _tell_missing(missing: Sequence[Missing]) -> None:
    for one in missing[:REASONS]:
        complain(str(one))
    if len(missing) > REASONS:
        rest = sum(one.count for one in missing[REASONS:])
        complain(f"and {rest} more values are missing, for {len(missing) - REASONS} more reasons")


def _unended(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces without the end of their last line."""
    last = ""
    for piece in pieces:
        yield last
        last = piece
    yield last.removesuffix("\n")
