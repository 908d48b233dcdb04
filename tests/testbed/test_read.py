"""devices.yaml into specs. What can be wrong with it: test_read_inventory_errors.py."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec, LinkSpec, ReplaySpec, SshSpec
from configspec.testbed.family_spec import DraftSpec, HubSpec, ServerSpec, TargetSpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.testbed.prompts_spec import PromptsSpec
from configspec.testbed.read import read_inventory
from configspec.testbed.sweep_spec import EndToEndSpec, SweepSpec
from configspec.theory.decoding import Decoding
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.request import ServedRequest

WriteInventory = Callable[[str | bytes], Path]
FAMILIES = "families: {f: {target: {transformers: models/target}, drafts: {xs: models/xs}, quants: [Q8_0]}}\n"


def test_what_is_left_out_has_the_defaults_of_the_specs(write_inventory: WriteInventory, good: str) -> None:
    """One place says what a default is."""
    path = write_inventory(good)
    found = read_inventory(path)
    models = path.parent / "models"
    assert found.devices == {"board": DeviceSpec(name="board", connection="local", llama_cpp=LlamaCppSpec())}
    assert found.families["tiny"].drafts == {"xs": DraftSpec(name="xs", safetensors=models / "xs")}
    assert found.families["tiny"].target.transformers == models / "target"
    assert found.sweep == SweepSpec()
    assert found.serving == found.serving_for("tiny") == Serving()
    assert (found.path, found.sha256) == (path, hashlib.sha256(path.read_bytes()).hexdigest())


def test_every_key_arrives(write_inventory: WriteInventory) -> None:
    """What the file says is in the specs, paths absolute from the file's folder."""
    path = write_inventory("""
devices:
  gpu:
    connection: local
    python: /opt/python
    llama_cpp: {threads: 3, context: 512, gpu_layers: all}
    tags: [fast, host]
  pi: {replay: {profile: two.json, device: rpi5}}
  only: {replay: one.json}
families:
  f:
    target: {transformers: models/target, dtype: bfloat16}
    drafts: {xs: {safetensors: models/xs}, ready: {gguf: {Q8_0: ready.gguf, F16: ./ready.gguf}}}
    quants: [Q8_0]
sweep: {k: [1, 4..5], prompts: prompts.jsonl, new_tokens: 9, depth: 8, rounds: 7, warmup_rounds: 0, seconds_per_cell: 6}
serving: {verify_s: 0.001, price: {usd_per_million_tokens: 2, bills: drafted+1}}
""")
    here = path.parent
    found = read_inventory(path)
    assert found.devices["gpu"] == DeviceSpec(
        name="gpu",
        connection="local",
        python=("/opt/python",),
        llama_cpp=LlamaCppSpec(threads=3, context=512, gpu_layers=-1),
        tags=("fast", "host"),
    )
    assert found.devices["pi"].replay == ReplaySpec(profile=here / "two.json", device="rpi5")
    assert found.devices["only"].replay == ReplaySpec(profile=here / "one.json", device="rpi5")
    assert found.families["f"].target.dtype == "bfloat16"
    assert found.families["f"].drafts["xs"].safetensors == here / "models" / "xs"
    assert found.families["f"].drafts["ready"].gguf == {"Q8_0": here / "ready.gguf", "F16": here / "ready.gguf"}
    assert found.sweep == SweepSpec(
        k=(1, 4, 5),
        prompts=PromptsSpec(path=here / "prompts.jsonl"),
        new_tokens=9,
        depth=8,
        rounds=7,
        warmup_rounds=0,
        seconds_per_cell=6.0,
    )
    assert found.serving == Serving(verify_s=0.001, usd_per_million_tokens=2.0, bills="drafted+1")


def target_of(path: Path, target: str) -> TargetSpec:
    text = f"{{f: {{target: {target}, drafts: {{xs: models/xs}}, quants: [F16]}}}}"
    path = path.parent / "devices.yaml"
    path.write_text(f"devices: {{a: {{connection: local}}}}\nfamilies: {text}")
    return read_inventory(path).families["f"].target


