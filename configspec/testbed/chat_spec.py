"""How a prompt becomes what the target reads: by which chat template, with which system prompt, from which tokens."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from configspec.testbed.key_types import PLAIN, File
from configspec.testbed.prompt import Message
from configspec.testbed.spec import Spec

SpecialTokens: TypeAlias = Literal["text", "parse"]
Thinking: TypeAlias = Literal["on", "off"]

MAX_SYSTEM = 100_000  # letters
MAX_VARIABLES = 50
DATE = "2026-01-01"
# What a template is given by configspec itself; the last two are `thinking`, under both of its names.
RESERVED = ("messages", "tools", "documents", "add_generation_prompt", "enable_thinking", "thinking")


def _real_date(written: str) -> str:
    try:
        datetime.date.fromisoformat(written)
    except ValueError:
        raise ValueError(f"is {written!r}, which no calendar has. Write a date as {DATE}.") from None
    return written


def _not_reserved(variables: Mapping[str, object]) -> Mapping[str, object]:
    for name in RESERVED:
        if name in variables:
            instead = "`thinking`" if "thinking" in name else "the prompts"
            raise ValueError(f"has `{name}`, which {instead} of the sweep decides. Delete it.")
    return variables


SystemText: TypeAlias = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=MAX_SYSTEM, pattern=rf"^({PLAIN}|[\n\t])*$", title="text"),
]
Variable: TypeAlias = Annotated[str, Field(strict=True, max_length=100, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Value: TypeAlias = (
    Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-(2**53) + 1, le=2**53 - 1)]
    | Annotated[float, Field(strict=True)]
    | Annotated[str, Field(strict=True, max_length=1000, pattern=rf"^({PLAIN}|[\n\t])*$")]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSpec(Spec):
    """How each prompt of the sweep becomes what the target reads."""

    template: Annotated[
        Literal["auto", "none"] | File,
        Field(
            validation_alias="chat",
            description="`auto`: the target's own chat template, if it has one; `none`: prompts are plain text; a"
            " path: the Jinja template in that file",
        ),
    ] = "auto"
    system: Annotated[
        SystemText | None, Field(description="A system prompt for each prompt that has none of its own")
    ] = None
    thinking: Annotated[
        Thinking | None,
        Field(
            description="Whether a thinking model thinks first; default: as its template does. The template gets "
            "it as `enable_thinking` and `thinking`"
        ),
    ] = None
    variables: Annotated[
        Mapping[Variable, Value],
        Field(
            validation_alias="chat_template_kwargs",
            max_length=MAX_VARIABLES,
            description="More variables for the template, as transformers, vLLM and llama-server name them: "
            "`{reasoning_effort: low}`",
        ),
        AfterValidator(_not_reserved),
    ] = field(default_factory=dict)
    date: Annotated[
        str,
        Field(
            strict=True,
            pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            title="date",
            description="The date for a template that asks for today's, so that runs of two days compare",
        ),
        AfterValidator(_real_date),
    ] = DATE
    special_tokens: Annotated[
        SpecialTokens,
        Field(
            description="How the name of a special token in a plain prompt is read: as `text` like any other, or "
            "`parse`d as that token. In the output of a chat template it is always that token"
        ),
    ] = "text"

    @model_validator(mode="after")
    def _has_a_template(self) -> ChatSpec:
        for key, value in (
            ("system", self.system),
            ("thinking", self.thinking),
            ("chat_template_kwargs", self.variables),
        ):
            if value and self.template == "none":
                raise ValueError(f"has `{key}`, which means nothing beside `chat: none`. Delete one of the two.")
        return self

    @property
    def file(self) -> Path | None:
        """The template's file, where one is named."""
        return self.template if isinstance(self.template, Path) else None

    @property
    def template_variables(self) -> Mapping[str, object]:
        """What a template is given beside the messages and the texts of special tokens."""
        switch = {} if self.thinking is None else dict.fromkeys(("enable_thinking", "thinking"), self.thinking == "on")
        return {**self.variables, **switch}

    def with_system(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """The messages of a prompt after the sweep's system prompt, unless they have one of their own."""
        if self.system is None or messages[0].role in ("system", "developer"):
            return messages
        return (Message(role="system", content=self.system), *messages)
