"""A device as `devices.yaml` declares it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from configspec.errors import did_you_mean
from configspec.testbed.schema_values import BoardFolder, Destination, Layers, Name, Part, Size, Text, no_twins
from configspec.testbed.specs import LlamaCppSpec

LLAMA_CPP = LlamaCppSpec()
NOT_REPLAYED = ("python", "models", "llama_cpp", "link", "health")  # what runs, or would have to


def _as_replay(value: object) -> object:
    return {"profile": value} if isinstance(value, str) else value


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
    models: BoardFolder | None = Field(
        default=None,
        description="The folder on the device for its GGUF files, a whole path or ~/...; left out: this host's own "
        "files, or ~/.cache/configspec/models over SSH",
    )
    llama_cpp: LlamaCpp = Field(default=LlamaCpp(), description="How the device opens a model")
    link: Link | None = Field(
        default=None, description="A slower link than the real one, emulated in end-to-end runs and their predictions"
    )
    health: Health = Field(default=Health(), description="What must be so before the device is measured")
    tags: Annotated[list[Name], AfterValidator(no_twins)] = Field(
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
