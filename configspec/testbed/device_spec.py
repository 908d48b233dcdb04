"""A device: how to reach it, how it opens models, and what must hold before it is measured."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationInfo, model_validator

from configspec.errors import did_you_mean
from configspec.printable import printable
from configspec.testbed.key_types import (
    MAX_NAME,
    NO_TWINS,
    BoardFolder,
    Celsius,
    Command,
    Destination,
    File,
    FileText,
    Megabits,
    Milliseconds,
    Name,
    NotNegative,
    Size,
    Text,
)
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.testbed.power_spec import MeterName, PowerSpec
from configspec.testbed.process_environment import MAX_VARIABLES, Variables
from configspec.testbed.spec import OwnName, Spec, Variant
from configspec.theory.ids import Cell
from configspec.untrusted import NotJson, parse_json, read_bounded

MAX_PROFILE_BYTES = 64 << 20
MAX_TAGS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySpec(Spec):
    """Figures from a profile file instead of a board: which file, and which of its devices."""

    profile: Annotated[File, Field(description="The profile file")]
    device: Annotated[Text, Field(description="Which of its devices; may be left out if the file has only one")] = ""

    @model_validator(mode="after")
    def _name_the_device(self) -> ReplaySpec:
        devices = _devices_of_profile(self.profile)
        if self.device and self.device not in devices:
            known = did_you_mean(self.device, [printable(name, at_most=MAX_NAME) for name in devices])
            raise ValueError(f"names the device {self.device!r:.120}, which {self.profile} does not have. {known}")
        if not self.device and len(devices) != 1:
            first = printable(devices[0], at_most=MAX_NAME) if devices else "..."
            example = f"{{profile: {self.profile.name}, device: {first}}}"
            raise ValueError(f"names a file of {len(devices)} devices. Say which, as in {example}.")
        return replace(self, device=self.device or devices[0])


def _devices_of_profile(path: Path) -> list[str]:
    """Only the names; `configspec.records.profile_file` describes and checks the rest when the figures are needed."""
    try:
        document = parse_json(read_bounded(path, at_most_bytes=MAX_PROFILE_BYTES), unique_keys=True)
    except OSError as error:
        raise ValueError(f"names {path}, which cannot be read: {error.strerror}. Name a profile file.") from None
    except NotJson as problem:
        raise ValueError(f"names {path}, which is not JSON: {problem}. Name a profile file.") from None
    devices = document.get("devices") if isinstance(document, dict) else None
    if not isinstance(devices, dict):
        raise ValueError(f"names {path}, which is not JSON with a mapping `devices`. Name a profile file.")
    return list(devices)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpec(Spec):
    """An emulated link between device and verifier, on top of the real connection.

    A message takes half of `rtt_s`, more or less by a normal deviate of `jitter_s`, and its bytes at `bits_per_s`
    (None: as fast as the connection is).
    """

    rtt_s: Annotated[
        Milliseconds,
        Field(validation_alias="rtt_ms", description="Milliseconds to the verifier and back, half each way"),
    ] = 0.0
    jitter_s: Annotated[
        Milliseconds,
        Field(
            validation_alias="jitter_ms",
            description="Milliseconds by which a message's time varies: the standard deviation",
        ),
    ] = 0.0
    bits_per_s: Annotated[
        Megabits | None,
        Field(validation_alias="mbps", description="Megabits per second in each direction; default: no limit"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSpec(Spec):
    """A board that the OpenSSH client reaches, as its user has set it up.

    `host_keys`: `strict` takes known keys only, `accept-new` also those of hosts not met before, `off` any.
    """

    destination: Annotated[
        Destination,
        Field(
            validation_alias="ssh",
            description="Any name that `ssh` understands: a host of `~/.ssh/config`, or `user@host`",
        ),
    ]
    host_keys: Annotated[
        Literal["strict", "accept-new", "off"],
        Field(
            description="Which host keys are accepted: only known ones; also those of new hosts; any, with a "
            "warning in every run"
        ),
    ] = "strict"
    config: Annotated[
        File | None, Field(description="An OpenSSH client configuration instead of `~/.ssh/config` (`ssh -F`)")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSpec(Spec):
    """What must hold before a device is measured; None demands nothing."""

    max_start_c: Annotated[
        Celsius | None,
        Field(
            description="The highest temperature, in degrees Celsius, of the hottest thermal zone when a cell begins"
        ),
    ] = None
    power_mode: Annotated[
        Text | None, Field(description="The power mode of a Jetson, by nvpmodel's name or number: `MAXN`")
    ] = None
    governor: Annotated[Text | None, Field(description="The cpufreq governor of all cores: `performance`")] = None
    min_free_memory_bytes: Annotated[
        Size | None,
        Field(validation_alias="min_free_memory", description="Memory that must be available"),
    ] = None
    min_free_disk_bytes: Annotated[
        Size | None,
        Field(
            validation_alias="min_free_disk",
            description="Free space in the file system of `models` (default: of the home folder)",
        ),
    ] = None
    max_load: Annotated[
        Annotated[NotNegative, Field(le=100_000)] | None,
        Field(description="The highest load average of the last minute"),
    ] = None


def _as_replay(value: object) -> object:
    return {"profile": value} if isinstance(value, str) else value


def _as_power(value: object) -> object:
    return {"meter": value} if isinstance(value, str) else value


def _as_connection(value: object, info: ValidationInfo) -> object:
    """One kind or the other, so that an error speaks of the one that was meant."""
    if isinstance(value, str) and value != "local":
        known = did_you_mean(value, ["local", "{ssh: NAME}"])
        raise ValueError(f"is {value!r:.60}, which configspec does not know. {known}")
    return value if isinstance(value, str) else _ssh_reader().validate_python(value, context=info.context)


@functools.cache
def _ssh_reader() -> TypeAdapter[SshSpec]:
    return TypeAdapter(SshSpec)


Connection: TypeAlias = Literal["local"] | SshSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpec(Spec):
    """One device: either `connection` (a real one) or `replay` (figures from a file)."""

    variants: ClassVar[tuple[Variant, ...]] = (
        Variant(
            needs=("connection",),
            takes=("python", "agent_folder", "env", "models", "llama_cpp", "link", "health", "power", "tags"),
            example="local",
        ),
        Variant(needs=("replay",), takes=("tags",), example="PROFILE"),
    )

    name: OwnName
    connection: Annotated[
        Connection | None,
        BeforeValidator(_as_connection, json_schema_input_type=Connection),
        Field(description="How to reach the device: `local` for this machine, or `{ssh: NAME}`"),
    ] = None
    replay: Annotated[
        ReplaySpec | None,
        BeforeValidator(_as_replay, json_schema_input_type=FileText | ReplaySpec),
        Field(
            description="Figures from a profile file instead of a device; every report says so. A path, or "
            "`{profile: path, device: name}`"
        ),
    ] = None
    python: Annotated[
        Command | None,
        Field(
            description="The interpreter on the device that has `llama_cpp`: a path, or the command that starts "
            "it, as in "
            "`[docker, exec, -i, jetson, python3]`; default: the one that runs configspec, over SSH `python3`"
        ),
    ] = None
    agent_folder: Annotated[
        BoardFolder | None,
        Field(
            description="The folder on the device for configspec's agent, where the home folder cannot be written; "
            "default: `~/.cache`, or what `XDG_CACHE_HOME` names there"
        ),
    ] = None
    env: Annotated[
        Variables,
        Field(
            max_length=MAX_VARIABLES,
            description="Environment variables of the agent and of llama.cpp in it, by name; `${NAME}` takes this"
            " host's value. Results name them, and never contain a value",
        ),
    ] = field(default_factory=dict)
    models: Annotated[
        BoardFolder | None,
        Field(
            description="The folder on the device for its GGUF files, an absolute path or `~/...`; default: this "
            "host's own files, over SSH `~/.cache/configspec/models`"
        ),
    ] = None
    llama_cpp: Annotated[
        LlamaCppSpec, Field(description="How the device opens a model; a list of values makes a sweep")
    ] = field(default_factory=LlamaCppSpec)
    link: Annotated[
        LinkSpec | None,
        Field(description="A slower link than the real one, emulated in end-to-end runs and their predictions"),
    ] = None
    health: Annotated[HealthSpec, Field(description="What must hold before the device is measured")] = field(
        default_factory=HealthSpec
    )
    power: Annotated[
        PowerSpec | None,
        BeforeValidator(_as_power, json_schema_input_type=MeterName | PowerSpec),
        Field(description="Its power meter, for energy; a name alone is short for `{meter: NAME}`; default: none"),
    ] = None
    tags: Annotated[
        tuple[Name, ...],
        Field(
            max_length=MAX_TAGS,
            description="Words that select devices, as in `--device gpu`",
            json_schema_extra={"uniqueItems": True},
        ),
        NO_TWINS,
    ] = ()

    def for_cell(self, cell: Cell) -> DeviceSpec:
        """The device with the one combination of settings that a cell has; KeyError where its lists do not have it."""
        return replace(self, llama_cpp=self.llama_cpp.of(cell.settings))


def named_devices(devices: Mapping[str, DeviceSpec]) -> dict[str, DeviceSpec]:
    """Each with its name."""
    return {name: replace(device, name=name) for name, device in devices.items()}
