"""The command line: parse, call, print.

Exit codes: 0 done; 1 the answer is bad; 2 the request must change (usage, or a file that cannot be read or written);
3 a device or its link misbehaved; 141 the reader of the output closed it.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from configspec import __version__
from configspec.cli.command import EXIT_CODES
from configspec.cli.output import (
    OutputLost,
    ReaderGone,
    complain,
    is_standard_output,
    say_text,
    told_warnings,
    whole_output,
)
from configspec.cli.registry import COMMANDS, Added, joined, wanted
from configspec.errors import ConfigspecError, TestbedError
from configspec.printable import printable_line
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import OBJECTIVES

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

SHELL_ASKS = "_ARGCOMPLETE"  # argcomplete's variable, set where a shell asks what may follow
CLOSED = 128 + signal.SIGPIPE  # as a program ends that does not catch the signal


class Parser(argparse.ArgumentParser):
    """argparse's, which writes as all else is written."""

    def error(self, message: str) -> NoReturn:
        """End with the usage and a message that is printable, whatever stood on the command line."""
        super().error(printable_line(message))

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        # Help and version; argparse passes over what it could not write.
        if is_standard_output(file):
            say_text(message)
        else:
            super()._print_message(message, file)


class TopParser(Parser):
    """The one that knows the commands, of which two have two words."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """As argparse's."""
        words = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(joined(words), namespace)


def main(arguments: Sequence[str] | None = None, objectives: Sequence[Objective] = OBJECTIVES) -> int:
    """Run one command; returns the exit code."""
    if SHELL_ASKS in os.environ:
        from configspec.cli.completion import answer

        answer(parser(objectives))
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with whole_output():
            return _run(parser(objectives, wanted(joined(words))).parse_args(words))
    except ReaderGone:
        return CLOSED  # it has seen enough: nobody needs to hear of it
    except OutputLost as problem:
        complain(str(problem))
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def process() -> int:
    """Run the command that this process was started for; returns the exit code, with which it is to end at once."""
    try:
        return main()
    finally:
        # The system takes all memory back at once: to look for garbage before it does takes a twentieth of a command.
        gc.disable()
        gc.freeze()


def _run(asked: argparse.Namespace) -> int:
    try:
        with told_warnings():
            code: int = asked.run(asked)
        return code
    except ConfigspecError as problem:
        complain(*problem.on_a_screen)
        return 3 if isinstance(problem, TestbedError) else 2


def parser(
    objectives: Sequence[Objective] = OBJECTIVES, commands: Sequence[Added] = COMMANDS
) -> argparse.ArgumentParser:
    """These commands with their options; default: every one."""
    top: argparse.ArgumentParser = TopParser(
        prog="configspec",
        description="Which draft model, quantisation and K, on which edge device, for speculative decoding.\n"
        "Measuring is pytest's: pytest -m hil --device NAME",
        epilog=f"configspec COMMAND --help shows what a command does, with an example.\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"configspec {__version__}")
    one_command: type[argparse.ArgumentParser] = Parser
    added = top.add_subparsers(metavar="COMMAND", required=True, parser_class=one_command)
    for one in commands:
        one.add(added, objectives)
    return top
