"""What the mappings of `devices.yaml` share: how pydantic reads them into frozen dataclasses, the specs.

A spec is a plain dataclass, so that code makes, copies and compares it without pydantic. Each of its fields carries its
key, its meaning and what it may be; pydantic reads those from the annotation, and only where a file is read. The
context of such a reading is the file's folder, at which paths begin.

A field whose name in the file would begin with HIDDEN is no key of its own. It is either the name of the mapping, which
is a key of the mapping above, or an inner spec, whose keys are written among the others: `timeout_s` belongs to the
server of a target, and is a key of `target`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar, get_args, get_type_hints

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, ValidationInfo, model_validator
from pydantic.fields import FieldInfo
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import CoreSchema
from pydantic_core.core_schema import with_info_after_validator_function

HIDDEN = "\0"  # no key of a YAML file holds it
AnySpec = TypeVar("AnySpec", bound="Spec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One of several ways to declare a part: the keys that it needs, its source first, and those that it takes too."""

    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()
    example: str = ""  # a value of the source, for an error

    @property
    def source(self) -> str:
        """The key that says which variant is meant."""
        return self.needs[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A mapping of the file: its keys are the fields, and no others."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)
    variants: ClassVar[tuple[Variant, ...]] = ()

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, written: object, handler: ModelWrapValidatorHandler[AnySpec]) -> AnySpec:
        if not isinstance(written, dict):
            return handler(written)
        spec = handler(_with_inner_specs(cls, written))
        if cls.variants:
            _check_variant(cls.variants, written)
        return spec


# The name of a mapping in the mapping above, which that one fills in. Code has to give it.
OwnName: TypeAlias = Annotated[SkipJsonSchema[str], Field(default="", validation_alias=f"{HIDDEN}name")]


@dataclass(frozen=True, slots=True)
class ReadAs:
    """Marks a value that the file has in another form: read as `written`, then made by `convert`."""

    written: Any  # a type as pydantic knows it
    convert: Callable[[Any, ValidationInfo], object]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of what is written."""
        return with_info_after_validator_function(self.convert, handler.generate_schema(self.written))


# Looked up once for each spec: a file may hold thousands of one kind, and evaluating annotations takes milliseconds.
_KEYS: dict[type[Spec], Mapping[str, FieldInfo]] = {}
_INNER: dict[type[Spec], Mapping[str, type[Spec]]] = {}


def keys_of(spec: type[Spec]) -> Mapping[str, FieldInfo]:
    """The fields by their names in the file; those of no key of their own begin with HIDDEN."""
    if spec not in _KEYS:
        hints = get_type_hints(spec, include_extras=True)
        infos = {one.name: FieldInfo.from_annotation(hints[one.name]) for one in fields(spec)}
        _KEYS[spec] = {str(info.validation_alias or name): info for name, info in infos.items()}
    return _KEYS[spec]


def inner_specs(spec: type[Spec]) -> Mapping[str, type[Spec]]:
    """The specs whose keys stand among those of `spec`, by the hidden names of their fields."""
    if spec not in _INNER:
        hidden = {key: info.annotation for key, info in keys_of(spec).items() if key.startswith(HIDDEN)}
        kinds = [(key, kind) for key, annotation in hidden.items() for kind in (annotation, *get_args(annotation))]
        _INNER[spec] = {key: kind for key, kind in kinds if isinstance(kind, type) and issubclass(kind, Spec)}
    return _INNER[spec]


def _with_inner_specs(spec: type[Spec], written: Mapping[str, object]) -> dict[str, object]:
    """The mapping with one part for each inner spec whose first key is there, or that needs none."""
    parts = dict(written)
    for hidden, inner in inner_specs(spec).items():
        own = {key: parts.pop(key) for key in keys_of(inner) if key in parts}
        if own and (_has_defaults(inner) or next(iter(keys_of(inner))) in own):
            parts[hidden] = own
    return parts


def _has_defaults(spec: type[Spec]) -> bool:
    try:
        spec()
    except TypeError:
        return False
    return True


def _check_variant(variants: tuple[Variant, ...], written: Mapping[str, object]) -> None:
    """A ValueError unless the keys are those of one variant; one that would mean nothing was meant to do something."""
    given = [key for key in dict.fromkeys(variant.source for variant in variants) if key in written]
    if len(given) != 1:
        examples = {variant.source: f": {variant.example}" if variant.example else "" for variant in variants}
        names = " or ".join(f"`{key}{example}`" for key, example in examples.items())
        found = " and ".join(f"`{key}`" for key in given) if given else "none of them"
        raise ValueError(f"has {found}. Give it exactly one of {names}.")
    fitting = [variant for variant in variants if variant.source == given[0] and written.keys() >= {*variant.needs}]
    variant = max(fitting, key=lambda one: len(one.needs))
    idle = sorted(written.keys() - {*variant.needs, *variant.takes})
    if idle:
        beside = " with ".join(f"`{key}`" for key in variant.needs)
        raise ValueError(f"has `{idle[0]}`, which means nothing beside {beside}. Delete it.")