def test_every_kind_of_target_arrives(write_inventory: WriteInventory) -> None:
    """A folder, a GGUF file, a server and two kinds of hub repository, each with all its keys."""
    path = write_inventory("")
    here = path.parent
    folder = target_of(path, "{transformers: models/target, dtype: auto, device_map: 'cuda:0', threads: 3}")
    assert folder == TargetSpec(
        transformers=here / "models" / "target", dtype="auto", device_map="cuda:0", llama_cpp=LlamaCppSpec(threads=3)
    )
    assert target_of(path, "{gguf: ready.gguf, threads: 2, context: 4096, gpu_layers: all}") == TargetSpec(
        gguf=here / "ready.gguf", llama_cpp=LlamaCppSpec(threads=2, context=4096, gpu_layers=-1)
    )
    server = "openai: 'https://v:8000/v1/', model: m/M, api_key_env: KEY, timeout_s: 9, retries: 0"
    told = ServerSpec(url="https://v:8000/v1", model="m/M", api_key_env="KEY", timeout_s=9.0, retries=0)
    assert target_of(path, f"{{{server}}}").server == told
    assert target_of(path, f"{{{server}, tokenizer: {{transformers: models/target}}}}").server == replace(
        told, tokenizer=here / "models" / "target"
    )
    assert target_of(path, f"{{{server}, tokenizer: {{hub: o/r, revision: v1}}}}").server == replace(
        told, tokenizer=HubSpec(repo="o/r", revision="v1")
    )
    assert target_of(path, "{hub: o/r, dtype: bfloat16}") == TargetSpec(hub=HubSpec(repo="o/r"), dtype="bfloat16")
    assert target_of(path, "{hub: o/r, revision: v1, file: r-Q8_0.gguf, gpu_layers: 4}") == TargetSpec(
        hub=HubSpec(repo="o/r", revision="v1", file="r-Q8_0.gguf"), llama_cpp=LlamaCppSpec(gpu_layers=4)
    )


def test_a_draft_may_lie_on_the_hub(write_inventory: WriteInventory, good: str) -> None:
    """Nothing is looked up there while the file is read."""
    text = good.replace("{xs: models/xs}", "{xs: {hub: o/r}, s: {hub: o/g, revision: v1, file: '*-{quant}.gguf'}}")
    drafts = read_inventory(write_inventory(text)).families["tiny"].drafts
    assert drafts["xs"] == DraftSpec(name="xs", hub=HubSpec(repo="o/r"))
    assert drafts["s"] == DraftSpec(name="s", hub=HubSpec(repo="o/g", revision="v1", file="*-{quant}.gguf"))


def test_a_link_arrives_in_base_units(write_inventory: WriteInventory) -> None:
    """Milliseconds and megabits exist in the file only; what is left out is no delay and no limit."""
    links = "a: {connection: local, link: {rtt_ms: 40, jitter_ms: 2.5, mbps: 8}}, b: {connection: local, link: {}}"
    devices = read_inventory(write_inventory(f"devices: {{{links}}}\n" + FAMILIES)).devices
    assert devices["a"].link == LinkSpec(rtt_s=0.04, jitter_s=0.0025, bits_per_s=8e6)
    assert devices["b"].link == LinkSpec()


def test_a_board_behind_ssh_arrives(write_inventory: WriteInventory) -> None:
    """Its destination as it is written; the configuration's path begins at the file's folder, the models' does not."""
    first = "a: {connection: {ssh: me@orin, host_keys: accept-new, config: ready.gguf}, models: ~/gguf}"
    path = write_inventory(f"devices: {{{first}, b: {{connection: {{ssh: pi}}}}}}\n" + FAMILIES)
    devices = read_inventory(path).devices
    config = path.parent / "ready.gguf"
    assert devices["a"].connection == SshSpec(destination="me@orin", host_keys="accept-new", config=config)
    assert devices["a"].models == "~/gguf"
    assert devices["b"].connection == SshSpec(destination="pi", host_keys="strict", config=None)


def test_the_decoding_and_the_end_to_end_runs_arrive(write_inventory: WriteInventory, good: str) -> None:
    """Key by key; what is left out is as in the specs."""
    decoding = "decoding: {temperature: 0.7, top_k: 40, top_p: 0.9, rule: rejection, seed: 5}"
    sweep = read_inventory(write_inventory(f"{good}sweep: {{{decoding}, end_to_end: {{repeats: 1}}}}")).sweep
    assert sweep.decoding == Decoding(temperature=0.7, top_k=40, top_p=0.9, rule="rejection", seed=5)
    assert sweep.end_to_end == EndToEndSpec(repeats=1)


