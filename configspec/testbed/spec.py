"""Parts of `devices.yaml` that can be declared in several ways, such as a target: a folder, a file, a server, the hub.

A key that means nothing beside the others is refused: it was meant to do something.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict

# One way to declare a part: the keys that it needs, its source first, and those that mean something beside them.
Kind: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]


def one_kind_of(*kinds: Kind) -> ConfigDict:
    """What `check_kind` checks, for the JSON Schema."""
    known = {key for needed, optional in kinds for key in (*needed, *optional)}
    branches: list[Any] = [
        {"required": list(needed), "properties": dict.fromkeys(sorted(known - {*needed, *optional}), False)}
        for needed, optional in kinds
    ]
    return ConfigDict(json_schema_extra={"oneOf": branches})


def check_kind(part: BaseModel, *kinds: Kind) -> None:
    """A ValueError unless the keys that were given are those of one kind."""
    sources = list(dict.fromkeys(needed[0] for needed, _ in kinds))
    given = [key for key in sources if getattr(part, key) is not None]
    if len(given) != 1:
        names = " or ".join(f"`{key}`" for key in sources)
        found = " and ".join(f"`{key}`" for key in given) if given else "none of them"
        raise ValueError(f"has {found}. Give it exactly one of {names}.")
    possible = [kind for kind in kinds if kind[0][0] == given[0]]
    fitting = [kind for kind in possible if part.model_fields_set.issuperset(kind[0])]
    if not fitting:
        raise ValueError(f"has `{given[0]}` and no `{possible[0][0][-1]}`. Add it.")
    needed, optional = max(fitting, key=lambda kind: len(kind[0]))
    idle = sorted(part.model_fields_set.difference(needed, optional))
    if idle:
        beside = " with ".join(f"`{key}`" for key in needed)
        raise ValueError(f"has `{idle[0]}`, which means nothing beside {beside}. Delete it.")
