"""The JSON files of a model folder, read key by key: a value of another kind, or out of its bounds, is refused by name.

They come from whoever trained the model, and through copies and downloads that may have damaged them. A wrong size
would be an allocation of that size, or a model that loads and is another.

Of a key that stands twice in one object the last counts, as for transformers and tokenizers, which run such files: what
is measured is what they read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.untrusted import NotJson, open_regular, parse_json, read_bounded

JsonObject: TypeAlias = Mapping[str, object]
MOST_BYTES = 256 << 20  # a tokenizer.json of 262,000 tokens takes 33 MB
MOST_TOKENS = 1 << 21  # eight times the largest vocabulary known
MOST_LAYERS = 10_000
_TEXTS = (".json", ".txt", ".jinja", ".model")
_TEMPLATES = "additional_chat_templates"  # the one folder in a model folder that transformers looks into
_SHOWN = 60  # letters of a value in a message
AGAIN = "Copy the model folder again."


def read_json(path: Path) -> JsonObject:
    """A JSON object from a file of a model folder. Infinity is taken, for some configurations hold it."""
    try:
        found = parse_json(read_bounded(path, at_most_bytes=MOST_BYTES), constants=True)
    except FileNotFoundError:
        raise UsageError(
            f"{path} does not exist. A model folder holds config.json, tokenizer.json and model.safetensors, "
            "as `save_pretrained` of transformers writes them."
        ) from None
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}. {AGAIN}") from None
    except NotJson as problem:
        raise UsageError(f"{path} is not JSON: {problem}. {AGAIN}") from None
    if not isinstance(found, dict):
        raise UsageError(f"{path} holds {shown(found)}, not a JSON object. {AGAIN}")
    return found


def check_files(folder: Path) -> None:
    """A UsageError where a library that reads the whole folder would wait for ever, or fill the memory.

    What it reads besides the weights (texts by their names) has at most MOST_BYTES, and nothing is a FIFO or a device.
    """
    try:
        paths = sorted(path for part in (folder, folder / _TEMPLATES) if part.is_dir() for path in part.iterdir())
        for path in (path for path in paths if path.exists() and not path.is_dir()):
            with open_regular(path) as file:
                size_bytes = os.fstat(file.fileno()).st_size
            if path.suffix in _TEXTS and size_bytes > MOST_BYTES:
                raise UsageError(f"{path} has {size_bytes:,} bytes, more than {MOST_BYTES:,}. {AGAIN}")
    except OSError as problem:
        raise UsageError(f"{problem.filename} cannot be read: {problem.strerror}. {AGAIN}") from None


def wrong(path: Path, key: str, found: object, wanted: str) -> UsageError:
    """The error for a value that cannot be."""
    return UsageError(f"{path}: {printable(key, at_most=_SHOWN)} is {shown(found)}, not {wanted}. {AGAIN}")


def shown(value: object) -> str:
    """A value as a message shows it, a large one by its kind.

    >>> shown({"a": 1}), shown("text"), shown(None)
    ('a table', "'text'", 'null')
    """
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"a list of {len(value)}"
    return "null" if value is None else printable(repr(value), at_most=_SHOWN)


def whole(path: Path, table: JsonObject, key: str, *, least: int = 1, most: int = 1 << 31) -> int:
    """A whole number."""
    found = table.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise wrong(path, key, found, f"a whole number from {least:,} to {most:,}")
    return found


def number(path: Path, table: JsonObject, key: str) -> float:
    """A number above 0 that a float of 32 bits holds."""
    found = table.get(key)
    if not isinstance(found, (int, float)) or isinstance(found, bool) or not 0 < found < 3e38:
        raise wrong(path, key, found, "a number above 0")
    return float(found)


def truth(path: Path, table: JsonObject, key: str) -> bool:
    """True or false; false where it is null or absent."""
    found = table.get(key)
    if not isinstance(found, bool | None):
        raise wrong(path, key, found, "true or false")
    return bool(found)


def table(path: Path, outer: JsonObject, key: str) -> JsonObject:
    """A table; an empty one where it is null or absent."""
    found = outer.get(key)
    if not isinstance(found, dict | None):
        raise wrong(path, key, found, "a table")
    return found or {}


def tables(path: Path, outer: JsonObject, key: str) -> tuple[JsonObject, ...]:
    """A list of tables; an empty one where it is null or absent."""
    found = outer.get(key)
    if not isinstance(found, list | None) or not all(isinstance(one, dict) for one in found or ()):
        raise wrong(path, key, found, "a list of tables")
    return tuple(found or ())
