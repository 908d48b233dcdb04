"""Short names of the options: `--device` for `--configspec-device`, where nobody else has that name.

pytest ends a run in which an option is declared twice, and a project may declare `--device` at any time: in another
plugin, in a conftest, in the conftest of a subfolder when that is collected. So the short names are not declared.
Once plugins and initial conftests have declared theirs, what was written by a name that nobody has is ours, and is
handed to pytest by its full name. Without one of ours on the command line nothing is done.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from configspec.pytest_plugin.options import OPTIONS
from configspec.pytest_plugin.private_pytest import declared_options, load_conftests, parser_of, set_paths

FULL_NAMES = {one.short: one.full for one in OPTIONS}
IN_TEXT = r"(?<![\w-])--[a-z-]*[a-z]"  # not compiled here, in everybody's pytest


def expect_short_names(config: pytest.Config, parser: pytest.Parser, args: Iterable[str]) -> bool:
    """Before conftests are looked for: the "fast" of "--device fast" is no folder, if no plugin has that name.

    Whether there is such a name in `args`. Without this, pytest would leave `testpaths` for the conftests of every
    `test*` folder, and those may need what is not installed.
    """
    read = list(_with_files(args))
    ours = _written(read) - taken_names(parser)
    if ours:
        with suppress(pytest.UsageError):  # a conftest may yet declare the name, without a value
            set_paths(config, parser, _renamed(read, ours))
    return bool(ours)


def take_short_names(config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Put full names into `args` for the short ones that are ours, now that conftests have declared theirs."""
    read = list(_with_files(args))
    if set_paths(config, parser, _renamed(read, _written(read) - taken_names(parser))):
        load_conftests(config)
    args[:] = _renamed(read, _written(read) - taken_names(parser))  # one loaded just now may have declared the name


def taken_names(parser: pytest.Parser) -> set[str]:
    """The short names that belong to somebody else."""
    known = declared_options(parser)
    return {short for short, full in FULL_NAMES.items() if short in known and known[short].dest != known[full].dest}


def spelled(config: pytest.Config, text: str) -> str:
    """A text of ours in which each option has a name that works in this run."""
    taken = taken_names(parser_of(config))
    return re.sub(IN_TEXT, lambda found: FULL_NAMES[found[0]] if found[0] in taken else found[0], text)


def tell_in_help(parser: pytest.Parser) -> None:
    """Say of each option whether its short name is another's in this project."""
    for short in taken_names(parser):
        action = declared_options(parser)[FULL_NAMES[short]]
        action.help = str(action.help).replace(f"short: {short}", f"{short} is another's here")


def _written(args: Iterable[str]) -> set[str]:
    return {_name(arg) for arg in _options(args)} & FULL_NAMES.keys()


def _options(args: Iterable[str]) -> Iterator[str]:
    for arg in args:
        if arg == "--":
            return
        yield arg


def _renamed(args: list[str], ours: set[str]) -> list[str]:
    renamed = list(args)
    for place, arg in enumerate(_options(args)):
        name = _name(arg)
        if name in ours:
            renamed[place] = FULL_NAMES[name] + arg[len(name) :]
    return renamed


def _name(arg: str) -> str:
    return arg.partition("=")[0]


def _with_files(args: Iterable[str]) -> Iterator[str]:
    """The arguments with those that stand in files, `@FILE`, as pytest reads them: one a line."""
    for arg in args:
        path = Path(arg[1:])
        if not (arg.startswith("@") and path.is_file()):
            yield arg
            continue
        try:
            lines = path.read_text(sys.getfilesystemencoding()).splitlines()
        except (OSError, UnicodeDecodeError):  # pytest says why
            yield arg
        else:
            yield from _with_files(lines)
