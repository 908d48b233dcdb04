"""The command line: parse, call, print.

Exit codes: 0 done; 1 the answer is bad; 2 the request must change (usage, or a file that cannot be read);
3 a device or its link misbehaved.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from configspec import __version__
from configspec.cli.command import EXIT_CODES, add_command
from configspec.cli.devices import add_devices
from configspec.cli.merge import add_merge
from configspec.cli.models import add_models
from configspec.cli.rank import add_rank
from configspec.errors import ConfigspecError, TestbedError
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import OBJECTIVES


def main(arguments: Sequence[str] | None = None, objectives: Sequence[Objective] = OBJECTIVES) -> int:
    """Run one command; returns the exit code."""
    asked = parser(objectives).parse_args(arguments)
    try:
        code: int = asked.run(asked)
        sys.stdout.flush()
        return code
    except TestbedError as problem:
        return _complain(problem, 3)
    except ConfigspecError as problem:
        return _complain(problem, 2)
    except BrokenPipeError:
        sys.stderr.close()  # the reader, such as `head`, has seen enough
        return 0
    except KeyboardInterrupt:
        return 130


def _complain(problem: ConfigspecError, code: int) -> int:
    print(f"configspec: {problem}", file=sys.stderr)
    return code


def parser(objectives: Sequence[Objective] = OBJECTIVES) -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(
        prog="configspec",
        description="Which draft model, quantisation and K, on which edge device, for speculative decoding.\n"
        "Measuring is pytest's: pytest -m hil --device NAME",
        epilog=f"configspec COMMAND --help shows what a command does, with an example.\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"configspec {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    add_devices(commands)
    add_rank(commands, objectives)
    add_merge(commands)
    add_models(commands)
    schema = add_command(
        commands,
        "schema",
        "print the JSON Schema of devices.yaml, for editors",
        "Print the JSON Schema of devices.yaml. With it, an editor completes keys and marks mistakes.",
        "configspec schema > devices.schema.json",
    )
    schema.set_defaults(run=_schema)
    return top


def _schema(_: argparse.Namespace) -> int:
    from configspec.testbed.inventory import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0
