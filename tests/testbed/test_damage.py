"""A devices.yaml with every key, damaged in every place: a testbed or one error for people, soon and in few words."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
import yaml
from damage import FORBIDDEN_SIGNS, damaged_bytes, fields, one_field_at_a_time, replaced
from jsonschema import Draft202012Validator

from configspec.errors import UsageError
from configspec.testbed.inventory import json_schema
from configspec.testbed.problems import check
from configspec.testbed.read import read_inventory
from configspec.testbed.yaml_file import read_document

WriteInventory = Callable[[str | bytes], Path]
EVERY_KEY = """
devices:
  gpu:
    connection: local
    python: [/opt/env, python]
    agent_folder: /data
    models: ~/gguf
    llama_cpp:
      {threads: 256, threads_batch: 2, cpus: 0-255, context: 131072, batch: 512, micro_batch: [64, 128],
      gpu_layers: all, main_gpu: 1, devices: 'CUDA0,CUDA1', cpu_moe_layers: 3, flash_attention: [on, off],
      cache_type_k: q8_0, cache_type_v: f16, mmap: off, mlock: on, library: ~/llama.cpp/libllama.so}
    env: {OMP_NUM_THREADS: 4, HF_TOKEN: '${HF_TOKEN}'}
    link: {rtt_ms: 40.5, jitter_ms: 2, mbps: 0.3}
    health: {max_start_c: 55, power_mode: MAXN, governor: performance, min_free_memory: 2 GiB, min_free_disk: 7}
    tags: [fast]
  orin:
    connection: {ssh: me@orin, host_keys: accept-new, config: ready.gguf}
    models: /data/gguf
    health: {max_load: 1}
  rails: {connection: local, power: {meter: ina3221, rails: [VDD_IN], window_s: 12.5, root: /host}}
  card: {connection: local, power: {meter: nvml, gpu: 0}}
  lead: {connection: local, power: {meter: ina2xx, boundary: board, chip: 1-0040}}
  cable: {connection: local, power: {meter: um25c, port: /dev/rfcomm0}}
  plug:
    connection: local
    power:
      {meter: shelly_gen2, url: 'http://192.168.1.20', component: em, channel: 0, phase: b, user: admin,
      password: '${PLUG_PASSWORD}', read_by: host}
  sensor:
    connection: local
    power: {meter: home_assistant, url: 'http://ha:8123', entity: sensor.p, token: '${HA_TOKEN}', period_s: 5}
  program:
    connection: local
    power: {meter: command, command: [kasa, --json], key: emeter.0, unit: mW, boundary: wall}
  sheet: {connection: local, power: {meter: declared, watts: 7.5, idle_watts: 3, source: a data sheet, boundary: board}}
  pi: {replay: {profile: two.json, device: rpi5}}
  only: {replay: one.json}
families:
  folder:
    target: {transformers: models/target, dtype: bfloat16, device_map: 'cuda:0', threads: 2}
    drafts:
      xs: {safetensors: models/xs}
      ready: {gguf: {Q8_0: ready.gguf, UD-Q4_K_XL: ready.gguf}, quants: [q8_0, UD-Q4_K_XL]}
      hub: {hub: o/r, revision: v1, file: '*.gguf'}
    quants: [Q8_0]
    vocabulary: {allow: [added, unreadable]}
    serving: {verify: measured, price: {usd_per_million_tokens: 0.59, bills: drafted+1}}
  file:
    target: {gguf: ready.gguf, context: 4096, gpu_layers: 3}
    drafts: {xs: models/xs}
    quants: [F16]
    serving: {verify_samples_s: [0.1, 0.2]}
  server:
    target:
      openai: 'https://verifier:8000/v1'
      model: m/M
      api_key_env: KEY
      timeout_s: 9
      retries: 0
      tokenizer: {hub: o/r, revision: v1}
    drafts: {xs: models/xs}
    quants: [F16]
  hub:
    target: {hub: o/r, revision: v1, file: r-Q8_0.gguf}
    drafts: {xs: models/xs}
    quants: [F16]
    serving: {verify_linear: {base_s: 0.05, s_per_token: 0.002, s_per_context_token: 1.0e-6}}
