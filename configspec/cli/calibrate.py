"""`configspec calibrate`: what a testbed can show, and the floors that follow from it."""

from __future__ import annotations

import argparse
from pathlib import Path

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.gate_options import RUNS_HELP, add_floors, add_format, add_storage, floors_of, runs_of
from configspec.cli.inputs import check_no_input
from configspec.cli.output import complain, say_document, say_pieces, say_text

PURPOSE = (
    "From five or more runs of one unchanged build, compute how much runs vary, whether they drift, and the smallest "
    "loss that is detected in 80 % of cases, for each device and metric. Says which floors are below that, and writes "
    "a file that configspec check --floors reads."
)


def add_calibrate(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    command = add_command(
        commands,
        "calibrate",
        "compute how much runs of one build vary, and the smallest loss that would be detected",
        PURPOSE,
        "configspec calibrate runs/*.json\nconfigspec calibrate history/ --fail-on goodput:5% --write floors.toml",
    )
    command.add_argument("runs", nargs="+", metavar="RUN", help=f"of one build: {RUNS_HELP}")
    add_storage(command)
    add_floors(command)
    command.add_argument("--write", type=Path, metavar="FILE", help="write the floors to this file")
    add_format(command, ("table", "json", "markdown"))
    command.set_defaults(run=_calibrate)


@without_collection()
def _calibrate(asked: argparse.Namespace) -> int:
    from configspec import __version__
    from configspec.histories.floors_file import write_floors
    from configspec.histories.judge_calibration import calibrate_runs
    from configspec.reporting.check_calibration import calibration_document, calibration_json

    if asked.write is not None:
        check_no_input(asked.write, asked.runs)
    found = calibrate_runs(runs_of(asked, asked.runs, choices=False), floors_of(asked))
    if asked.write is not None:
        origin = f"configspec calibrate, version {__version__}, from {found.runs} runs"
        write_floors(asked.write, [one.as_floor for one in found.groups], origin)
        complain(f"floors written to {asked.write}")
    if asked.format == "json":
        from configspec.reporting.json_text import json_pieces

        say_pieces(json_pieces(calibration_json(found)))
        return 0
    from configspec.reporting.markdown import as_markdown

    words = calibration_document(found)
    if asked.format == "table":
        say_document(words)
    else:
        say_text(as_markdown(words))
    return 0