def test_the_latency_is_declared_or_measured(write_inventory: WriteInventory, good: str) -> None:
    """For the testbed, or for a family otherwise than for the testbed."""
    measured = read_inventory(write_inventory(good + "serving: {verify: measured}"))
    assert measured.serving == Serving(verify="measured")
    own = good + "    serving: {verify_s: 0.2}\nserving: {verify: measured}"
    assert read_inventory(write_inventory(own)).serving_for("tiny") == Serving(verify_s=0.2, verify="declared")
    own = good + "    serving: {verify: measured}\nserving: {verify_s: 0.2}"
    assert read_inventory(write_inventory(own)).serving_for("tiny").verify == "measured"


def test_a_request_is_declared_for_all_and_differs_by_family(write_inventory: WriteInventory, good: str) -> None:
    """Key by key; the target's speed is not known where nobody says it."""
    text = good + "    serving: {request: {new_tokens: 9}}\nserving: {request: {prompt_tokens: 7}}"
    found = read_inventory(write_inventory(text))
    assert found.serving.request == ServedRequest(prompt_tokens=7)
    assert found.serving_for("tiny").request == ServedRequest(prompt_tokens=7, new_tokens=9)


def test_a_family_overrides_the_serving_key_by_key(write_inventory: WriteInventory, good: str) -> None:
    """A price of its own leaves the testbed's latency as it is."""
    own = "    serving: {price: {usd_per_million_tokens: 0.59}}\n"
    found = read_inventory(write_inventory(good + own + "serving: {verify_s: 0.2, price: {bills: drafted+1}}"))
    assert found.serving_for("tiny") == Serving(verify_s=0.2, usd_per_million_tokens=0.59, bills="drafted+1")
    assert found.serving_for("another") == found.serving


def test_replayed_devices_need_no_family(write_inventory: WriteInventory) -> None:
    """Their figures name families that are not here."""
    assert read_inventory(write_inventory("devices: {pi: {replay: one.json}}")).families == {}


def test_a_home_folder_may_be_written_short(
    write_inventory: WriteInventory, good: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`~` is the home folder, as in a shell; anything else begins at the file's folder."""
    monkeypatch.setenv("HOME", str(tmp_path / "models"))
    found = read_inventory(write_inventory(good.replace("models/xs", "~/xs")))
    assert found.families["tiny"].drafts["xs"].safetensors == tmp_path / "models" / "xs"


def test_the_folder_in_which_one_stands_does_not_matter(
    write_inventory: WriteInventory, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths in the file begin at its own folder, wherever the tool was started, and come out absolute."""
    path = write_inventory(good)
    monkeypatch.chdir(path.parent / "models")
    found = read_inventory(Path("..", "devices.yaml")).families["tiny"].target.transformers
    assert found is not None
    assert found.is_absolute()
    assert found.samefile(path.parent / "models" / "target")


KEYS = [*"abc", "devices", "connection", "replay", "profile", "python", "llama_cpp", "threads", "gpu_layers", "tags"]
KEYS += ["families", "target", "transformers", "dtype", "drafts", "safetensors", "gguf", "quants", "Q8_0", "Q4_K_N"]
KEYS += ["hub", "revision", "file", "openai", "model", "tokenizer", "threads", "context", "link", "rtt_ms", "mbps"]
KEYS += ["ssh", "host_keys", "config", "models"]
KEYS += ["decoding", "temperature", "top_p", "rule", "end_to_end", "repeats", "verify"]
KEYS += ["sweep", "k", "prompts", "rounds", "depth", "serving", "verify_s", "price", "bills"]
VALUES = [
    None,
    True,
    0,
    1,
    -1,
    2.5,
    float("inf"),
    float("nan"),
    "",
    "local",
    "all",
    "1..3",
    "models/xs",
    "\x00",
    "~x",
    "é",
    "o/r",
    "http://v/v1",
    "measured",
]
junk = st.recursive(
    st.sampled_from(VALUES),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from(KEYS), part, max_size=5),
    max_leaves=20,
)
device = st.dictionaries(st.sampled_from(["connection", "replay", "llama_cpp", "tags"]), junk, max_size=3)
file = junk | st.fixed_dictionaries(
    {"devices": st.dictionaries(st.sampled_from(["a", "b c"]), device | st.just({"connection": "local"}))},
    optional={"families": junk | st.just(yaml.safe_load(FAMILIES)["families"]), "sweep": junk, "serving": junk},
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file)
def test_any_yaml_is_an_inventory_or_a_usage_error(write_inventory: WriteInventory, document: Any) -> None:
    """Whatever stands in the file, a person never sees a traceback."""
    with contextlib.suppress(UsageError):
        assert isinstance(read_inventory(write_inventory(yaml.safe_dump(document))), Inventory)
