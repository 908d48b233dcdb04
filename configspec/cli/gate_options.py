"""What the commands that compare runs have in common: options, and what they say."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.output import complain, say_document, say_pieces, say_text
from configspec.errors import RecordError, UsageError
from configspec.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from configspec.histories.floors import Floors
    from configspec.histories.judging import Checked, CheckRequest
    from configspec.histories.run import Run
    from configspec.reporting.document import Document

RUNS_HELP = "results files, journals, stored runs (0007, latest), folders, TAG:FILE"
NONE = "none"
VERDICT_WIDTH = 160  # characters: a line for a series


def add_floors(command: argparse.ArgumentParser) -> None:
    """`--fail-on` and `--floors`."""
    command.add_argument(
        "--fail-on", metavar="FLOORS", help="losses that matter, such as goodput:5%%,energy:10%%,acceptance:exact"
    )
    command.add_argument("--floors", type=Path, metavar="FILE", help="what configspec calibrate --write made")


def add_names(command: argparse.ArgumentParser, varies: str = "") -> None:
    """`--aliases` and `--varies`."""
    command.add_argument("--aliases", type=Path, metavar="FILE", help="renamed devices and cells (TOML)")
    default = f"; default: {varies}" if varies else ""
    command.add_argument(
        "--varies",
        action="append",
        metavar="PATTERN",
        help=f"a field of the setup that may differ between compared runs; repeatable{default}",
    )


def add_series(command: argparse.ArgumentParser) -> None:
    """`--series`, `--all` and `--also-fail`."""
    command.add_argument("--series", action="append", metavar="PATTERN", help="also judge these series; repeatable")
    command.add_argument(
        "--all", action="store_true", help="judge every series; small losses are then detected less often"
    )
    command.add_argument(
        "--also-fail",
        metavar="STATES",
        default="MISSING",
        help="states that fail besides REGRESSED: MISSING, UNSTABLE, INCOMPARABLE, NO_BASELINE, NONDETERMINISTIC, or "
        "none; default: MISSING",
    )


def add_storage(command: argparse.ArgumentParser) -> None:
    """`--benchmark-storage`."""
    command.add_argument(
        "--benchmark-storage", metavar="FOLDER", help="pytest-benchmark's storage; default: .benchmarks"
    )


def add_format(command: argparse.ArgumentParser, forms: Sequence[str]) -> None:
    """`--format`."""
    command.add_argument("--format", choices=forms, default="table", help="default: table")


def floors_of(asked: argparse.Namespace) -> Floors:
    """What `--fail-on` and `--floors` say together."""
    from dataclasses import replace

    from configspec.histories.floors import Floors, parse_floors

    given = Floors() if asked.fail_on is None else parse_floors(asked.fail_on)
    if asked.floors is None:
        return given
    from configspec.histories.floors_file import read_floors

    return replace(given, calibrated=read_floors(asked.floors))


def names_of(asked: argparse.Namespace) -> Mapping[str, str]:
    """What `--aliases` says."""
    if asked.aliases is None:
        return {}
    from configspec.histories.aliases_file import read_aliases

    return read_aliases(asked.aliases)


def request_of(asked: argparse.Namespace, *, accepted: Path | None = None, varies: Sequence[str] = ()) -> CheckRequest:
    """All of the options as a request; every file is read before a run is."""
    from configspec.histories.changes_file import read_changes
    from configspec.histories.check_series import Asked
    from configspec.histories.judging import CheckRequest
    from configspec.regression.states import chosen_states

    also = [name.strip() for name in asked.also_fail.split(",") if name.strip()]
    return CheckRequest(
        floors=floors_of(asked),
        changes=() if accepted is None else read_changes(accepted),
        names=names_of(asked),
        varies=tuple(varies if asked.varies is None else asked.varies),
        also=() if also == [NONE] else chosen_states(also),
        asked=Asked(patterns=tuple(asked.series or ()), every=asked.all),
    )


def runs_of(
    asked: argparse.Namespace, arguments: Sequence[str], *, choices: bool = True, whole: bool = False
) -> tuple[Run, ...]:
    """The runs that these arguments name, the oldest first; what was not taken of them is told.

    Args:
        asked: The command line, for `--benchmark-storage`.
        arguments: What names them.
        choices: Whether runs have their choices, which have no intervals then.
        whole: Whether a file that cannot be read is an error, and not only left out.

    Raises:
        UsageError: They name none.
        RecordError: One cannot be read, and all have to be.
    """
    from configspec.cli.unread import tell_unread
    from configspec.histories.sources import Places, read_sources
    from configspec.histories.storage import storage_folder
    from configspec.histories.unread import WHOLE

    places = Places(storage=storage_folder(asked.benchmark_storage))
    found = read_sources(arguments, places, choices="ties" if choices else False)
    damaged = [one for one in found.unread.skipped if one.entry == WHOLE]
    if damaged and (whole or not found.runs):
        raise RecordError(*f"{damaged[0].file}: {damaged[0].why}".split("\\n"))  # a line of it is a line again
    tell_unread(found.unread)
    if not found.runs:
        raise UsageError(f"no run of configspec in {printable(', '.join(arguments), at_most=200)}")
    return found.runs


def add_strict_gate(command: argparse.ArgumentParser) -> None:
    """The option `--strict` of a command that compares runs."""
    command.add_argument(
        "--strict",
        action="store_true",
        help="exit code 1 if a figure that was read with its rows is hardly plausible",
    )


def doubts_of(runs: Sequence[Run]) -> list[str]:
    """What of the runs' figures is hardly plausible, each with its run where there are several."""
    doubtful = [run for run in runs if run.findings]
    if not doubtful:
        return []
    from configspec.reporting.plausibility_section import SHOWN, finding_lines

    named = len(runs) > 1
    return [
        f"plausibility: {f'{run.source}: ' if named else ''}{line}"
        for run in doubtful
        for line in finding_lines(run.findings, SHOWN)
    ]


def say_checked(found: Checked, form: str, table: Callable[[], Document], markdown: Callable[[], str]) -> int:
    """Write the verdicts in a form; the exit code."""
    if form == "json":
        from configspec.reporting.json_text import json_pieces
        from configspec.reporting.verdicts_json import checked_json

        say_pieces(json_pieces(checked_json(found)))
    elif form == "junit":
        from configspec.reporting.verdicts_junit import checked_junit

        say_text(checked_junit(found))
    elif form == "table":
        say_document(table(), VERDICT_WIDTH)
    else:
        say_text(markdown())
    if not found.outcome.compared:
        complain("nothing was compared, which is no pass")
    return 0 if found.outcome.ok else 1
