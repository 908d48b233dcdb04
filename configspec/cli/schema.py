"""`configspec schema`: the JSON Schema of devices.yaml."""

from __future__ import annotations

import argparse

from configspec.cli.command import Commands, add_command
from configspec.cli.output import say_json


def add_schema(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command, which has no options."""
    command = add_command(
        commands,
        "schema",
        "print the JSON Schema of devices.yaml, for editors",
        "Print the JSON Schema of devices.yaml. With it, an editor completes keys and marks mistakes.",
        "configspec schema > devices.schema.json",
    )
    command.set_defaults(run=_schema)


def _schema(_: argparse.Namespace) -> int:
    from configspec.testbed.inventory import json_schema

    say_json(json_schema(), indent=2)
    return 0
