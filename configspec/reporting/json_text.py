"""A large JSON object as text, a piece at a time: a line for each entry of an inner list, so that one can be found.

Python's own writer takes twice as long where it indents, since that way of it is not written in C.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TypeGuard


def json_pieces(value: object, depth: int = 0) -> Iterator[str]:
    """The text of `value`; ValueError where a number in it is not finite.

    An object that holds a list of objects has a line for each of its keys; such a list has one for each entry.
    """
    indent, separator = "\n" + " " * (depth + 1), ""
    if isinstance(value, Mapping) and any(map(_is_list_of_objects, value.values())):
        yield "{"
        for key, inner in value.items():
            yield f"{separator}{indent}{json.dumps(key)}: "
            yield from json_pieces(inner, depth + 1)
            separator = ","
        yield f"{indent[:-1]}}}"
    elif _is_list_of_objects(value):
        yield "["
        for inner in value:
            yield f"{separator}{indent}"
            yield from json_pieces(inner, depth + 1)
            separator = ","
        yield f"{indent[:-1]}]"
    else:
        yield json.dumps(value, allow_nan=False)


def _is_list_of_objects(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
