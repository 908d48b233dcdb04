"""The JSON Schema for editors: current, valid, and of one mind with the reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from configspec.errors import UsageError
from configspec.inventory.document import read_document
from configspec.inventory.read import read_inventory
from configspec.inventory.schema import json_schema

WriteInventory = Callable[[str | bytes], Path]
PUBLISHED = Path(__file__).parents[2] / "docs" / "devices.schema.json"


def test_the_published_schema_is_current() -> None:
    """It is generated; editors read the copy in docs/."""
    current = PUBLISHED.read_text(encoding="utf-8") == json.dumps(json_schema(), indent=2) + "\n"
    assert current, "run: configspec schema > docs/devices.schema.json"


def test_the_schema_is_a_schema() -> None:
    """Of the draft that it names."""
    Draft202012Validator.check_schema(json_schema())


def test_every_key_is_described() -> None:
    """An editor shows the description beside the key."""
    assert [name for name, key in _properties(json_schema()) if not key.get("description")] == []


def _properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for mapping in (schema, *schema["$defs"].values()):
        yield from mapping["properties"].items()


DEVICE = "devices: {a: {connection: local}}\n"
FAMILY = "families: {f: {target: {transformers: models/target}, drafts: {xs: models/xs}, quants: [F16]}}\n"
RIGHT = [
    DEVICE + FAMILY,
    "devices: {a: {replay: one.json}, b: {replay: {profile: two.json, device: rpi5}}}",
    "devices: {a: {connection: local, llama_cpp: {gpu_layers: all, threads: 3}, tags: [x, y], python: p}}\n" + FAMILY,
    "devices: {on: {connection: local}}\n" + FAMILY,
    DEVICE + FAMILY.replace("xs: models/xs", "xs: {safetensors: models/xs}, r: {gguf: {F16: ready.gguf}}"),
    *(DEVICE + FAMILY + f"sweep: {{k: {k}}}" for k in ("4", "'1,2'", "1..10", "[1, 2..3]", "' 1 .. 3 , 8 '", "256")),
    DEVICE + FAMILY + "serving: {verify_s: 0, price: {usd_per_million_tokens: 1, bills: drafted+1}}",
]
WRONG = [
    "{}",
    "[]",
    "devices: {}",
    "devices:",
    "devices: {a b: {connection: local}}\n" + FAMILY,
    "devices: {-a: {connection: local}}\n" + FAMILY,
    "devices: {a: {}}",
    "devices: {a: {connection: locla}}\n" + FAMILY,
    "devices: {a: {connection: local, replay: one.json}}\n" + FAMILY,
    "devices: {a: {connection: local, power: {}}}\n" + FAMILY,
    "devices: {a: {connection: local, python: ~}}\n" + FAMILY,
    "devices: {a: {connection: local, tags: [x, x]}}\n" + FAMILY,
    "devices: {a: {connection: local, tags: ['x:y']}}\n" + FAMILY,
    "devices: {a: {connection: local, llama_cpp: {threads: 0}}}\n" + FAMILY,
    "devices: {a: {connection: local, llama_cpp: {gpu_layers: some}}}\n" + FAMILY,
    "devices: {a: {connection: local, llama_cpp: {gpu_layers: -1}}}\n" + FAMILY,
    "devices: {a: {replay: one.json, python: p}}",
    "devices: {a: {replay: one.json, llama_cpp: {threads: 1}}}",
    "devices: {a: {replay: {device: rpi5}}}",
    DEVICE + FAMILY.replace("models/xs", "3"),
    DEVICE + FAMILY.replace("models/xs", "{}"),
    DEVICE + FAMILY.replace("models/xs", "{safetensors: models/xs, gguf: {F16: ready.gguf}}"),
    DEVICE + FAMILY.replace("models/xs", "{gguf: {Q4_K_N: ready.gguf, F16: ready.gguf}}"),
    DEVICE + FAMILY.replace("models/xs", "{gguf: {}}"),
    DEVICE + FAMILY.replace("[F16]", "[Q4_K_N]"),
    DEVICE + FAMILY.replace("[F16]", "[F16, F16]"),
    DEVICE + FAMILY.replace("[F16]", "[]"),
    DEVICE + FAMILY.replace("[F16]", "F16"),
    *(
        DEVICE + FAMILY + f"sweep: {{k: {k}}}"
        for k in ("0", "-1", "few", "[]", "1.5", "true", "257", "'1,,2'", "[[1]]")
    ),
    DEVICE + FAMILY + "sweep: {rounds: 0}",
    DEVICE + FAMILY + "sweep: {rounds: true}",
    DEVICE + FAMILY + "sweep: {seconds_per_cell: 0}",
    DEVICE + FAMILY + "serving: {verify_s: -1}",
    DEVICE + FAMILY + "serving: {price: {bills: tokens}}",
    DEVICE + FAMILY + "serving: {price: 1}",
]


@pytest.mark.parametrize("text", RIGHT)
def test_both_take_a_right_file(write_inventory: WriteInventory, text: str) -> None:
    """What the reader takes draws no wavy line in an editor."""
    path = write_inventory(text)
    read_inventory(path)
    Draft202012Validator(json_schema()).validate(read_document(path)[0])


@pytest.mark.parametrize("text", WRONG)
def test_both_refuse_a_wrong_file(write_inventory: WriteInventory, text: str) -> None:
    """Of what a schema can say. It cannot say that a range runs forwards, or that a file exists."""
    path = write_inventory(text)
    with pytest.raises(UsageError):
        read_inventory(path)
    assert not Draft202012Validator(json_schema()).is_valid(read_document(path)[0])
