"""The shape of `devices.yaml`: pydantic models, and the JSON Schema that editors read.

The models check what stands in the file; whether paths exist and the parts fit together is `read.py`'s business.
A ValueError of a validator here holds a text that continues the name of the key: "is 'x', which ...".
Defaults are those of `specs.py`. `serving` has none here: a family's sets only what differs from the testbed's.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from configspec.errors import did_you_mean
from configspec.inventory import lengths, sizes, specs
from configspec.inventory.kinds import Kind, check_kind, one_kind_of
from configspec.model.decoding import AcceptanceRule

# What can stand in a pytest id and name a file: `::`, brackets, spaces, `=` and a leading `-` or `.` cannot.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
HUB_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$"
URL_PATTERN = r"^https?://[^\s/@]+(/[^\s]*)?$"  # no user and password: it stands in results and errors
# ssh would take a leading - for an option, and puts user and host into the shell string of a ProxyCommand. What is
# refused is what OpenSSH 9.6 refuses (https://www.openssh.com/txt/release-9.6, CVE-2023-51385), in older ones too.
_NOT_IN_HOST = r"""\s\x00-\x1f\x7f'"`$\\;&<>|(){}"""
DESTINATION_PATTERN = rf"^([^-@{_NOT_IN_HOST}][^@{_NOT_IN_HOST}]*@)?[^-@{_NOT_IN_HOST}][^@{_NOT_IN_HOST}]*$"
LLAMA_CPP = specs.LlamaCppSpec()
SWEEP = specs.SweepSpec()
DECODING = SWEEP.decoding
END_TO_END = SWEEP.end_to_end
NOT_REPLAYED = ("python", "models", "llama_cpp", "link", "health")  # what runs, or would have to


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
HubName: TypeAlias = Annotated[str, Field(pattern=HUB_PATTERN)]
Destination: TypeAlias = Annotated[str, Field(pattern=DESTINATION_PATTERN)]
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

Size: TypeAlias = Annotated[
    int,
    BeforeValidator(
        sizes.size_bytes,
        json_schema_input_type=Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern=sizes.PATTERN)],
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


class Link(Part):
    """An emulated link between the device and the verifier."""

    rtt_ms: float = Field(default=0.0, ge=0, description="Round-trip time in milliseconds")
    jitter_ms: float = Field(default=0.0, ge=0, description="Standard deviation of it, in milliseconds")
    mbps: float | None = Field(default=None, gt=0, description="Megabits a second each way; left out: no limit")


class Health(Part):
    """What must be so before the device is measured; a device of which it is not is left alone."""

    max_start_c: float | None = Field(
        default=None, gt=0, description="The hottest thermal zone's degrees Celsius, at most, when a run begins"
    )
    power_mode: Text | None = Field(default=None, description="The power mode of a Jetson, as nvpmodel names it: MAXN")
    governor: Text | None = Field(default=None, description="The cpufreq governor of all cores, as in performance")
    min_free_memory: Size | None = Field(
        default=None, description="Memory that is available, at least: bytes, or as in 2 GiB"
    )
    min_free_disk: Size | None = Field(
        default=None, description="Free space where `models` is, at least: bytes, or as in 10 GB"
    )
    max_load: float | None = Field(default=None, ge=0, description="The load average of the last minute, at most")


class Ssh(Part):
    """A board that the OpenSSH client reaches."""

    ssh: Destination = Field(description="Any name that `ssh` understands: a host of ~/.ssh/config, user@host")
    host_keys: Literal["strict", "accept-new", "off"] = Field(
        default="strict",
        description="Whose host key is taken: a known one; a new host's too; any, which every run warns of",
    )
    config: Text | None = Field(
        default=None, description="A file instead of ~/.ssh/config (ssh -F), relative to this file's folder"
    )


def _as_connection(value: object) -> object:
    """One kind or the other, so that an error speaks of the one that was meant."""
    if isinstance(value, str) and value != "local":
        known = did_you_mean(value, ["local", "{ssh: NAME}"])
        raise ValueError(f"is {value!r:.60}, which configspec does not know. {known}")
    return value if isinstance(value, str) else Ssh.model_validate(value)


class Device(Part):
    """One device: either `connection` (a real one) or `replay` (figures from a file)."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["connection"]},
                {"required": ["replay"], "properties": dict.fromkeys(NOT_REPLAYED, False)},
            ]
        }
    )

    connection: Annotated[
        Ssh | Literal["local"] | None,
        BeforeValidator(_as_connection, json_schema_input_type=Ssh | Literal["local"]),
    ] = Field(default=None, description="How to reach the device: `local`, it is this machine, or {ssh: NAME}")
    replay: Annotated[Replay | None, BeforeValidator(_as_replay, json_schema_input_type=Text | Replay)] = Field(
        default=None, description="Figures from a profile file instead of a device: a path, or {profile, device}"
    )
    python: Text | None = Field(
        default=None,
        description="The interpreter on the device that has llama_cpp; left out: the one that runs configspec, or "
        "python3 over SSH",
    )
    models: Text | None = Field(
        default=None,
        description="The folder on the device for its GGUF files, a whole path or ~/...; left out: this host's own "
        "files, or ~/.cache/configspec/models over SSH",
    )
    llama_cpp: LlamaCpp = Field(default=LlamaCpp(), description="How the device opens a model")
    link: Link | None = Field(
        default=None, description="A slower link than the real one, emulated in end-to-end runs and their predictions"
    )
    health: Health = Field(default=Health(), description="What must be so before the device is measured")
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
        idle = sorted(self.model_fields_set.intersection(NOT_REPLAYED))
        if self.replay and idle:
            raise ValueError(f"has `replay`, which runs nothing, and `{idle[0]}`, which it would ignore. Delete one.")
        return self


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


class Family(Part):
    """A target with its drafts, each in every quantisation of `quants`."""

    target: Target = Field(description="The large model")
    drafts: dict[Name, Annotated[Draft, BeforeValidator(_as_draft, json_schema_input_type=Text | Draft)]] = Field(
        min_length=1,
        description="The small models by name: a model folder, {safetensors: folder}, {gguf: {...}} or {hub: ...}",
    )
    quants: Annotated[list[Quant], AfterValidator(_no_twins)] = Field(
        min_length=1,
        description="The quantisations to measure each draft in",
        json_schema_extra={"uniqueItems": True},
    )
    serving: Serving = Field(default=Serving(), description="Where this family differs from the testbed's `serving`")


class Decoding(Part):
    """How the target and the draft choose their tokens."""

    temperature: float = Field(default=DECODING.temperature, ge=0, description="0 is greedy")
    top_k: int = Field(default=DECODING.top_k, ge=0, description="Only the best so many tokens; 0 is all")
    top_p: float = Field(default=DECODING.top_p, gt=0, le=1, description="Only the best that reach this probability")
    rule: AcceptanceRule = Field(default=DECODING.rule, description="When a drafted token is accepted")
    seed: int = Field(default=DECODING.seed, ge=0, description="Makes sampled texts repeatable")


class EndToEnd(Part):
    """How much real speculative decoding is run for a configuration that is chosen for it."""

    prompts: int = Field(default=END_TO_END.prompts, ge=1, description="Prompts, evenly taken from the prompt set")
    repeats: int = Field(
        default=END_TO_END.repeats, ge=1, description="Runs of each prompt, of which the median counts"
    )


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
    decoding: Decoding = Field(default=Decoding(), description="How tokens are chosen, and when a draft is accepted")
    end_to_end: EndToEnd = Field(default=EndToEnd(), description="How much real speculative decoding is run")


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
