"""An option that is given an empty value: what is left of a shell's variable that is not set. It never means "all"."""

from __future__ import annotations

import pytest

from configspec.errors import UsageError
from configspec.pytest_plugin.options import OPTIONS, Option, ini_value


def refuse_empty_values(config: pytest.Config) -> None:
    """Look at every value that counts: of the command line, or else of the ini file.

    Raises:
        UsageError: One of them is empty.
    """
    for one in OPTIONS:
        given = config.getoption(one.key)
        if given not in (None, False):
            if _is_empty(given, one):
                raise UsageError(_words(one.short, one.short))
        elif one.ini is not None and _is_empty(ini_value(config, one.key), one):
            raise UsageError(_words(f"{one.key} in the pytest configuration", "the line"))


def _is_empty(given: object, option: Option) -> bool:
    """Whether a value, or one of those of a repeatable option, says nothing. None is a value that is not given."""
    if isinstance(given, list):
        return not given or any(_is_empty(each, option) for each in given)
    return isinstance(given, str) and not given.strip(", \t" if option.ini_type == "args" else None)


def _words(what: str, left_out: str) -> str:
    return f"{what} is empty, as of a variable that is not set. Give it a value, or leave {left_out} out."
