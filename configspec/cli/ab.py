"""`configspec ab`: two builds, several interleaved runs of each."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.drawn_files import form_of, write_pictures
from configspec.cli.gate_options import (
    RUNS_HELP,
    add_floors,
    add_format,
    add_names,
    add_series,
    add_storage,
    request_of,
    runs_of,
    say_checked,
)
from configspec.cli.inputs import check_no_input
from configspec.cli.output import complain
from configspec.errors import UsageError

if TYPE_CHECKING:
    from configspec.histories.judge_release import DevicePair
    from configspec.histories.judging import Checked

PURPOSE = (
    "Compare several runs of a new build with as many of its base, made in turn (configspec interleave). An exact test "
    "on run medians decides, corrected for the number of declared series: those of the base's choices, and what "
    "--series or --all adds. `~` means that no difference is shown; the geometric mean of a metric comes last. Too few "
    "runs to show anything are refused. Exit codes are those of configspec check."
)


def add_ab(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    command = add_command(
        commands,
        "ab",
        "compare two builds by several interleaved runs of each",
        PURPOSE,
        "configspec ab --base runs/base-*.json --new runs/new-*.json\n"
        "configspec ab --base runs/base-*.json --new runs/new-*.json --devices build-a=build-b --fail-on goodput:3%\n"
        "configspec ab --base runs/base-*.json --new runs/new-*.json --picture pictures/",
    )
    command.add_argument("--base", nargs="+", required=True, metavar="RUN", help=f"of the base: {RUNS_HELP}")
    command.add_argument("--new", nargs="+", required=True, metavar="RUN", help="of the new build")
    command.add_argument(
        "--devices",
        metavar="OLD=NEW",
        help="two devices of one machine: compare OLD of the base with NEW of the others",
    )
    add_storage(command)
    add_floors(command)
    add_names(command, varies="the build of llama.cpp")
    add_series(command)
    add_format(command, ("table", "json", "markdown", "junit"))
    command.add_argument(
        "--picture",
        metavar="FILE",
        help="draw a forest plot too: ends in .svg, .png or .pdf; or a folder, a metric each",
    )
    command.set_defaults(run=_ab)


@without_collection()
def _ab(asked: argparse.Namespace) -> int:
    from configspec.histories.baseline import BUILD
    from configspec.histories.judge_release import judge_ab
    from configspec.reporting.verdicts_document import markdown_within, release_document

    if asked.picture is not None:
        form_of(asked.picture)  # before the runs are read
        check_no_input(Path(asked.picture), (*asked.base, *asked.new))
    request = request_of(asked, varies=BUILD)
    found = judge_ab(runs_of(asked, asked.base), runs_of(asked, asked.new), request, pair=_pair(asked.devices))
    code = say_checked(
        found,
        asked.format,
        lambda: release_document(found),
        lambda: markdown_within(found, release=True),
    )
    if asked.picture is not None:
        _draw(found, asked.picture)
    return code


def _draw(found: Checked, output: str) -> None:
    """A forest plot for each metric; where nothing was compared the verdicts have said so."""
    from configspec.reporting.pictures.forest import Forest
    from configspec.reporting.pictures.material import Material
    from configspec.reporting.pictures.picture import Picture, pictures_of

    drawn = list(pictures_of(Forest(), Material(checked=found)))
    if any(isinstance(one, Picture) for one in drawn):
        write_pictures(output, drawn, "a forest plot of these runs", tell=complain)


def _pair(text: str | None) -> DevicePair | None:
    from configspec.histories.judge_release import DevicePair

    if text is None:
        return None
    old, equals, new = text.partition("=")
    if not (equals and old.strip() and new.strip()):
        raise UsageError(f"--devices is {text!r:.80}; it takes two names, as in build-a=build-b")
    return DevicePair(old=old.strip(), new=new.strip())
