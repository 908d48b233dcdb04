"""The tables of docs/inventory.md: every key of `devices.yaml` with its type, default and meaning, from the schema.

That of docs/prompts.md holds the shapes of prompt files, that of docs/power.md the kinds of power meters, each as the
first line of its file describes it. A table stands between `<!-- keys: SECTION -->` and `<!-- end of keys -->`, or
`<!-- shapes -->` or `<!-- meters -->` and its end; what is around it is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence

from pydantic.json_schema import JsonSchemaValue

from configspec.agent.power.meter import MeterKind
from configspec.agent.power.registry import METERS
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.family_spec import TargetSpec
from configspec.testbed.inventory import json_schema
from configspec.testbed.problems import written
from configspec.testbed.prompt_shapes import SHAPES, Shape
from configspec.testbed.spec import Variant

# Section of the page -> the mapping that it describes, and what its keys begin with.
SECTIONS = {
    "devices": ("DeviceSpec", ""),
    "families": ("FamilySpec", ""),
    "target": ("TargetSpec", "target."),
    "sweep": ("SweepSpec", ""),
    "serving": ("ServingSpec", ""),
}
WITH_VARIANTS = {"devices": DeviceSpec.variants, "target": TargetSpec.variants}
HEAD = "| key | type | default | meaning |\n|---|---|---|---|"
SHAPES_HEAD = "| shape | known by | the prompt | id | category |\n|---|---|---|---|---|"
METERS_HEAD = "| meter | `auto` | what it is | read by | boundary | its keys |\n|---|---|---|---|---|---|"
STATED = "declared"  # the kind that nobody reads
_SHAPES = re.compile(r"(<!-- shapes -->\n).*?(<!-- end of shapes -->)", re.DOTALL)
_METERS = re.compile(r"(<!-- meters -->\n).*?(<!-- end of meters -->)", re.DOTALL)
_TABLE = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end of keys -->)", re.DOTALL)


def with_tables(page: str) -> str:
    """The page with its tables as the schema has them."""
    mappings: JsonSchemaValue = json_schema()["$defs"]
    return _TABLE.sub(lambda found: f"{found[1]}{_table(mappings, found[2])}\n{found[3]}", page)


def with_shapes(page: str) -> str:
    """The page with the table of the shapes of prompt files as the program knows them."""
    table = "\n".join([SHAPES_HEAD, *map(_shape, SHAPES)])
    return _SHAPES.sub(lambda found: f"{found[1]}{table}\n{found[2]}", page)


def with_meters(page: str, kinds: Sequence[MeterKind] = METERS) -> str:
    """The page with the table of the kinds of power meters, in the order in which `auto` looks for them."""
    looked_for = [kind for kind in kinds if kind.auto]
    rows = [_meter(kind, str(place)) for place, kind in enumerate(looked_for, start=1)]
    rows += [_meter(kind, "") for kind in kinds if not kind.auto]
    table = "\n".join([METERS_HEAD, *rows])
    return _METERS.sub(lambda found: f"{found[1]}{table}\n{found[2]}", page)


def _meter(kind: MeterKind, place: str) -> str:
    boundary = f"`{kind.boundary}`" if kind.boundary else "you declare it" if kind.asks_boundary else "as found"
    keys = ", ".join(f"`{option.name}`{' (needed)' if option.needed else ''}" for option in kind.options)
    reader = "nobody" if kind.name == STATED else "device or host" if kind.on_network else "device"
    return f"| [`{kind.name}`]({kind.page}) | {place} | {_first_line(kind)} | {reader} | {boundary} | {keys} |"


def _first_line(kind: MeterKind) -> str:
    """The first line of the file that the kind is in, without its full stop."""
    return (sys.modules[kind.find.__module__].__doc__ or "").partition("\n")[0].rstrip(".")


def _shape(shape: Shape) -> str:
    name = f"[{shape.name}]({shape.address})" if shape.address else shape.name
    inside = f" in `{shape.inside}`" if shape.inside else ""
    read = ", ".join(f"`{key}`" for key in shape.reads) + inside
    return f"| {name} | {_keys(shape.told_by, ' with ')} | {read} | {_keys(shape.ids)} | {_keys(shape.categories)} |"


def _keys(keys: Sequence[str], between: str = ", else ") -> str:
    return between.join(f"`{key}`" for key in keys)


def _table(mappings: JsonSchemaValue, section: str) -> str:
    mapping, prefix = SECTIONS[section]
    return "\n".join([HEAD, *_rows(mappings, mapping, prefix), *_variants(WITH_VARIANTS.get(section, ()))])


def _variants(variants: Sequence[Variant]) -> Iterator[str]:
    """What may be declared together, as sentences after a table."""
    if variants:
        yield "\nExactly one of these; a key that means nothing beside the others is an error:\n"
    for variant in variants:
        needed = " with ".join(f"`{key}`" for key in variant.needs)
        taken = ", ".join(f"`{key}`" for key in variant.takes)
        yield f"- {needed}, and any of {taken}"


def _rows(mappings: JsonSchemaValue, mapping: str, prefix: str) -> Iterator[str]:
    with_own_table = {name for name, _ in SECTIONS.values()}
    required = mappings[mapping].get("required", ())
    for key, node in mappings[mapping]["properties"].items():
        by_name = next(iter(node["patternProperties"].values())) if "patternProperties" in node else None
        default = "required" if key in required else _default(node.get("default"))
        yield f"| `{prefix}{key}` | {_type(node)} | {default} | {node['description']} |"
        inner = _mapping_in(by_name or node)
        if inner is not None and inner not in with_own_table:
            yield from _rows(mappings, inner, f"{prefix}{key}.{'NAME.' if by_name else ''}")


def _mapping_in(node: JsonSchemaValue) -> str | None:
    references = [str(one["$ref"]) for one in (node, *node.get("anyOf", ())) if "$ref" in one]
    return references[0].removeprefix("#/$defs/") if references else None


def _type(node: JsonSchemaValue) -> str:
    """What may stand at a key, in words."""
    if "title" in node:
        return str(node["title"])
    if "anyOf" in node and node["anyOf"][-1].get("items") == node["anyOf"][0]:
        return f"{_type(node['anyOf'][0])}; or a list of these"
    if "anyOf" in node:
        return ", or ".join(_type(one) for one in node["anyOf"])
    if "const" in node or "enum" in node:
        return ", ".join(f"`{value}`" for value in node.get("enum", [node.get("const")]))
    if node.get("type") == "array":
        return f"list of {_type(node['items'])}s"
    if node.get("type") in ("integer", "number"):
        return ", ".join(["whole number" if node["type"] == "integer" else "number", *_bounds(node)])
    if "anyOf" in node.get("propertyNames", {}):  # a quantisation: no other names are of two kinds
        return "mapping of quantisations"
    return "mapping of names" if "patternProperties" in node else "mapping"


def _bounds(node: JsonSchemaValue) -> Iterator[str]:
    if "minimum" in node and "maximum" in node:
        yield f"{written(node['minimum'])} to {written(node['maximum'])}"
    if "exclusiveMinimum" in node:
        yield f"more than {written(node['exclusiveMinimum'])}"
        yield f"{written(node['maximum'])} or less"


def _default(value: object) -> str:
    if isinstance(value, list):
        return f"{value[0]}..{value[-1]}" if value else "none"
    if isinstance(value, dict):
        return "none"
    return "" if value is None else f"`{value}`" if isinstance(value, str) else f"{value:g}"
