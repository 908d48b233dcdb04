"""What is wrong with a `devices.yaml`, as lines for people: the key, what was found, what would do."""

from __future__ import annotations

import functools
import re
import reprlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import JsonValue, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import ErrorDetails

from configspec.errors import UsageError, did_you_mean
from configspec.testbed.inventory import DevicesYaml, json_schema, reader
from configspec.testbed.key_types import (
    BOARD_FOLDER_PATTERN,
    DESTINATION_PATTERN,
    HUB_PATTERN,
    REVISION_PATTERN,
    TEXT_PATTERN,
    URL_EXAMPLE,
    URL_PATTERN,
    VARIABLE_PATTERN,
)
from configspec.testbed.spec import HIDDEN

SHOWN = 10  # problems printed; more would scroll the first ones away
Key = tuple[str | int, ...]
# pydantic's kind of error -> what the value has to be; {} takes the error's own bounds.
HAS_TO_BE = {
    "string_type": "text (in quotes, where YAML reads a number or a truth value)",
    "string_unicode": "text that UTF-8 can hold",
    "string_too_short": "text, not empty",
    "string_too_long": "text of at most {max_length} letters",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list, as in [a, b]",
    "dict_type": "a mapping of names to their settings",
    "too_short": "given at least one entry",
    "too_long": "given at most {max_length} entries",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
}


def check(document: JsonValue, folder: Path) -> tuple[DevicesYaml | None, list[str]]:
    """The file as specs, or None and all that is wrong with its keys, each line beginning with the key.

    Relative paths begin at `folder`; what they name has to exist.
    """
    empty = {key: f"{dotted(key)} is empty. Give it a value, or delete it." for key in _nulls(document)}

    def inside_empty(place: Key) -> bool:
        return any(place[:length] in empty for length in range(1, len(place) + 1))

    try:
        specs = reader().validate_python(document, context=folder)
    except ValidationError as error:
        places = [(_place(one["loc"], document), one) for one in error.errors(include_url=False)]
        told = [
            _told(place, one)
            for place, one in places
            if not inside_empty(place) and not (one["type"] == "too_short" and one["input"])
        ]  # a list that is too short without its wrong entries: those are told
        return None, [*empty.values(), *told]
    return (None if empty else specs), [*empty.values()]


def refusal(file: str, problems: Iterable[str]) -> UsageError:
    """One error that lists the problems, sorted, a line each."""
    lines = sorted(f"{file}: {problem}" for problem in problems)
    more = [f"{file}: and {len(lines) - SHOWN} more."] if len(lines) > SHOWN else []
    return UsageError(*lines[:SHOWN], *more)


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


def written(number: float) -> str:
    """A bound as people write it: 1, 0.0001, 10,000,000."""
    return f"{number:,}" if isinstance(number, int) else f"{number:,.9f}".rstrip("0").rstrip(".")


def _nulls(node: JsonValue, key: Key = ()) -> Iterator[Key]:
    if node is None and key:
        yield key
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, part in parts:
        yield from _nulls(part, (*key, name))


def _place(found: Key, document: JsonValue) -> Key:
    """The key as the file has it: without inner specs, and no longer than a short form's place."""
    place: Key = ()
    for part in found:
        if isinstance(part, str) and part.startswith(HIDDEN):
            continue
        if place and part != "[key]" and not isinstance(document, dict | list):
            break
        place = (*place, part)
        if isinstance(document, dict):
            document = document.get(str(part), {})
        elif isinstance(document, list) and isinstance(part, int):
            document = document[part]
    return place


