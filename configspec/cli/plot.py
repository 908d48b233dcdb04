"""`configspec plot`: one picture of a results file as a file of its own, for papers and slides."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.command import Commands, add_command
from configspec.cli.drawn_from import add_compared, check_no_run, material_of
from configspec.cli.left_out import strict_code, tell_implausible
from configspec.cli.objective_option import add_objective, asked_objectives
from configspec.cli.output import complain, say
from configspec.cli.recorded_rows import RESULTS_HELP, add_assumptions, read_question
from configspec.errors import UsageError
from configspec.printable import printable
from configspec.theory.objectives.objective import Objective

if TYPE_CHECKING:
    from configspec.reporting.pictures.picture import Picture

KINDS = (  # a test holds them against the registry, which loads numpy
    "profiles",
    "k-curve",
    "pareto",
    "regimes",
    "conflicts",
    "breakdown",
    "prediction",
    "power",
    "history",
    "forest",
)
FORMS = ("svg", "png", "pdf")
SHOWN = 10  # pictures that a message names
PURPOSE = (
    "Draw one picture of a results file as SVG, or as PNG or PDF where CairoSVG is installed. Name a folder and every "
    "picture of the kind is written there. configspec report has all of them on a page, with their tables."
)


def add_plot(commands: Commands[argparse.ArgumentParser], objectives: Sequence[Objective]) -> None:
    """The command with its options."""
    command = add_command(
        commands,
        "plot",
        "draw a picture of a results file: SVG, PNG, PDF",
        PURPOSE,
        "configspec plot k-curve results.json --device rpi5 --family 'llama*' --objective goodput -o k-curve.svg\n"
        "configspec plot profiles results.json -o pictures/\n"
        "configspec plot forest results.json --baseline accepted.json -o pictures/",
    )
    command.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    command.add_argument("results", type=Path, metavar="RESULTS", help=RESULTS_HELP)
    add_objective(command, objectives)
    command.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="ends in .svg, .png or .pdf; or a folder, for all pictures",
    )
    add_assumptions(command)
    add_compared(command)
    command.set_defaults(run=partial(_plot, objectives))


def _plot(objectives: Sequence[Objective], asked: argparse.Namespace) -> int:
    from configspec.reporting.pictures.picture import Picture, pictures_of
    from configspec.reporting.pictures.registry import kind

    form = _form(asked.output)
    check_no_run(Path(asked.output), asked)
    recorded = read_question(asked, asked_objectives(asked, objectives), ks=asked.k)
    drawn = list(pictures_of(kind(asked.kind), material_of(asked, recorded)))
    pictures = [one for one in drawn if isinstance(one, Picture)]
    for one in drawn:
        if not isinstance(one, Picture):
            complain(f"no picture of {one.subject}: {one.why}")
    if not pictures:
        raise UsageError(f"{asked.results}: there is nothing to draw a {asked.kind} picture of.")
    if form is None:
        _write_each(Path(asked.output), pictures)
    else:
        _write(Path(asked.output), _only(pictures), form)
    tell_implausible(recorded.findings)
    return strict_code(recorded.findings, strict=asked.strict)


def _form(output: str) -> str | None:
    """What the file's name asks for; None: a folder."""
    if not output:
        raise UsageError("--output is empty; name a file that ends in .svg, .png or .pdf, or a folder: pictures/")
    if output.endswith(("/", "\\")) or Path(output).is_dir():
        return None
    ending = Path(output).suffix.lower().lstrip(".")
    if ending not in FORMS:
        shown = printable(output, at_most=80)
        raise UsageError(f"--output is {shown}; it takes a file that ends in .svg, .png or .pdf, or a folder: {shown}/")
    return ending


def _only(pictures: Sequence[Picture]) -> Picture:
    """The one that is meant."""
    if len(pictures) == 1:
        return pictures[0]
    names = "; ".join(f"{one.subject}: {one.title}" for one in pictures[:SHOWN])
    more = f"; and {len(pictures) - SHOWN} more" if len(pictures) > SHOWN else ""
    raise UsageError(
        f"there are {len(pictures)} such pictures: {printable(names)}{more}. Choose with --device, --family and "
        "--objective, or name a folder for all of them: -o pictures/"
    )


def _write_each(folder: Path, pictures: Sequence[Picture]) -> None:
    for number, one in enumerate(pictures, 1):
        words = re.sub(r"[^A-Za-z0-9]+", "-", f"{one.subject}-{one.title}").strip("-").lower()
        _write(folder / f"{one.kind}-{number:03d}-{words[:80]}.svg", one, "svg")


def _write(path: Path, picture: Picture, form: str) -> None:
    from configspec.records.named_file import write_named
    from configspec.reporting.pictures.standalone import picture_file

    content = picture_file(picture, form)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(f"{path}: cannot be written: {problem.strerror}.") from problem
    write_named(path, content)
    say(f"{path}: {picture.title}, {picture.subject}")
