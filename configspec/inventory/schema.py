"""The shape of `devices.yaml`: pydantic models, and the JSON Schema that editors read.

The models check what stands in the file; whether paths exist and the parts fit together is `read.py`'s business.
A ValueError of a validator here holds a text that continues the name of the key: "is 'x', which ...".
Defaults are those of `specs.py`. `serving` has none here: a family's sets only what differs from the testbed's.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from configspec.errors import did_you_mean
from configspec.inventory import lengths, specs

# What can stand in a pytest id and name a file: `::`, brackets, spaces, `=` and a leading `-` or `.` cannot.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
LLAMA_CPP = specs.LlamaCppSpec()
SWEEP = specs.SweepSpec()


def _known_quant(quant: str) -> str:
    if quant not in specs.QUANTISATIONS:
        known = did_you_mean(quant, specs.QUANTISATIONS)
        raise ValueError(f"is {quant!r}, which is no quantisation of llama.cpp. {known}")
    return quant


def _no_twins(names: list[str]) -> list[str]:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ValueError(f"has {', '.join(twins)} more than once. Keep one of each.")
    return names


def _layers(value: object) -> int:
    if value == "all":
        return -1
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f"is {value!r:.60}. Write `all`, or a number of layers, 0 or more.")


def _as_replay(value: object) -> object:
    return {"profile": value} if isinstance(value, str) else value


def _as_draft(value: object) -> object:
    return {"safetensors": value} if isinstance(value, str) else value


Name: TypeAlias = Annotated[str, Field(pattern=NAME_PATTERN)]
Text: TypeAlias = Annotated[str, Field(min_length=1)]
Quant: TypeAlias = Annotated[
    str, AfterValidator(_known_quant), Field(json_schema_extra={"enum": [*specs.QUANTISATIONS]})
]
Layers: TypeAlias = Annotated[
    int, BeforeValidator(_layers, json_schema_input_type=Literal["all"] | Annotated[int, Field(ge=0)])
]
OneLength: TypeAlias = Annotated[int, Field(ge=1, le=lengths.MAX_K)] | Annotated[str, Field(pattern=lengths.PATTERN)]
Lengths: TypeAlias = Annotated[
    tuple[int, ...],
    BeforeValidator(
        lengths.lengths, json_schema_input_type=OneLength | Annotated[list[OneLength], Field(min_length=1)]
    ),
]


class Part(BaseModel):
    """A mapping of the file: its keys are the fields, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class LlamaCpp(Part):
    """How the device opens a model."""

    threads: int | None = Field(default=None, ge=1, description="CPU threads; left out: all cores of the device")
    context: int = Field(
        default=LLAMA_CPP.context, ge=1, description="Tokens of context; at least sweep.depth + the largest K"
    )
    gpu_layers: Layers = Field(
        default=LLAMA_CPP.gpu_layers, description="Layers that run on the GPU: `all`, or a number, 0 for none"
    )


class Replay(Part):
    """A profile file that stands for a device which is not here."""

    profile: Text = Field(description="The profile file, relative to this file's folder")
    device: Text | None = Field(
        default=None, description="Which of its devices; may be left out where the file has only one"
    )


