"""`configspec plot`: one picture of a results file as a file of its own, for papers and slides."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.drawn_files import form_of, write_pictures
from configspec.cli.drawn_from import add_compared, check_no_run, material_of
from configspec.cli.left_out import tell_implausible
from configspec.cli.objective_option import add_objective, asked_objectives
from configspec.cli.recorded_rows import RESULTS_HELP, add_assumptions, read_question, refuse_fill
from configspec.theory.objectives.objective import Objective

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
CHOOSE = "Choose with --device, --family and --objective, "
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
    refuse_fill(command, "A picture shows what was measured, and has no place for how wrong a model is: leave it out.")
    add_compared(command)
    command.set_defaults(run=partial(_plot, objectives))


@without_collection()
def _plot(objectives: Sequence[Objective], asked: argparse.Namespace) -> int:
    from configspec.reporting.pictures.picture import pictures_of
    from configspec.reporting.pictures.registry import kind

    form_of(asked.output)
    check_no_run(Path(asked.output), asked)
    recorded = read_question(asked, asked_objectives(asked, objectives), ks=asked.k)
    # A comparison has metrics beside the objectives: all are drawn, unless some are asked for.
    material = replace(material_of(asked, recorded), metrics=tuple(asked.objective or ()))
    drawn = list(pictures_of(kind(asked.kind), material))
    write_pictures(asked.output, drawn, f"a {asked.kind} picture of {asked.results}", CHOOSE)
    tell_implausible(recorded.findings)
    return recorded.code(strict=asked.strict)