sweep:
  k: [1, 4..5]
  prompts: {path: prompts.jsonl, text: prompt, id: id, category: kind, categories: [a], limit: 9, longest: skip}
  new_tokens: 9
  depth: 8
  rounds: 7
  warmup_rounds: 0
  passes: 3
  seconds_per_cell: 6
  texts: private
  chat: auto
  system: Answer in one sentence.
  thinking: "off"
  chat_template_kwargs: {reasoning_effort: low}
  date: "2026-02-03"
  special_tokens: parse
  decoding: {temperature: 0.8, top_k: 20, top_p: 0.95, rule: rejection, seed: 3}
  end_to_end: {prompts: 100000, repeats: 2}
serving:
  verify_s: 0.5
  batch: 4
  context_tokens: 512
  target_tokens_per_s: 6.9
  energy: drafting+waiting
  request: {prompt_tokens: 1200, new_tokens: 300, target_prompt_tokens_per_s: 8000}
  link:
    {rtt_ms: 40, jitter_ms: 2, jitter: queueing, mbps_up: 10, mbps_down: 50, payload: distributions, vocabulary: 128256,
    overhead_bytes: 66}
  price:
    {usd_per_million_tokens: 0.9, bills: input+output+cached, usd_per_million_input_tokens: 0.2,
    usd_per_million_cached_tokens: 0.1, usd_per_gpu_hour: 2.5, gpus: 2, usd_per_gb_up: 0.01, usd_per_gb_down: 0.09,
    usd_per_kwh: 0.3}
