"""The JSON Schema for editors: current, valid, and of one mind with the reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from configspec.errors import UsageError
from configspec.testbed.inventory import json_schema
from configspec.testbed.read import read_inventory
from configspec.testbed.yaml_file import read_document

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
RIGHT_TARGETS = [
    "{transformers: models/target, dtype: auto, device_map: auto, threads: 1}",
    "{gguf: ready.gguf, threads: 1, context: 2, gpu_layers: all}",
    "{hub: o/r, revision: v1, dtype: float16, threads: 2}",
    "{hub: o/r, revision: v1, file: r-Q8_0.gguf, gpu_layers: 3}",
    "{openai: 'http://v/v1', model: m}",
    "{openai: 'https://v/v1', model: m, api_key_env: K, timeout_s: 1, retries: 0, tokenizer: {hub: o/r, revision: v}}",
]
WRONG_TARGETS = [
    "{}",
    "{dtype: auto}",
    "{transformers: models/target, gguf: ready.gguf}",
    "{transformers: models/target, revision: main}",
    "{transformers: models/target, context: 1}",
    "{gguf: ready.gguf, dtype: auto}",
    "{gguf: ready.gguf, threads: 0}",
    "{hub: o}",
    "{hub: o/r, context: 1}",
    "{hub: o/r, file: r.gguf, dtype: auto}",
    "{hub: o/r, file: 'r-{quant}.gguf'}",
    "{hub: o/r, model: m}",
    "{openai: v, model: m}",
    "{openai: 'http://v/v1'}",
    "{model: m}",
    "{openai: 'http://me:secret@v/v1', model: m}",
    "{openai: 'http://v/v1?api_key=secret', model: m}",
    "{openai: 'http://v/v1#secret', model: m}",
    "{openai: 'http://v/v1', model: m, timeout_s: 86401}",
    "{openai: 'http://v/v1', model: m, retries: 101}",
    "{openai: 'http://v/v1', model: m, dtype: auto}",
    "{openai: 'http://v/v1', model: m, timeout_s: 0}",
    "{openai: 'http://v/v1', model: m, tokenizer: {}}",
    "{openai: 'http://v/v1', model: m, tokenizer: {transformers: models/target, hub: o/r}}",
    "{openai: 'http://v/v1', model: m, tokenizer: {transformers: models/target, revision: v}}",
]
RIGHT_SSH = [
    "{ssh: orin}",
    "{ssh: me@orin, host_keys: accept-new, config: ready.gguf}, models: /data/gguf",
    "{ssh: 'ssh://me@orin:2222', host_keys: off}",
]
WRONG_SSH = [
    "{}",
    "[]",
    "{host_keys: off}",
    "{ssh: ''}",
    "{ssh: -v}",
    "{ssh: '$(id)'}",
    "{ssh: 'a;id'}",
    "{ssh: '`id`'}",
    "{ssh: 'me@-oProxyCommand=id'}",
    "{ssh: 'a|id@orin'}",
    "{ssh: a b}",
    '{ssh: "a\\tb"}',
    '{ssh: "a\\x7f"}',
    "{ssh: 3}",
    "{ssh: a, host_keys: no}",
    "{ssh: a, port: 22}",
    "{ssh: a}, models: ''",
]
RIGHT_HEALTH = [
    "{}",
    "{max_start_c: 55, power_mode: 25W, governor: performance, max_load: 0}",
    "{min_free_memory: 1, min_free_disk: 1.5 GiB}",
    "{min_free_memory: 2GB, min_free_disk: 700 B}",
]
WRONG_HEALTH = [
    "[]",
    "{max_start_c: 0}",
    "{max_start_c: hot}",
    "{power_mode: ''}",
    "{power_mode: 2}",
    "{max_load: -1}",
    "{min_free_memory: 0}",
    "{min_free_memory: 1.5}",
    "{min_free_memory: '2'}",
    "{min_free_memory: 0 GB}",
    "{min_free_disk: 2 gigs}",
    "{min_free_disk: true}",
    "{free_disk: 2 GB}",
]
RIGHT_POWER = [
    "{}",
    "{meter: auto, window_s: 30, root: /host}",
    "{meter: ina3221, rails: [VDD_IN], root: ~/host}",
    "{meter: ina2xx, boundary: usb-input, chip: 1-0040}",
    "{meter: nvml, gpu: 0}",
    "{meter: um25c, port: /dev/rfcomm0}",
    "{meter: fnirsi, command: python3 logger.py}",
    "{meter: shelly_gen1, url: 'http://plug', channel: 1, component: emeter, password: '${PLUG}', read_by: device}",
    "{meter: home_assistant, url: 'http://ha', entity: sensor.p, token: '${HA}', period_s: 0.5}",
    "{meter: command, command: [kasa, --json], unit: mW, boundary: wall}",
    "{meter: declared, watts: 7.5, source: a data sheet, boundary: board}",
]
WRONG_POWER = [
    "[]",
    "3",
    "{meter: ina3212}",
    "{meter: [ina3221]}",
    "{boundary: room}",
    "{window_s: 0}",
    "{window_s: true}",
    "{window_s: 3601}",
    "{root: sys}",
    "{read_by: me}",
    "{rail: VDD_IN}",
    "{meter: ina3221, rails: VDD_IN}",
    "{meter: ina3221, rails: []}",
    "{meter: nvml, gpu: -1}",
    "{meter: nvml, gpu: 0.5}",
    "{meter: um25c, port: 3}",
    "{meter: shelly_gen1, url: 'http://plug', password: in plain text}",
    "{meter: declared, watts: -1, source: a data sheet, boundary: board}",
]
RIGHT = [
    DEVICE + FAMILY,
    "devices: {a: {replay: one.json}, b: {replay: {profile: two.json, device: rpi5}}}",
    "devices: {a: {connection: local, llama_cpp: {gpu_layers: all, threads: 3}, tags: [x, y], python: p}}\n" + FAMILY,
    "devices: {on: {connection: local}}\n" + FAMILY,
    DEVICE + FAMILY.replace("xs: models/xs", "xs: {safetensors: models/xs}, r: {gguf: {F16: ready.gguf}}"),
    *(DEVICE + FAMILY + f"sweep: {{k: {k}}}" for k in ("4", "'1,2'", "1..10", "[1, 2..3]", "' 1 .. 3 , 8 '", "256")),
    DEVICE + FAMILY + "serving: {verify_s: 0.25, price: {usd_per_million_tokens: 1, bills: drafted+1}}",
    DEVICE + FAMILY + "serving: {verify: measured, energy: drafting+waiting}",
    DEVICE + FAMILY + "sweep: {decoding: {temperature: 1, top_k: 0, top_p: 1, rule: match-sample, seed: 0}}",
    DEVICE + FAMILY + "sweep: {end_to_end: {prompts: 1, repeats: 1}}",
    DEVICE + FAMILY + "sweep: {prompts: {path: prompts.jsonl, text: [a, b], limit: 3, longest: truncate}}",
    DEVICE.replace("local", "local, link: {rtt_ms: 0, jitter_ms: 1.5, mbps: 2}") + FAMILY,
    *(DEVICE.replace("local", ssh) + FAMILY for ssh in RIGHT_SSH),
    *(DEVICE.replace("local", f"local, health: {health}") + FAMILY for health in RIGHT_HEALTH),
    *(DEVICE.replace("local", f"local, power: {power}") + FAMILY for power in RIGHT_POWER),
    *(DEVICE + FAMILY.replace("{transformers: models/target}", target) for target in RIGHT_TARGETS),
    *(DEVICE + FAMILY.replace("xs: models/xs", f"xs: {draft}") for draft in ("{hub: o/r}", "{hub: o/r, file: '*'}")),
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
    DEVICE + FAMILY + "serving: {verify: 0.5}",
    DEVICE + FAMILY + "serving: {energy: waiting}",
    DEVICE + FAMILY + "serving: {verify: measured, verify_s: 1}",
    DEVICE + FAMILY + "sweep: {decoding: {temperature: -1}}",
    DEVICE + FAMILY + "sweep: {decoding: {top_p: 0}}",
    DEVICE + FAMILY + "sweep: {decoding: {top_p: 2}}",
    DEVICE + FAMILY + "sweep: {decoding: {rule: none}}",
    DEVICE + FAMILY + "sweep: {end_to_end: {repeats: 0}}",
    DEVICE + FAMILY + "sweep: {prompts: {longest: cut}}",
    DEVICE + FAMILY + "sweep: {prompts: {path: prompts.jsonl, text: [3]}}",
    DEVICE.replace("local", "local, link: {rtt_ms: -1}") + FAMILY,
    DEVICE.replace("local", "local, link: {mbps: 0}") + FAMILY,
    DEVICE.replace("local", "local, link: {rtt_ms: 60001}") + FAMILY,
    DEVICE.replace("local", "local, llama_cpp: {threads: 4294967297}") + FAMILY,
    DEVICE.replace("local", f"local, tags: [{','.join(f't{n}' for n in range(101))}]") + FAMILY,
    DEVICE.replace("local", f"local, python: {'p' * 1001}") + FAMILY,
    DEVICE.replace("local", 'local, python: "p\\u202e"') + FAMILY,
    DEVICE + FAMILY + "sweep: {rounds: 100001}",
    DEVICE + FAMILY + "serving: {price: {usd_per_million_tokens: 1.0e+308}}",
    *(DEVICE.replace("local", ssh) + FAMILY for ssh in WRONG_SSH),
    *(DEVICE.replace("local", f"local, health: {health}") + FAMILY for health in WRONG_HEALTH),
    *(DEVICE.replace("local", f"local, power: {power}") + FAMILY for power in WRONG_POWER),
    "devices: {a: {replay: one.json, health: {max_load: 1}}}",
    "devices: {a: {replay: one.json, models: /m}}",
    "devices: {a: {replay: one.json, power: {}}}",
    "devices: {a: {replay: one.json, link: {}}}",
    *(DEVICE + FAMILY.replace("{transformers: models/target}", target) for target in WRONG_TARGETS),
    DEVICE + FAMILY.replace("models/xs", "{hub: o/r/x}"),
    DEVICE + FAMILY.replace("models/xs", "{hub: o/r, safetensors: models/xs}"),
    DEVICE + FAMILY.replace("models/xs", "{safetensors: models/xs, file: x}"),
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