class Device(Part):
    """One device: either `connection` (a real one) or `replay` (figures from a file)."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["connection"]},
                {"required": ["replay"], "properties": {"python": False, "llama_cpp": False}},
            ]
        }
    )

    connection: Literal["local"] | None = Field(
        default=None, description="How to reach the device; `local`: it is this machine"
    )
    replay: Annotated[Replay | None, BeforeValidator(_as_replay, json_schema_input_type=Text | Replay)] = Field(
        default=None, description="Figures from a profile file instead of a device: a path, or {profile, device}"
    )
    python: Text | None = Field(
        default=None,
        description="The interpreter on the device that has llama_cpp; left out: the one that runs configspec",
    )
    llama_cpp: LlamaCpp = Field(default=LlamaCpp(), description="How the device opens a model")
    tags: Annotated[list[Name], AfterValidator(_no_twins)] = Field(
        default=[],
        description="Words to select devices by, as in --device gpu",
        json_schema_extra={"uniqueItems": True},
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Device:
        if (self.connection is None) == (self.replay is None):
            both = "both `connection` and `replay`" if self.replay else "neither `connection` nor `replay`"
            raise ValueError(f"has {both}. Give it one of them: `connection: local`, or `replay: <profile file>`.")
        idle = sorted({"python", "llama_cpp"} & self.model_fields_set)
        if self.replay and idle:
            raise ValueError(f"has `replay`, which runs nothing, and `{idle[0]}`, which it would ignore. Delete one.")
        return self


class Target(Part):
    """The large model of a family."""

    transformers: Text = Field(description="The folder that transformers loads, relative to this file's folder")
    dtype: Literal["float32", "bfloat16", "float16"] = Field(
        default="float32", description="The number format in which it computes"
    )


class Draft(Part):
    """One small model: either `safetensors` or `gguf`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["safetensors"]}, {"required": ["gguf"]}]})

    safetensors: Text | None = Field(default=None, description="A model folder; configspec converts and quantises it")
    gguf: dict[Quant, Text] | None = Field(
        default=None, min_length=1, description="Ready GGUF files, one for each quantisation: {Q4_K_M: path, ...}"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Draft:
        if (self.safetensors is None) == (self.gguf is None):
            both = "both `safetensors` and `gguf`" if self.gguf else "neither `safetensors` nor `gguf`"
            raise ValueError(f"has {both}. Give it one of them: a model folder, or GGUF files by quantisation.")
        return self


class Price(Part):
    """What the verifier's tokens cost."""

    usd_per_million_tokens: float | None = Field(default=None, gt=0, description="US dollars for a million tokens")
    bills: Literal["drafted", "drafted+1"] | None = Field(
        default=None, description="What a round is billed as: its K drafted tokens, or K + 1"
    )


class Serving(Part):
    """What is assumed of the verifier and its price; applied after measuring."""

    verify_s: float | None = Field(
        default=None, ge=0, description="Seconds that the verifier and the link take for a round"
    )
    price: Price = Field(default=Price(), description="What the verifier's tokens cost")


class Family(Part):
    """A target with its drafts, each in every quantisation of `quants`."""

    target: Target = Field(description="The large model")
    drafts: dict[Name, Annotated[Draft, BeforeValidator(_as_draft, json_schema_input_type=Text | Draft)]] = Field(
        min_length=1, description="The small models by name: a model folder, {safetensors: folder} or {gguf: {...}}"
    )
    quants: Annotated[list[Quant], AfterValidator(_no_twins)] = Field(
        min_length=1,
        description="The quantisations to measure each draft in",
        json_schema_extra={"uniqueItems": True},
    )
    serving: Serving = Field(default=Serving(), description="Where this family differs from the testbed's `serving`")


class Sweep(Part):
    """What is measured of each draft, quantisation and device, and for how long."""

    k: Lengths = Field(default=SWEEP.k, description="Tokens drafted a round: 4, 1..10, 1,2,4, or a list of these")
    prompts: Text | None = Field(
        default=None,
        description="The prompt set, relative to this file's folder; left out: the set that configspec carries",
    )
    new_tokens: int = Field(default=SWEEP.new_tokens, ge=1, description="Tokens that the target writes for each prompt")
    depth: int = Field(default=SWEEP.depth, ge=1, description="Tokens in the context when a timed round begins")
    rounds: int = Field(default=SWEEP.rounds, ge=1, description="Timed rounds")
    warmup_rounds: int = Field(default=SWEEP.warmup_rounds, ge=0, description="Rounds before them that are not counted")
    seconds_per_cell: float = Field(
        default=SWEEP.seconds_per_cell,
        gt=0,
        description="Bound in seconds on the timed rounds of a draft and quantisation",
    )


class DevicesYaml(Part):
    """The testbed of a configspec run: its devices, model families, sweep and serving assumptions."""

    devices: dict[Name, Device] = Field(min_length=1, description="The devices by name")
    families: dict[Name, Family] = Field(
        default={}, description="The model families by name; replayed devices need none"
    )
    sweep: Sweep = Field(default=Sweep(), description="What is measured, and for how long")
    serving: Serving = Field(default=Serving(), description="What is assumed of the verifier and its price")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `devices.yaml`."""
    schema = _tidy(DevicesYaml.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "devices.yaml of configspec"}


def _tidy(node: Any) -> Any:
    """The schema without titles made up from names and without null, since an empty key is an error in this file."""
    if isinstance(node, list):
        return [_tidy(one) for one in node if one != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    kept = {key: _tidy(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    if kept.get("default", ...) is None or isinstance(kept.get("default"), dict):
        del kept["default"]  # a mapping's default is told by its own keys
    if len(kept.get("anyOf", ())) == 1:
        kept = {**kept.pop("anyOf")[0], **kept}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    return kept