"""
CUT_LINES = 11


@pytest.fixture
def whole(write_inventory: WriteInventory) -> Path:
    return write_inventory(EVERY_KEY)


def told(path: Path) -> str:
    """The error of a file; empty where there is none. Any other exception is raised."""
    try:
        read_inventory(path)
    except UsageError as error:
        return str(error)
    return ""


def in_few_words(message: str) -> bool:
    """Whether it fits on a screen or two, and moves no terminal."""
    lines = message.split("\n")
    return len(lines) <= CUT_LINES and max(map(len, lines)) < 9_000 and FORBIDDEN_SIGNS.search(message) is None


def test_the_damaged_file_has_every_key(whole: Path) -> None:
    """Or a key would be tried by nobody; it is read as it stands."""
    read_inventory(whole)
    document: Any = read_document(whole)[0]

    def keys(node: Any) -> set[str]:
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        return (set(node) if isinstance(node, dict) else set()).union(*map(keys, inner))

    schema = json_schema()
    known = {key for mapping in (schema, *schema["$defs"].values()) for key in mapping["properties"]}
    assert known - keys(document) == set()


def test_any_one_field_is_taken_or_told(whole: Path) -> None:
    """Left out, or made extreme: specs, or a line for each problem."""
    document: Any = read_document(whole)[0]
    for name, damaged in one_field_at_a_time(document, seed=1, at_most=1000):
        specs, problems = check(damaged, whole.parent)  # type: ignore[arg-type]
        assert (specs is None) == bool(problems), name
        assert all(line.startswith("the file") or "." in line or " is " in line for line in problems), name
        assert in_few_words("\n".join(problems[:CUT_LINES])), (name, problems)


def test_what_is_taken_is_right_for_the_schema_too(write_inventory: WriteInventory) -> None:
    """Through the file: where the reader has no error, an editor shows none."""
    document: Any = read_document(write_inventory(EVERY_KEY))[0]
    valid = Draft202012Validator(json_schema())
    for name, damaged in one_field_at_a_time(document, seed=2, at_most=40):
        path = write_inventory(yaml.safe_dump(damaged))
        message = told(path)
        assert in_few_words(message), name
        assert message or valid.is_valid(read_document(path)[0]), name


def test_any_damaged_bytes_are_a_testbed_or_an_error(write_inventory: WriteInventory) -> None:
    """Cut, holed, flipped and doubled."""
    for name, content in damaged_bytes(EVERY_KEY.encode(), seed=3, count=60):
        assert in_few_words(told(write_inventory(content))), name


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """A FIFO would be waited for, a device read without end."""
    os.mkfifo(tmp_path / "devices.yaml")
    for path in (tmp_path / "devices.yaml", Path("/dev/zero"), tmp_path):
        with pytest.raises(UsageError, match=r"and not a regular file\. Name the testbed's devices.yaml"):
            read_inventory(path)


@pytest.mark.parametrize("text", ["devices: {a: {replay: fifo}}", "devices: {a: {replay: /dev/zero}}"])
def test_what_a_file_names_is_regular_too(write_inventory: WriteInventory, tmp_path: Path, text: str) -> None:
    """As above, for the files behind the keys."""
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UsageError, match="and there is no file"):
        read_inventory(write_inventory(text))


def test_names_from_a_profile_file_are_shown_harmlessly(write_inventory: WriteInventory, tmp_path: Path) -> None:
    """Its author is not the reader of the message."""
    (tmp_path / "two.json").write_text('{"devices": {"a\\u001b[31m\\nb": {}, "%s": {}}}' % ("x" * 100_000))
    for replay in ("two.json", "{profile: two.json, device: rpi4}"):
        with pytest.raises(UsageError) as error:
            read_inventory(write_inventory(f"devices: {{a: {{replay: {replay}}}}}"))
        assert in_few_words(str(error.value))
        assert str(error.value).count("\n") == 0


def test_a_profile_file_names_each_device_once(write_inventory: WriteInventory, tmp_path: Path) -> None:
    """Of two that share a name one would be lost, and figures of the other replayed."""
    (tmp_path / "two.json").write_text('{"devices": {"a": {}, "b": {}, "a": {}}}')
    with pytest.raises(UsageError, match=r"two\.json, which is not JSON: the key 'a' stands twice in one object"):
        read_inventory(write_inventory("devices: {a: {replay: {profile: two.json, device: b}}}"))


@pytest.mark.parametrize(
    "text",
    [
        "devices: {" + ",".join(f"d{n}: {{x{n}: 1}}" for n in range(2400)) + "}",
        "devices: {" + ",".join(f"d{n}: {{replay: }}" for n in range(2400)) + "}",
        "devices: {a: {connection: local, tags: [" + ",".join(f"x{n}" for n in range(9000)) + "]}}",
        "sweep: {k: '" + "1..256," * 100_000 + "1'}",
        "sweep: {k: '" + ",".join(f"{n % 256 + 1}" for n in range(200_000)) + "'}",
    ],
    ids=["unknown keys", "empty values", "tags", "ranges", "lengths"],
)
def test_a_file_of_problems_is_told_soon(write_inventory: WriteInventory, text: str) -> None:
    """As many as the bounds of a file allow."""
    path = write_inventory(text)
    began_s = time.process_time()
    with pytest.raises(UsageError) as error:
        read_inventory(path)
    assert time.process_time() - began_s < 4
    assert in_few_words(str(error.value))


def paths(value: object) -> Iterator[Path]:
    """Every path in a spec, however deep."""
    if isinstance(value, Path):
        yield value
    inner: Iterable[object] = ()
    if is_dataclass(value):
        inner = [getattr(value, one.name) for one in dataclass_fields(value)]
    elif isinstance(value, dict | list | tuple):
        inner = value.values() if isinstance(value, dict) else value
    for one in inner:
        yield from paths(one)


@pytest.mark.parametrize("text", ["-rf", "--help", "-oProxyCommand=touch never", "-F"])
def test_no_text_of_a_file_begins_as_an_option_of_a_program(whole: Path, text: str) -> None:
    """A path is made absolute, and a name of ssh refused; what else there is, no program here is given."""
    document: Any = read_document(whole)[0]
    (whole.parent / text).mkdir()
    for at in fields(document):
        damaged = replaced(document, at, text)
        if damaged == document or not isinstance(reduce(getitem, at, document), str):
            continue
        specs, _ = check(damaged, whole.parent)  # type: ignore[arg-type]
        assert all(path.is_absolute() for path in paths(specs)), at
        assert specs is None or at[-1] not in ("ssh", "models", "revision", "hub", "openai", "api_key_env"), at
    (whole.parent / text).rmdir()
    (whole.parent / text).write_text("a file")
    for at in (("devices", "orin", "connection", "config"), ("families", "file", "target", "gguf")):
        specs, problems = check(replaced(document, at, text), whole.parent)  # type: ignore[arg-type]
        assert (problems, whole.parent / text in set(paths(specs))) == ([], True)


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200f", "\x85", "\x1b"])
def test_a_name_of_ssh_turns_no_direction_of_writing(write_inventory: WriteInventory, mark: str) -> None:
    """It would be shown as another host than the one that is asked."""
    path = write_inventory(f'devices: {{a: {{connection: {{ssh: "pi{mark.encode("unicode_escape").decode()}5"}}}}}}')
    with pytest.raises(UsageError, match=r"devices\.a\.connection\.ssh is .* Write a name that `ssh` understands"):
        read_inventory(path)


SECRET = "sk-secret"


@pytest.mark.parametrize("written", [SECRET, f"$({SECRET})", f"KEY={SECRET}", f"{SECRET}{'x' * 2000}", "-x", "a b", ""])
def test_a_key_in_the_place_of_its_variable_is_refused_and_not_repeated(
    write_inventory: WriteInventory, written: str
) -> None:
    """Errors would tell to set a variable of that name, in a log that others read."""
    target = f"{{openai: 'https://v/v1', model: m, api_key_env: '{written}'}}"
    family = f"{{target: {target}, drafts: {{xs: models/xs}}, quants: [F16]}}"
    told = r"families\.f\.target\.api_key_env is no name of a variable\. Name the environment variable"
    with pytest.raises(UsageError, match=told) as error:
        read_inventory(write_inventory(f"devices: {{a: {{connection: local}}}}\nfamilies: {{f: {family}}}"))
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [f"https://v/v1?api_key={SECRET}", f"https://v/v1#{SECRET}", f"https://me:{SECRET}@v/v1"],
)
def test_a_key_in_a_url_is_refused_and_not_repeated(write_inventory: WriteInventory, url: str) -> None:
    """The URL would be in every results file; the message says where a key goes, and a CI log does not get it."""
    family = f"{{target: {{openai: '{url}', model: m}}, drafts: {{xs: models/xs}}, quants: [F16]}}"
    with pytest.raises(UsageError, match="environment variable that `api_key_env` names") as error:
        read_inventory(write_inventory(f"devices: {{a: {{connection: local}}}}\nfamilies: {{f: {family}}}"))
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("http://verifier:8000/v1", True),
        ("https://a_b.example-1.org/v1/", True),
        ("http://[::1]:8000/v1", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://v:65535", True),
        ("http://v:65536/v1", False),
        ("http://v:0/v1", False),
        ("http://[::1/v1", False),
        ("http://[:::::]/v1", False),
        ("http://999.1.1.1/v1", False),
        (f"http://{'a' * 64}/v1", False),
        ("http://a..b/v1", False),
        ("http:///v1", False),
        ("ftp://v/v1", False),
    ],
)
def test_a_url_has_a_host_and_a_port(write_inventory: WriteInventory, url: str, right: bool) -> None:
    """Whatever the library that asks it would stumble over is told here."""
    family = f"{{target: {{openai: '{url}', model: m}}, drafts: {{xs: models/xs}}, quants: [F16]}}"
    path = write_inventory(f"devices: {{a: {{connection: local}}}}\nfamilies: {{f: {family}}}")
    if right:
        assert read_inventory(path).families["f"].target.server is not None
    else:
        with pytest.raises(UsageError, match=r"families\.f\.target\.openai is"):
            read_inventory(path)
