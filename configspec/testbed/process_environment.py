"""Environment variables of an agent: declared by name, and filled in from this host's where they say `${NAME}`.

A value may be a secret: no error and no record holds one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from configspec.errors import UsageError

MAX_VARIABLES = 100
MAX_LETTERS = 10_000  # of a value
NAME = r"[A-Za-z_][A-Za-z0-9_]{0,99}"
OF_HOST = re.compile(rf"\$\{{({NAME})\}}", re.ASCII)


def _variables(value: object) -> object:
    """The mapping, its numbers as text; a ValueError, which shows no value, where it cannot be an environment."""
    if not isinstance(value, Mapping):
        raise ValueError("is no mapping. Write names and values, as in {OMP_NUM_THREADS: 4}.")
    found: dict[str, str] = {}
    for name, text in value.items():
        if not isinstance(name, str) or re.fullmatch(NAME, name, re.ASCII) is None:
            raise ValueError(
                f"has the name {name!r:.60}. A variable's name has letters, digits and '_', a letter first."
            )
        if isinstance(text, bool) or not isinstance(text, str | int | float):
            raise ValueError(f"has {name}, whose value is no text. Write it in quotes.")
        if "\0" in str(text) or len(str(text)) > MAX_LETTERS or not _encodable(str(text)):
            raise ValueError(f"has {name}, whose value no environment can hold. Write at most {MAX_LETTERS:,} letters.")
        found[name] = str(text)
    return found


def _encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


_Names: TypeAlias = Annotated[str, Field(pattern=f"^{NAME}$")]
Variables: TypeAlias = Annotated[
    Mapping[str, str],
    BeforeValidator(_variables, json_schema_input_type=Mapping[_Names, str | int | float]),
    Field(title="mapping of names to texts"),
]


def filled_in(device: str, declared: Mapping[str, str], of_host: Mapping[str, str]) -> dict[str, str]:
    """What the agent's environment gets: declared values, and those of this host's environment that they name.

    Raises:
        UsageError: This host has no such variable.
    """
    found: dict[str, str] = {}
    for name, value in declared.items():
        named = OF_HOST.fullmatch(value)
        if named is not None and named[1] not in of_host:
            raise UsageError(
                f"{device}: devices.yaml takes its `env` {name} from this host's {named[1]}, which is not set. "
                "Export it, or delete the key."
            )
        found[name] = value if named is None else of_host[named[1]]
    return found
