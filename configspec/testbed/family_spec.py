"""A family as `devices.yaml` declares it: its target, its drafts, and what serving it costs.

`serving` has no defaults here: a family's sets only what differs from the testbed's.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from configspec.testbed.schema_values import URL_PATTERN, HubName, Layers, Name, Part, Quant, Text, no_twins
from configspec.testbed.variants import Kind, check_kind, one_kind_of

TOKENIZERS: tuple[Kind, ...] = ((("transformers",), ()), (("hub",), ("revision",)))


class Tokenizer(Part):
    """Whose token ids a server means: one of `transformers` and `hub`."""

    model_config = one_kind_of(*TOKENIZERS)

    transformers: Text | None = Field(default=None, description="A model folder with its tokenizer")
    hub: HubName | None = Field(default=None, description="A hub repository, OWNER/REPO")
    revision: Text | None = Field(default=None, description="Its branch, tag or commit")

    @model_validator(mode="after")
    def _one_source(self) -> Tokenizer:
        check_kind(self, *TOKENIZERS)
        return self


_OF_TRANSFORMERS = ("dtype", "device_map", "threads")
_OF_GGUF = ("threads", "context", "gpu_layers")
TARGETS: tuple[Kind, ...] = (
    (("transformers",), _OF_TRANSFORMERS),
    (("gguf",), _OF_GGUF),
    (("openai", "model"), ("api_key_env", "timeout_s", "retries", "tokenizer")),
    (("hub",), ("revision", *_OF_TRANSFORMERS)),
    (("hub", "file"), ("revision", *_OF_GGUF)),
)


class Target(Part):
    """The large model of a family: one of `transformers`, `gguf`, `openai` and `hub`."""

    model_config = one_kind_of(*TARGETS)

    transformers: Text | None = Field(
        default=None, description="The folder that transformers loads, relative to this file's folder"
    )
    gguf: Text | None = Field(default=None, description="A GGUF file that llama.cpp runs; of several shards, the first")
    openai: Annotated[str, Field(pattern=URL_PATTERN)] | None = Field(
        default=None, description="The base URL of an OpenAI-compatible server, as in http://verifier:8000/v1"
    )
    hub: HubName | None = Field(
        default=None, description="A hub repository, OWNER/REPO; with `file` its GGUF, without one for transformers"
    )
    revision: Text | None = Field(default=None, description="The hub repository's branch, tag or, pinned, its commit")
    file: Text | None = Field(
        default=None,
        description="Which GGUF of the hub repository: a name or a glob",
        json_schema_extra={"not": {"pattern": r"\{quant\}"}},
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="float32", description="The number format in which transformers computes; `auto`: as it is stored"
    )
    device_map: Text | None = Field(
        default=None, description="Where transformers puts the model: cuda:0, auto, ...; left out: the CPU"
    )
    threads: int | None = Field(default=None, ge=1, description="CPU threads; left out: the library's own choice")
    context: int | None = Field(default=None, ge=1, description="Tokens of context, for a GGUF")
    gpu_layers: Layers = Field(default=0, description="Layers of a GGUF that run on the GPU: `all`, or a number")
    model: Text | None = Field(default=None, description="The server's name of the model")
    api_key_env: Text = Field(
        default="OPENAI_API_KEY", description="The environment variable that holds the server's key, if it wants one"
    )
    timeout_s: float = Field(default=120.0, gt=0, description="Seconds that one request to the server may take")
    retries: int = Field(default=4, ge=0, description="How often a request is tried again, with back-off")
    tokenizer: Tokenizer | None = Field(
        default=None, description="Whose token ids the server means; left out: the server is asked"
    )

    @model_validator(mode="after")
    def _fits(self) -> Target:
        check_kind(self, *TARGETS)
        if self.file is not None and "{quant}" in self.file:
            raise ValueError("has {quant} in `file`, but `quants` are the drafts'. Write the target's quantisation.")
        return self


DRAFTS: tuple[Kind, ...] = ((("safetensors",), ()), (("gguf",), ()), (("hub",), ("revision", "file")))


class Draft(Part):
    """One small model: one of `safetensors`, `gguf` and `hub`."""

    model_config = one_kind_of(*DRAFTS)

    safetensors: Text | None = Field(default=None, description="A model folder; configspec converts and quantises it")
    gguf: dict[Quant, Text] | None = Field(
        default=None, min_length=1, description="Ready GGUF files, one for each quantisation: {Q4_K_M: path, ...}"
    )
    hub: HubName | None = Field(
        default=None, description="A hub repository, OWNER/REPO: its safetensors are converted here, its GGUF selected"
    )
    revision: Text | None = Field(default=None, description="The hub repository's branch, tag or, pinned, its commit")
    file: Text | None = Field(
        default=None,
        description="Which of its GGUF files: a glob in which {quant} stands for the quantisation; needed where it "
        "holds safetensors too",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Draft:
        check_kind(self, *DRAFTS)
        return self


class Price(Part):
    """What the verifier's tokens cost."""

    usd_per_million_tokens: float | None = Field(default=None, gt=0, description="US dollars for a million tokens")
    bills: Literal["drafted", "drafted+1"] | None = Field(
        default=None, description="What a round is billed as: its K drafted tokens, or K + 1"
    )


class Serving(Part):
    """What is assumed of the verifier and its price; applied after measuring."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["verify_s", "verify"]}})

    verify_s: float | None = Field(
        default=None, ge=0, description="Seconds that the verifier and the link take for a round"
    )
    verify: Literal["measured"] | None = Field(
        default=None, description="`measured`: what the target of each family took on this host, instead of `verify_s`"
    )
    price: Price = Field(default=Price(), description="What the verifier's tokens cost")

    @model_validator(mode="after")
    def _one_latency(self) -> Serving:
        if self.verify is not None and self.verify_s is not None:
            raise ValueError("has both `verify_s` and `verify: measured`. Keep one of them.")
        return self


def _as_draft(value: object) -> object:
    return {"safetensors": value} if isinstance(value, str) else value


class Family(Part):
    """A target with its drafts, each in every quantisation of `quants`."""

    target: Target = Field(description="The large model")
    drafts: dict[Name, Annotated[Draft, BeforeValidator(_as_draft, json_schema_input_type=Text | Draft)]] = Field(
        min_length=1,
        description="The small models by name: a model folder, {safetensors: folder}, {gguf: {...}} or {hub: ...}",
    )
    quants: Annotated[list[Quant], AfterValidator(no_twins)] = Field(
        min_length=1,
        description="The quantisations to measure each draft in",
        json_schema_extra={"uniqueItems": True},
    )
    serving: Serving = Field(default=Serving(), description="Where this family differs from the testbed's `serving`")
