"""Which prompts a sweep asks: a file, where in it they are, and which of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from configspec.testbed.key_types import NO_TWINS, Count, File, FileText, Text
from configspec.testbed.prompt import MAX_LABEL, MAX_PROMPTS
from configspec.testbed.spec import Spec

MAX_KEYS = 20
MAX_CATEGORIES = 1000
Longest: TypeAlias = Literal["error", "skip", "truncate"]


def _listed(written: object) -> object:
    return [written] if isinstance(written, str) else written


Keys: TypeAlias = Annotated[
    tuple[Text, ...],
    BeforeValidator(_listed, json_schema_input_type=Text | Annotated[list[Text], Field(min_length=1)]),
    Field(min_length=1, max_length=MAX_KEYS, title="key, or list of keys"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptsSpec(Spec):
    """Which prompts are asked; `path` None means the set that configspec carries."""

    path: Annotated[
        File | None,
        Field(description="The prompt set; default: the one that comes with configspec"),
    ] = None
    text: Annotated[
        Keys | None,
        Field(
            description="The key of each entry that holds its prompt, `a.b` for one inside another; the texts of "
            "several keys are separated by an empty line. Default: by the file's shape"
        ),
    ] = None
    id: Annotated[Text | None, Field(description="The key that holds a prompt's id; default: by the shape")] = None
    category: Annotated[
        Text | None, Field(description="The key that holds a prompt's category; default: by the shape")
    ] = None
    categories: Annotated[
        tuple[Annotated[Text, Field(max_length=MAX_LABEL)], ...] | None,
        Field(min_length=1, max_length=MAX_CATEGORIES, description="Only prompts of these categories"),
        NO_TWINS,
    ] = None
    limit: Annotated[
        Count | None,
        Field(
            le=MAX_PROMPTS,
            description="At most this many prompts: as many of each category as of any other where it has them, evenly "
            "taken from it, always the same",
        ),
    ] = None
    longest: Annotated[
        Longest,
        Field(
            description="What happens to prompts that do not fit the context with `new_tokens`: `error` names all"
            " of them, `skip` leaves them out, `truncate` removes tokens from their middle; both are "
            "counted"
        ),
    ] = "error"

    @model_validator(mode="after")
    def _keys_are_of_a_file(self) -> PromptsSpec:
        given = [key for key in ("text", "id", "category") if getattr(self, key) is not None]
        if given and self.path is None:
            raise ValueError(f"has `{given[0]}`, a key of a file, and no `path`. Name the file.")
        return self


def path_or_mapping(written: object) -> object:
    """A path alone as the mapping that it is short for."""
    return {"path": written} if isinstance(written, str) else written


PromptsOf: TypeAlias = Annotated[
    PromptsSpec, BeforeValidator(path_or_mapping, json_schema_input_type=FileText | PromptsSpec)
]
