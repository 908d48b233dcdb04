"""What is wrong with a `devices.yaml`, as lines for people: the key, what was found, what would do."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable, Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from configspec.errors import UsageError, did_you_mean
from configspec.testbed.schema import DevicesYaml
from configspec.testbed.schema_values import BOARD_FOLDER_PATTERN, DESTINATION_PATTERN, HUB_PATTERN, URL_PATTERN

SHOWN = 10  # problems printed; more would scroll the first ones away
Key = tuple[str | int, ...]
# pydantic's kind of error -> what the value has to be; {} takes the error's own bounds.
HAS_TO_BE = {
    "string_type": "text (in quotes, where YAML reads a number or a truth value)",
    "string_unicode": "text that UTF-8 can hold",
    "string_too_short": "text, not empty",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "list_type": "a list, as in [a, b]",
    "dict_type": "a mapping of names to their settings",
    "too_short": "given at least one entry",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than_equal": "{le:g} or less",
}


def check(document: Any) -> tuple[DevicesYaml | None, list[str]]:
    """The file as a model, or None and all that its shape has wrong, each line beginning with the key."""
    empty = {key: f"{dotted(key)} is empty. Give it a value, or delete it." for key in _nulls(document)}
    try:
        model = DevicesYaml.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False)
        told = [_told(one) for one in found if not any(one["loc"][: len(key)] == key for key in empty)]
        return None, [*empty.values(), *told]
    return (None if empty else model), [*empty.values()]


def refusal(file: str, problems: Iterable[str]) -> UsageError:
    """One error that lists the problems, sorted, a line each."""
    lines = sorted(f"{file}: {problem}" for problem in problems)
    more = [f"{file}: and {len(lines) - SHOWN} more."] if len(lines) > SHOWN else []
    return UsageError("\n".join([*lines[:SHOWN], *more]))


def dotted(key: Sequence[str | int]) -> str:
    """`devices.orin.tags[0]`; a name that could be misread is quoted."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if re.fullmatch(r"[\w.+-]+", part, re.ASCII) else f".{shown(part)}"
    return text.removeprefix(".") or "the file"


def shown(value: object) -> str:
    """What was found, short enough for a line."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = 60
    short.maxlevel = 2
    return short.repr(value)


def _nulls(node: Any, key: Key = ()) -> Iterator[Key]:
    if node is None and key:
        yield key
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, part in parts:
        yield from _nulls(part, (*key, name))


def _told(error: ErrorDetails) -> str:
    key, kind, found = error["loc"], error["type"], shown(error["input"])
    if key and key[-1] == "[key]":
        return _told_of_name(dotted(key[:-2]), error)
    name = dotted(key)
    if kind == "value_error":
        return f"{name} {error['ctx']['error']}"
    if kind == "missing":
        purpose = _mapping_at(key[:-1]).model_fields[str(key[-1])].description
        return f"{name} is missing. Add it: {purpose}."
    if kind == "extra_forbidden":
        return f"{name} is a key that configspec does not know. {did_you_mean(str(key[-1]), _keys_at(key[:-1]))}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f"{name} is {found}, which configspec does not know. {did_you_mean(str(error['input']), known)}"
    if kind == "string_pattern_mismatch":
        return f"{name} is {found}. {RULES.get(error['ctx']['pattern'], NAME_RULE)}"
    if kind == "model_type":
        return f"{name} is {found}. It has to be a mapping of keys to values. Known: {', '.join(_keys_at(key))}."
    wanted = HAS_TO_BE[kind].format(**error.get("ctx", {})) if kind in HAS_TO_BE else error["msg"]
    return f"{name} is {found}. It has to be {wanted}."


NAME_RULE = "A name stands in test ids: use letters, digits, '.', '_' and '-', a letter or digit first."
RULES = {
    HUB_PATTERN: "Write a repository of the hub as OWNER/REPO, as in Qwen/Qwen3-0.6B.",
    URL_PATTERN: "Write the server's base URL, as in http://verifier:8000/v1; a key is read from `api_key_env`.",
    BOARD_FOLDER_PATTERN: "Write a whole path on the device, or one that begins with ~/, as in ~/gguf.",
    DESTINATION_PATTERN: "Write a name that `ssh` understands, without spaces, a leading '-' or what a shell reads, "
    "as in user@orin-01.",
}


def _told_of_name(parent: str, error: ErrorDetails) -> str:
    if error["type"] == "value_error":  # a quantisation
        return f"{parent} has a key that {error['ctx']['error']}"
    return f"{parent} has the name {shown(error['input'])}. {NAME_RULE}"


def _keys_at(key: Key) -> list[str]:
    return list(_mapping_at(key).model_fields)


def _mapping_at(key: Key) -> type[BaseModel]:
    """The model of the mapping that stands at `key`."""
    here: Any = DevicesYaml
    for part in key:
        is_model = isinstance(here, type) and issubclass(here, BaseModel)
        here = _bare(here.model_fields[part].annotation if is_model else get_args(here)[1])
    assert isinstance(here, type)
    assert issubclass(here, BaseModel)
    return here


def _bare(kind: Any) -> Any:
    """`kind` without Annotated and without None."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return _bare(get_args(kind)[0])
    return kind
