"""`configspec compare`: runs side by side."""

from __future__ import annotations

import argparse
from dataclasses import replace

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.gate_options import (
    RUNS_HELP,
    add_floors,
    add_format,
    add_names,
    add_storage,
    add_strict_gate,
    doubts_of,
    floors_of,
    names_of,
    runs_of,
)
from configspec.cli.left_out import strict_code
from configspec.cli.output import say_document, say_pieces, say_text
from configspec.errors import UsageError

PURPOSE = (
    "Show two or more runs side by side: what each chose and what the first run's choice costs in it, every value, "
    "and its ratio to the first run with the interval that runs of one build have. `~` means that no difference is "
    "shown. This is not a gate; configspec check is."
)
ROWS = 40
MOST_ROWS = 1_000_000
WIDTH, RUN_WIDTH = 70, 45  # characters of a table, and for each run


def add_compare(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    command = add_command(
        commands,
        "compare",
        "show runs side by side: values, ratios, choices",
        PURPOSE,
        "configspec compare monday.json tuesday.json\n"
        "configspec compare v1.2:results.json latest --varies 'device.llama_cpp_*' --chart",
    )
    command.add_argument("runs", nargs="+", metavar="RUN", help=f"two or more, the first is the base: {RUNS_HELP}")
    add_storage(command)
    add_floors(command)
    add_names(command)
    command.add_argument("--top", type=int, default=ROWS, metavar="N", help=f"series in the table; default: {ROWS}")
    command.add_argument("--chart", action="store_true", help="also draw bars of the chosen configurations")
    add_format(command, ("table", "json", "markdown"))
    add_strict_gate(command)
    command.set_defaults(run=_compare)


@without_collection()
def _compare(asked: argparse.Namespace) -> int:
    from configspec.histories.judge_side_by_side import side_by_side
    from configspec.reporting.comparison_document import comparison_document, comparison_json

    if asked.chart and asked.format != "table":
        raise UsageError(f"--chart is for a terminal; leave out --format {asked.format}, or --chart.")
    if not 1 <= asked.top <= MOST_ROWS:
        raise UsageError(f"--top is {asked.top}; it takes 1 to {MOST_ROWS}.")
    floors, names = floors_of(asked), names_of(asked)
    # In the order in which they are named, not in that of time.
    runs = [run for one in asked.runs for run in runs_of(asked, [one], whole=True)]
    compared = side_by_side(runs, names=names, varies=tuple(asked.varies or ()), floors=floors)
    found = replace(compared, notes=(*compared.notes, *doubts_of(runs)))
    code = strict_code([one for run in runs for one in run.findings], strict=asked.strict)
    if asked.format == "json":
        from configspec.reporting.json_text import json_pieces

        say_pieces(json_pieces(comparison_json(found)))
        return code
    from configspec.reporting.markdown import as_markdown

    words = comparison_document(found, asked.top, chart=asked.chart)
    width = WIDTH + RUN_WIDTH * len(found.sources)
    if asked.format == "table":
        say_document(words, width)
    else:
        say_text(as_markdown(words))
    return code
