"""The shape of `devices.yaml`: pydantic models, and the JSON Schema that editors read.

The models check what stands in the file; whether paths exist and the parts fit together is `read.py`'s business.
Defaults are those of `specs.py`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from configspec.testbed.schema_devices import Device
from configspec.testbed.schema_families import Family, Serving
from configspec.testbed.schema_values import KRange, Name, Part, Text
from configspec.testbed.specs import SweepSpec
from configspec.theory.decoding import AcceptanceRule

SWEEP = SweepSpec()
DECODING = SWEEP.decoding
END_TO_END = SWEEP.end_to_end


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

    k: KRange = Field(default=SWEEP.k, description="Tokens drafted a round: 4, 1..10, 1,2,4, or a list of these")
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
