"""The command line: parse, call, print.

Exit codes: 0 done; 1 the answer is bad; 2 the request must change (usage, or a file that cannot be read);
3 a device or its link misbehaved.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from configspec import __version__
from configspec.cli.models import add_models
from configspec.cli.rank import add_rank
from configspec.errors import ConfigspecError, TestbedError, UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    asked = parser().parse_args(arguments)
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


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(
        prog="configspec",
        description="Which draft model, quantisation and K, on which edge device, for speculative decoding. "
        "Measuring is pytest's: pytest -m hil --device NAME",
    )
    top.add_argument("--version", action="version", version=f"configspec {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    add_rank(commands)
    _add_recover(commands)
    add_models(commands)
    schema = commands.add_parser("schema", help="print the JSON Schema of devices.yaml, for editors")
    schema.set_defaults(run=_schema)
    return top


Commands = argparse._SubParsersAction  # argparse has no public name for it


def _add_recover(commands: Commands[argparse.ArgumentParser]) -> None:
    recover = commands.add_parser("recover", help="make a results file of the journal of a run that was killed")
    recover.add_argument("journal", type=Path, help="a file of .configspec/journal")
    recover.add_argument("-o", "--output", type=Path, required=True, help="the results file to write")
    recover.set_defaults(run=_recover)


def _recover(asked: argparse.Namespace) -> int:
    from configspec.records.journal import recover

    document, unread = recover(asked.journal)
    try:
        with asked.output.open("x", encoding="utf-8") as out:
            json.dump(document, out, indent=1)
    except FileExistsError:
        raise UsageError(f"{asked.output}: is there already. Choose another name with -o.") from None
    except OSError as problem:
        raise UsageError(f"{asked.output}: cannot be written: {problem.strerror}.") from problem
    cut = f"; {unread} line that was cut short is left out" if unread else ""
    print(f"{len(document['benchmarks'])} rows recovered into {asked.output}{cut}")
    return 0


def _schema(_: argparse.Namespace) -> int:
    from configspec.inventory.schema import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0