def _told(key: Key, error: ErrorDetails) -> str:
    kind, found = error["type"], shown(error["input"])
    if key and key[-1] == "[key]":
        return _told_of_name(dotted(key[:-2]), error)
    name = dotted(key)
    if kind == "value_error":
        return f"{name} {error['ctx']['error']}"
    if kind == "missing":
        return f"{name} is missing. Add it: {_purpose(key)}."
    if kind == "unexpected_keyword_argument":
        return f"{name} is a key that configspec does not know. {did_you_mean(str(key[-1]), _keys_at(key[:-1]))}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f"{name} is {found}, which configspec does not know. {did_you_mean(str(error['input']), known)}"
    if kind == "string_pattern_mismatch":
        pattern = error["ctx"]["pattern"]
        if pattern == URL_PATTERN:
            found = shown(_without_secrets(error["input"]))
        if pattern == VARIABLE_PATTERN:
            found = "no name of a variable"  # it may be the key itself
        return f"{name} is {found}. {RULES.get(pattern, NAME_RULE)}"
    if kind == "dataclass_type":
        return f"{name} is {found}. It has to be a mapping of keys to values. Known: {', '.join(_keys_at(key))}."
    bounds = {name: written(bound) for name, bound in error.get("ctx", {}).items() if isinstance(bound, int | float)}
    if kind == "float_type" and type(error["input"]) is int:
        kind = "finite_number"  # so many digits that no number of the machine holds them
    wanted = HAS_TO_BE[kind].format(**bounds) if kind in HAS_TO_BE else error["msg"]
    return f"{name} is {found}. It has to be {wanted}."


NAME_RULE = "A name is part of test ids: use letters, digits, '.', '_' and '-', a letter or digit first."
RULES = {
    HUB_PATTERN: "Write a repository of the hub as OWNER/REPO, as in Qwen/Qwen3-0.6B.",
    REVISION_PATTERN: "Write a branch, a tag or a commit of the repository, as in main or v1.0.",
    TEXT_PATTERN: "Write it without control characters, line ends or marks that turn the direction of writing.",
    URL_PATTERN: f"Write the server's base URL, as in {URL_EXAMPLE}, without user, `?` and `#`: it is written into "
    "results. A key goes into the environment variable that `api_key_env` names.",
    VARIABLE_PATTERN: "Name the environment variable that holds the server's key, as in OPENAI_API_KEY. The key itself "
    "has no place here: this file is read by others.",
    BOARD_FOLDER_PATTERN: "Write an absolute path on the device, or one that begins with ~/, as in ~/gguf.",
    DESTINATION_PATTERN: "Write a name that `ssh` understands, without spaces, a leading '-' or what a shell reads, "
    "as in user@orin-01.",
}


def _without_secrets(url: str) -> str:
    """A URL without the places in which a password or a key can be: an error is read by others, in a CI log."""
    return re.sub(r"([?#]).*", r"\1...", re.sub(r"//.*@", "//...@", url, flags=re.DOTALL), flags=re.DOTALL)


def _told_of_name(parent: str, error: ErrorDetails) -> str:
    if error["type"] == "value_error":  # a quantisation
        return f"{parent} has a key that {error['ctx']['error']}"
    return f"{parent} has the name {shown(error['input'])}. {NAME_RULE}"


def _keys_at(key: Key) -> list[str]:
    return list(_keys(_schema_at(key)))


def _purpose(key: Key) -> str:
    return str(_keys(_schema_at(key[:-1]))[str(key[-1])]["description"])


@functools.cache  # a file may have ten thousand problems
def _schema() -> JsonSchemaValue:
    return json_schema()


def _schema_at(key: Key) -> JsonSchemaValue:
    """The JSON Schema of the mapping at `key`."""
    here = _schema()
    mappings = here["$defs"]
    for part in key:
        inner = _keys(here).get(str(part)) or next(iter(here["patternProperties"].values()))
        references = [one["$ref"] for one in (inner, *inner.get("anyOf", ())) if "$ref" in one]
        here = mappings[references[0].removeprefix("#/$defs/")] if references else inner
    return here


def _keys(mapping: JsonSchemaValue) -> JsonSchemaValue:
    keys: JsonSchemaValue = mapping.get("properties", {})
    return keys
