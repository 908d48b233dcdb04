"""A testbed: what its `devices.yaml` holds, as a whole, and the JSON Schema of that file for editors."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from configspec.testbed.device_spec import DeviceSpec, named_devices
from configspec.testbed.family_spec import DraftSpec, FamilySpec, TargetSpec, TokenizerSpec, named_families
from configspec.testbed.key_types import Name
from configspec.testbed.llama_cpp_spec import MOST_VALUES, OF_AGENT, LlamaCppSpec, aliases
from configspec.testbed.power_spec import PowerSpec, option_schema
from configspec.testbed.serving_spec import ServingSpec
from configspec.testbed.spec import Spec, inner_specs
from configspec.testbed.sweep_spec import SweepSpec
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesYaml(Spec):
    """The testbed of a configspec run: its devices, model families, sweep and serving assumptions."""

    devices: Annotated[
        Mapping[Name, DeviceSpec],
        Field(min_length=1, description="The devices by name"),
        AfterValidator(named_devices),
    ]
    families: Annotated[
        Mapping[Name, FamilySpec],
        Field(description="The model families by name; replayed devices need none"),
        AfterValidator(named_families),
    ] = field(default_factory=dict)
    sweep: Annotated[SweepSpec, Field(description="What is measured, and for how long")] = field(
        default_factory=SweepSpec
    )
    serving: Annotated[ServingSpec, Field(description="What is assumed about the verifier and its price")] = field(
        default_factory=ServingSpec
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """One testbed: everything that its `devices.yaml` says."""

    path: Path
    sha256: str
    devices: Mapping[str, DeviceSpec]
    families: Mapping[str, FamilySpec]
    sweep: SweepSpec
    serving: Serving
    serving_by_family: Mapping[str, Serving]  # where a family has a price or a latency of its own

    def serving_for(self, family: str) -> Serving:
        """The serving assumptions of one family: its own, or the testbed's."""
        return self.serving_by_family.get(family, self.serving)


_WITH_VARIANTS: tuple[type[Spec], ...] = (DeviceSpec, TargetSpec, TokenizerSpec, DraftSpec)
_WITH_INNER: tuple[type[Spec], ...] = (*_WITH_VARIANTS, SweepSpec)


@functools.cache
def reader() -> TypeAdapter[DevicesYaml]:
    """What reads the plain values of a file; its context is the file's folder."""
    return TypeAdapter(DevicesYaml)


def json_schema() -> JsonSchemaValue:
    """The JSON Schema (draft 2020-12) of `devices.yaml`."""
    schema = reader().json_schema(schema_generator=_WithoutMadeUpTitles)
    mappings = schema.pop("$defs")
    for spec in _WITH_VARIANTS:
        mappings[spec.__name__] |= _variants(spec, mappings)
    for spec in _WITH_INNER:
        if not spec.variants:
            mappings[spec.__name__]["properties"] = _keys(spec, mappings)
    mappings[LlamaCppSpec.__name__] = _with_lists(mappings[LlamaCppSpec.__name__])
    mappings[PowerSpec.__name__]["properties"] |= option_schema()
    inside = {inner.__name__ for spec in _WITH_INNER for inner in inner_specs(spec).values()} - {"LlamaCppSpec"}
    kept = {name: mapping for name, mapping in mappings.items() if name not in inside}
    head: JsonSchemaValue = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "devices.yaml of configspec",
        "$defs": {name: _tidy(mapping) for name, mapping in kept.items()},
    }
    tidied: JsonSchemaValue = _tidy(schema)
    return head | tidied


class _WithoutMadeUpTitles(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def _variants(spec: type[Spec], mappings: Mapping[str, JsonSchemaValue]) -> JsonSchemaValue:
    """The keys of a mapping, those of its inner specs among them, and which of them go together."""
    keys = _keys(spec, mappings)
    known = {key for variant in spec.variants for key in (*variant.needs, *variant.takes)}
    branches = [
        {
            "required": [*variant.needs],
            "properties": dict.fromkeys(sorted(known.difference(variant.needs, variant.takes)), False),
        }
        for variant in spec.variants
    ]
    return {"properties": {key: node for key, node in keys.items() if key in known}, "oneOf": branches}


def _keys(spec: type[Spec], mappings: Mapping[str, JsonSchemaValue]) -> JsonSchemaValue:
    """The keys of a mapping, and those of its inner specs in their places."""
    inner = inner_specs(spec)
    keys: JsonSchemaValue = {}
    for key, node in mappings[spec.__name__]["properties"].items():
        keys |= mappings[inner[key].__name__]["properties"] if key in inner else {key: node}
    return keys


def _with_lists(mapping: JsonSchemaValue) -> JsonSchemaValue:
    """The mapping of `llama_cpp`: each key takes a list too, and has other names."""
    keys: JsonSchemaValue = {}
    others: JsonSchemaValue = {}
    for key, node in mapping["properties"].items():
        if key in OF_AGENT:
            keys[key] = node
            continue
        also = sorted(name for name, own in aliases().items() if own == key and name != key)
        about = {name: node[name] for name in ("description", "default") if name in node}
        one = _tidy({name: value for name, value in node.items() if name not in about})
        many = {"type": "array", "items": one, "minItems": 1, "maxItems": MOST_VALUES}
        about["description"] += f"; also {', '.join(f'`{name}`' for name in also)}"
        keys[key] = {"anyOf": [one, many], **about}
        others[f"^({'|'.join(name.replace('_', '[-_]') for name in [*also, key])})$"] = {"anyOf": [one, many]}
    return {**mapping, "properties": keys, "patternProperties": others}


def _tidy(node: Any) -> Any:
    """The schema without what classes say to programmers, and without null: an empty key is an error in this file."""
    if isinstance(node, list):
        return [_tidy(one) for one in node if one != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    of_class = {"title", "description"} if "properties" in node else set()
    kept = {key: _tidy(value) for key, value in node.items() if key not in of_class}
    if kept.get("default", ...) in (None, ""):
        del kept["default"]
    if len(kept.get("anyOf", ())) == 1:
        kept = {**kept.pop("anyOf")[0], **kept}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    return kept
