"""The commands, in the order of `configspec --help`, and the module that each is in.

Only the module of the command that is typed is imported: to import them all takes as long as some commands run.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from configspec.cli.command import Commands
from configspec.theory.objectives.objective import Objective


@dataclass(frozen=True, slots=True)
class Added:
    """Commands that one function of a module here adds; `by_objectives`: it is handed the objectives, too."""

    names: tuple[str, ...]
    module: str
    function: str
    by_objectives: bool = False

    def add(self, commands: Commands[argparse.ArgumentParser], objectives: Sequence[Objective]) -> None:
        """Import the module, and add its commands."""
        function: Callable[..., None] = getattr(import_module(f"configspec.cli.{self.module}"), self.function)
        if self.by_objectives:
            function(commands, objectives)
        else:
            function(commands)


COMMANDS = (
    Added(("init",), "init", "add_init"),
    Added(("demo",), "demo", "add_demo"),
    Added(("devices",), "devices", "add_devices"),
    Added(("devices setup",), "devices_setup", "add_devices_setup"),
    Added(("rank",), "rank", "add_rank", by_objectives=True),
    Added(("choose",), "choose", "add_choose", by_objectives=True),
    Added(("conflicts",), "conflicts", "add_conflicts", by_objectives=True),
    Added(("map",), "map", "add_map", by_objectives=True),
    Added(("explain",), "explain", "add_explain", by_objectives=True),
    Added(("report",), "report", "add_report", by_objectives=True),
    Added(("plot",), "plot", "add_plot", by_objectives=True),
    Added(("merge", "recover"), "merge", "add_merge"),
    Added(("diff",), "diff", "add_diff"),
    Added(("export",), "export", "add_export", by_objectives=True),
    Added(("history", "history add"), "history", "add_history"),
    Added(("check",), "check", "add_check"),
    Added(("compare",), "compare", "add_compare"),
    Added(("ab",), "ab", "add_ab"),
    Added(("interleave",), "interleave", "add_interleave"),
    Added(("calibrate",), "calibrate", "add_calibrate"),
    Added(("import",), "import_figures", "add_import"),
    Added(("models",), "models", "add_models"),
    Added(("record",), "record", "add_record"),
    Added(("schema",), "schema", "add_schema"),
)


def joined(arguments: Sequence[str]) -> list[str]:
    """The command line with the two words of a command as one, by which argparse knows it.

    A device that is called "setup" is still asked by `configspec devices -- setup`, or by a glob; a folder that is
    called "add" is named `./add`.

    >>> joined(["devices", "setup", "orin"]), joined(["devices", "orin", "setup"])
    (['devices setup', 'orin'], ['devices', 'orin', 'setup'])
    >>> joined(["history", "add", "store", "results.json"])
    ['history add', 'store', 'results.json']
    """
    both = " ".join(arguments[:2])
    known = any(both in one.names for one in COMMANDS if " " in both)
    return [both, *arguments[2:]] if known and len(arguments) > 1 else list(arguments)


def wanted(arguments: Sequence[str]) -> Sequence[Added]:
    """Which are needed for a command line that is joined: the one that is typed, else all of them."""
    typed = [one for one in COMMANDS if arguments and arguments[0] in one.names]
    return typed or COMMANDS
