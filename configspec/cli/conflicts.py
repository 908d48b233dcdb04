"""`configspec conflicts`: how far the objectives are apart, and what is worth a choice at all."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.objective_option import add_objective, asked_objectives
from configspec.cli.output import say_document, say_pieces, say_text
from configspec.cli.recorded_rows import add_question, read_question
from configspec.errors import UsageError
from configspec.printable import printable
from configspec.theory.objectives.objective import Objective

PURPOSE = (
    "Show what the best by each objective loses on the others, over all devices and families and for each; and the "
    "Pareto front: the configurations that no other beats in every objective at once, with those tied with them. "
    "A configuration that is neither is the best for no mixture of these objectives."
)
TOP = 20
MOST = 1_000_000
WIDTH = 160


def add_conflicts(commands: Commands[argparse.ArgumentParser], objectives: Sequence[Objective]) -> None:
    """The command with its options."""
    command = add_command(
        commands,
        "conflicts",
        "show what each objective's best loses on the others, and the Pareto front",
        PURPOSE,
        "configspec conflicts results.json\nconfigspec conflicts results.json --device rpi5 --format json",
    )
    add_question(command)
    add_objective(command, objectives)
    command.add_argument(
        "--top", type=int, metavar="N", help=f"lines of each front (table: {TOP}; markdown: all; JSON has all)"
    )
    command.set_defaults(run=partial(_conflicts, objectives))


@without_collection()
def _conflicts(objectives: Sequence[Objective], asked: argparse.Namespace) -> int:
    from configspec.reporting.conflicts_document import conflicts_json, conflicts_sections
    from configspec.selection.pareto import front_of

    if asked.top is not None and not 1 <= asked.top <= MOST:
        raise UsageError(f"--top is {printable(str(asked.top), at_most=40)}; it takes 1 to {MOST}.")
    compared = asked_objectives(asked, objectives)
    if asked.objective and len(compared) == 1:
        raise UsageError(f"--objective names {compared[0].name} alone; name two, or none.")
    recorded = read_question(asked, compared, ks=asked.k)
    fronts = [front_of(group, compared) for group in recorded.groups]
    if asked.format == "json":
        from configspec.reporting.json_text import json_pieces

        document = conflicts_json(recorded.groups, fronts)
        say_pieces(json_pieces({**document, **recorded.more_json()}))
        return recorded.code(strict=asked.strict)
    from configspec.reporting.markdown import as_markdown

    as_table = asked.format == "table"
    sections = conflicts_sections(recorded.groups, fronts, asked.top or (TOP if as_table else MOST))
    words = recorded.document(sections, asked.format)
    if as_table:
        say_document(words, WIDTH)
    else:
        say_text(as_markdown(words))
    return recorded.code(strict=asked.strict)
