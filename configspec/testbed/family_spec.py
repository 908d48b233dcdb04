"""A family: its target, its draft models, and what serving it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from configspec.testbed.key_types import (
    NO_TWINS,
    CountOrNone,
    File,
    Folder,
    FolderText,
    HubName,
    Name,
    Quant,
    Revision,
    Seconds,
    Text,
    Url,
    Variable,
)
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.testbed.quant_names import twins
from configspec.testbed.serving_spec import ServingSpec
from configspec.testbed.spec import HIDDEN, OwnName, ReadAs, Spec, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpec(Spec):
    """A repository of the Hugging Face hub: a transformers model, or the GGUF files that `file` selects."""

    repo: Annotated[
        HubName,
        Field(
            validation_alias="hub",
            description="A repository of the Hugging Face hub: its GGUF files, or its safetensors",
        ),
    ]
    revision: Annotated[Revision, Field(description="Its branch, tag or, pinned, commit")] = "main"
    file: Annotated[
        Text | None,
        Field(
            description="Which of its GGUF files, a name or a glob in which `{quant}` stands for a draft model's "
            "quantisation; needed where a repository of drafts holds safetensors too"
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerSpec(Spec):
    """Whose token ids a server means."""

    variants: ClassVar[tuple[Variant, ...]] = (
        Variant(needs=("transformers",)),
        Variant(needs=("hub",), takes=("revision",)),
    )

    transformers: Annotated[Folder | None, Field(description="A model folder with its tokenizer")] = None
    hub: Annotated[HubSpec | None, Field(validation_alias=f"{HIDDEN}hub")] = None


def _tokenizer(written: TokenizerSpec, _: ValidationInfo) -> Path | HubSpec | None:
    return written.transformers or written.hub


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec(Spec):
    """A model behind an OpenAI-compatible API. The key is read from the environment variable `api_key_env`."""

    url: Annotated[
        Url,
        Field(
            validation_alias="openai",
            description="The base URL of an OpenAI-compatible server, up to and with `/v1`: `http://verifier:8000/v1`",
        ),
    ]
    model: Annotated[Text, Field(description="The server's name of the model")]
    api_key_env: Annotated[
        Variable, Field(description="The environment variable with the server's key, if it needs one")
    ] = "OPENAI_API_KEY"
    timeout_s: Annotated[
        Seconds, Field(description="Seconds that one request to the server may take, with its whole answer")
    ] = 120.0
    retries: Annotated[
        CountOrNone, Field(le=100, description="How often a failed request to the server is tried again, with back-off")
    ] = 4
    tokenizer: Annotated[
        Path | HubSpec | None,
        ReadAs(TokenizerSpec, _tokenizer),
        Field(description="Whose token ids the server uses; default: the server is asked"),
    ] = None


_OF_TRANSFORMERS = ("dtype", "device_map", "threads")
_OF_GGUF = ("threads", "context", "gpu_layers")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSpec(Spec):
    """The large model of a family: one of `transformers`, `gguf`, `openai` and `hub`."""

    variants: ClassVar[tuple[Variant, ...]] = (
        Variant(needs=("transformers",), takes=_OF_TRANSFORMERS),
        Variant(needs=("gguf",), takes=_OF_GGUF),
        Variant(needs=("openai", "model"), takes=("api_key_env", "timeout_s", "retries", "tokenizer")),
        Variant(needs=("hub",), takes=("revision", *_OF_TRANSFORMERS)),
        Variant(needs=("hub", "file"), takes=("revision", *_OF_GGUF)),
    )
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        **Spec.__pydantic_config__,
        json_schema_extra={"allOf": [{"properties": {"file": {"not": {"pattern": r"\{quant\}"}}}}]},
    )

    transformers: Annotated[Folder | None, Field(description="A model that transformers loads")] = None
    gguf: Annotated[
        File | None, Field(description="A GGUF file that llama.cpp runs on this host; of several shards, the first")
    ] = None
    server: Annotated[ServerSpec | None, Field(validation_alias=f"{HIDDEN}server")] = None
    # Becomes one of the first two when it is on this machine.
    hub: Annotated[HubSpec | None, Field(validation_alias=f"{HIDDEN}hub")] = None
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"],
        Field(description="The number format in which transformers computes; `auto`: as stored"),
    ] = "float32"
    device_map: Annotated[
        Text | None, Field(description="Where transformers puts the model: `cuda:0`, `auto`; default: the CPU")
    ] = None
    llama_cpp: Annotated[LlamaCppSpec, Field(validation_alias=f"{HIDDEN}llama_cpp")] = field(
        default_factory=LlamaCppSpec
    )

    @model_validator(mode="after")
    def _one_file(self) -> TargetSpec:
        if self.hub is not None and "{quant}" in (self.hub.file or ""):
            raise ValueError("has {quant} in `file`, but `quants` are the drafts'. Write the target's quantisation.")
        if self.llama_cpp.library is not None:
            raise ValueError("has `library`, which devices have. For targets set LLAMA_CPP_LIB_PATH on this host.")
        if self.llama_cpp.varied:
            name = self.llama_cpp.varied[0][0]
            raise ValueError(f"has a list of values in `{name}`. Only devices are compared: give it one value.")
        return self


MOST_QUANTS = 100
Quants: TypeAlias = Annotated[
    tuple[Quant, ...], Field(min_length=1, max_length=MOST_QUANTS, json_schema_extra={"uniqueItems": True}), NO_TWINS
]


def _one_file_each(files: object) -> object:
    """A ValueError where two keys are one quantisation in two spellings: one of the files would be forgotten."""
    found = twins(key for key in files if isinstance(key, str)) if isinstance(files, dict) else []
    if found:
        raise ValueError(f"has {', '.join(found[:5])} more than once, in other spellings. Keep one of each.")
    return files


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSpec(Spec):
    """A small model: one of `safetensors`, `gguf` and `hub`."""

    variants: ClassVar[tuple[Variant, ...]] = (
        Variant(needs=("safetensors",), takes=("quants",)),
        Variant(needs=("gguf",), takes=("quants",)),
        Variant(needs=("hub",), takes=("revision", "file", "quants")),
    )

    name: OwnName
    safetensors: Annotated[
        Folder | None, Field(description="A model folder in safetensors; configspec converts and quantises it")
    ] = None
    gguf: Annotated[
        Mapping[Quant, File] | None,
        Field(
            min_length=1,
            description="Ready GGUF files, one for each of the draft's `quants`: `{Q4_K_M: path}`; of several shards, "
            "the first",
        ),
        BeforeValidator(_one_file_each),
    ] = None
    # Becomes one of the others when it is on this machine.
    hub: Annotated[HubSpec | None, Field(validation_alias=f"{HIDDEN}hub")] = None
    quants: Annotated[
        Quants | None,
        Field(description="Its own quantisations, if they differ from the family's"),
    ] = None


def _as_draft(value: object) -> object:
    return {"safetensors": value} if isinstance(value, str) else value


def _named_drafts(drafts: Mapping[str, DraftSpec]) -> dict[str, DraftSpec]:
    return {name: replace(draft, name=name) for name, draft in drafts.items()}


ADDED, UNREADABLE = "added", "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularySpec(Spec):
    """Which differences between the vocabularies of a target and its drafts are no error."""

    allow: Annotated[
        tuple[Annotated[Literal["added", "unreadable"], Field(title="difference")], ...],
        Field(
            max_length=MOST_QUANTS,
            description="Differences that are a warning instead of an error. `added`: texts that were added to "
            "one tokenizer (`<tool_call>`, `<think>`), where the other has none or another text at "
            "that id. `unreadable`: tokens whose text is damaged in one of the two files (U+FFFD), so"
            " that it cannot be compared",
            json_schema_extra={"uniqueItems": True},
        ),
        NO_TWINS,
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySpec(Spec):
    """A target with its draft models, each in every quantisation of `quants`."""

    name: OwnName
    target: Annotated[TargetSpec, Field(description="The large model")]
    drafts: Annotated[
        Mapping[Name, Annotated[DraftSpec, BeforeValidator(_as_draft, json_schema_input_type=FolderText | DraftSpec)]],
        Field(min_length=1, description="The draft models by name; a path alone is short for `{safetensors: path}`"),
        AfterValidator(_named_drafts),
    ]
    quants: Annotated[
        Quants,
        Field(
            description="The quantisations of each draft model to measure, by llama.cpp's names (`Q4_K_M`, `F16`), or "
            "by the label that a file's maker gave it (`UD-Q4_K_XL`, `Q4_K_L`)"
        ),
    ]
    vocabulary: Annotated[
        VocabularySpec, Field(description="How far the vocabularies of target and draft models may differ")
    ] = field(default_factory=VocabularySpec)
    serving: Annotated[
        ServingSpec, Field(description="Where this family differs from the testbed's `serving`, key by key")
    ] = field(default_factory=ServingSpec)

    def quants_of(self, draft: DraftSpec) -> tuple[str, ...]:
        """The quantisations of one of its drafts: the draft's own, or the family's."""
        return self.quants if draft.quants is None else draft.quants

    @property
    def all_quants(self) -> tuple[str, ...]:
        """Those of all its drafts, each once."""
        return tuple(dict.fromkeys(quant for draft in self.drafts.values() for quant in self.quants_of(draft)))


def named_families(families: Mapping[str, FamilySpec]) -> dict[str, FamilySpec]:
    """Each with its name."""
    return {name: replace(family, name=name) for name, family in families.items()}
