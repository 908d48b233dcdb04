"""The registry of commands: what is typed is known by itself, and as it is among all."""

from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

from configspec.cli import main, parser
from configspec.cli.registry import COMMANDS, joined, wanted

NAMES = [name for one in COMMANDS for name in one.names]
PROGRAM = (
    "import sys; from configspec.cli import main\n"
    "try: main([sys.argv[1], '--help'])\n"
    "except SystemExit: print('cli:', *(one for one in sys.modules if one.startswith('configspec.cli.')))"
)


def _choices(made: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (commands,) = (one for one in made._actions if isinstance(one, argparse._SubParsersAction))
    return dict(commands.choices)


def test_the_registry_names_every_command_that_its_functions_add():
    """A command that is left out of it would be known to --help, and to nobody who types it."""
    assert list(_choices(parser())) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_command_by_itself_is_as_it_is_among_all(name):
    """Its own --help says the same, whoever else was imported."""
    alone = _choices(parser(commands=wanted([name])))
    assert alone[name].format_help() == _choices(parser())[name].format_help()


@pytest.mark.parametrize("arguments", [[], ["--help"], ["comprae"], ["compare.json", "compare"], ["-x", "compare"]])
def test_where_no_command_is_typed_first_all_are_known(arguments):
    """So that --help lists them, and a slip is told with all of them."""
    assert wanted(arguments) == COMMANDS


def test_a_slip_is_told_with_every_command(capsys):
    """As argparse does it."""
    with pytest.raises(SystemExit):
        main(["comprae"])
    told = capsys.readouterr().err
    assert [name for name in NAMES if f"'{name}'" not in told] == []


def test_two_words_are_one_command_for_all_that_have_two():
    """And no command of one word takes the second one for its own."""
    two = [name for name in NAMES if " " in name]
    assert two
    assert [joined([*name.split(), "x"]) for name in two] == [[name, "x"] for name in two]
    assert joined(["compare", "add"]) == ["compare", "add"]


@pytest.mark.real
def test_no_other_commands_module_is_imported():
    """What one command imports is not waited for by another."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM, "compare"], capture_output=True, text=True, check=True)
    imported = ended.stdout.rpartition("cli:")[2].split()
    modules = {f"configspec.cli.{one.module}" for one in COMMANDS}
    assert modules.intersection(imported) == {"configspec.cli.compare"}
