"""Everything that can be wrong with a devices.yaml, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.testbed.read import read_inventory

WriteInventory = Callable[[str | bytes], Path]
DEVICES = "devices: {a: {connection: local}}\n"
FAMILIES = "families: {f: {target: {transformers: models/target}, drafts: {xs: models/xs}, quants: [Q8_0]}}\n"


def problems(path: Path) -> list[str]:
    """The lines of the error, without the file's name."""
    with pytest.raises(UsageError) as error:
        read_inventory(path)
    lines = str(error.value).split("\n")
    assert all(line.startswith("devices.yaml: ") for line in lines)
    return [line.removeprefix("devices.yaml: ") for line in lines]


def test_a_wrong_entry_is_not_told_as_an_empty_list_too(write_inventory: WriteInventory) -> None:
    """The list has an entry: one problem, one line."""
    lines = problems(write_inventory(DEVICES + "families: {f: {quants: [Q4_K_N]}}"))
    assert [line.split(",")[0] for line in lines if "quants" in line] == ["families.f.quants[0] is 'Q4_K_N'"]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~"])
def test_an_empty_file_is_told_what_to_hold(write_inventory: WriteInventory, text: str) -> None:
    """The smallest thing to write stands in the message."""
    told = "the file is empty. Declare a device: `devices: {local: {connection: local}}`."
    assert problems(write_inventory(text)) == [told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[a]",
            "the file is ['a']. It has to be a mapping of keys to values. Known: devices, families, sweep, serving.",
        ),
        ("sweep: {}", "devices is missing. Add it: The devices by name."),
        ("devices: {}", "devices is {}. It has to be given at least one entry."),
        ("devices:", "devices is empty. Give it a value, or delete it."),
        ("devices: [a]", "devices is ['a']. It has to be a mapping of names to their settings."),
        (
            "devcies: {a: {connection: local}}\ndevices: {a: {connection: local}}",
            "devcies is a key that configspec does "
            "not know. Did you mean 'devices'? Known: devices, families, sweep, serving.",
        ),
        (
            "devices: {a: {}}",
            "devices.a has none of them. Give it exactly one of `connection: local` or `replay: PROFILE`.",
        ),
        (
            "devices: {a: {connection: local, replay: one.json}}",
            "devices.a has `connection` and `replay`. Give it exactly one of",
        ),
        (
            "devices: {a: {replay: one.json, python: p}}",
            "devices.a has `python`, which means nothing beside `replay`. Delete it.",
        ),
        (
            "devices: {a: {replay: one.json, llama_cpp: {}}}",
            "devices.a has `llama_cpp`, which means nothing beside `replay`. Delete it.",
        ),
        (
            "devices: {a: {connection: local, health: {min_free_disk: 2 gigs}}}",
            "devices.a.health.min_free_disk is '2 gigs'. Write bytes, or a number with its unit, as in 2 GiB or ",
        ),
        (
            "devices: {a: {connection: local, health: {min_free_disc: 2}}}",
            "devices.a.health.min_free_disc is a key that configspec does not know. Did you mean 'min_free_disk'? ",
        ),
        (
            "devices: {a: {connection: locla}}",
            "devices.a.connection is 'locla', which configspec does not know. Did you mean 'local'? Known: local, {ssh",
        ),
        (
            "devices: {a: {connection: {ssh: orin, port: 22}}}",
            "devices.a.connection.port is a key that configspec does not know. Known: ssh, host_keys, config.",
        ),
        (
            "devices: {a: {connection: [orin]}}",
            "devices.a.connection is ['orin']. It has to be a mapping of keys to values. Known: ssh, host_keys, ",
        ),
        (
            "devices: {a: {connection: {ssh: -oProxyCommand=x}}}",
            "devices.a.connection.ssh is '-oProxyCommand=x'. Write a name that `ssh` understands, without spaces, a ",
        ),
        (
            "devices: {a: {connection: {ssh: orin, host_keys: no}}}",
            "devices.a.connection.host_keys is 'no', which configspec does not know. Known: strict, accept-new, off.",
        ),
        (
            "devices: {a: {connection: {ssh: orin, config: nope}}}\n" + FAMILIES,
            "devices.a.connection.config is 'nope', and there is no file {here}/nope.",
        ),
        (
            "devices: {a: {connection: {ssh: orin}, models: gguf}}",
            "devices.a.models is 'gguf'. Write an absolute path on the device, or one that begins with ~/, "
            "as in ~/gguf.",
        ),
        (
            "devices: {a: {replay: one.json, models: /m}}",
            "devices.a has `models`, which means nothing beside `replay`. Delete it.",
        ),
        (
            "devices: {a: {connection: local, usb: 3}}",
            "devices.a.usb is a key that configspec does not know. "
            "Known: connection, replay, python, agent_folder, env, models, llama_cpp, link, health, power, tags.",
        ),
        ("devices: {a b: {connection: local}}", "devices has the name 'a b'. A name is part of test ids: use letters,"),
        ("devices: {'a::b': {connection: local}}", "devices has the name 'a::b'. A name is part of test ids"),
        ("devices: {'a[1]': {connection: local}}", "devices has the name 'a[1]'. A name is part of test ids"),
        ("devices: {a=b: {connection: local}}", "devices has the name 'a=b'. A name is part of test ids"),
        ("devices: {-a: {connection: local}}", "devices has the name '-a'. A name is part of test ids"),
        ("devices: {a: {connection: local, tags: [x y]}}", "devices.a.tags[0] is 'x y'. A name is part of test ids"),
        ("devices: {a: {connection: local, tags: [x, x]}}", "devices.a.tags has x more than once. Keep one of each."),
        ("devices: {a: {connection: local, tags: x}}", "devices.a.tags is 'x'. It has to be a list, as in [a, b]."),
        ("devices: {a: {connection: local, tags: }}", "devices.a.tags is empty. Give it a value, or delete it."),
        (
            "devices: {a: {connection: local, python: 3}}",
            "devices.a.python is 3. Write a program's path, or the words that start it: [docker,",
        ),
        ("devices: {a: {connection: local, python: ''}}", "devices.a.python is ''. It has to be text, not empty."),
        (
            "devices: {a: {connection: local, llama_cpp: {threads: 0}}}",
            "devices.a.llama_cpp.threads is 0. It has to be 1 ",
        ),
        (
            "devices: {a: {connection: local, llama_cpp: {threads: 1.5}}}",
            "devices.a.llama_cpp.threads is 1.5. It has to be a whole number.",
        ),
        (
            "devices: {a: {connection: local, llama_cpp: {gpu_layers: some}}}",
            "devices.a.llama_cpp.gpu_layers is 'some'. Write `all`, or a number of layers, 0 to 10,000.",
        ),
        (
            "devices: {a: {connection: local, llama_cpp: {gpu_layers: -1}}}",
            "devices.a.llama_cpp.gpu_layers is -1. Write",
        ),
        (
            "devices: {a: {replay: nope.json}}",
            "devices.a.replay is 'nope.json', and there is no file {here}/nope.json.",
        ),
        (
            "devices: {a: {replay: prompts.jsonl}}",
            "devices.a.replay names {here}/prompts.jsonl, which is not JSON with a mapping `devices`.",
        ),
        (
            "devices: {a: {replay: ready.gguf}}",
            "devices.a.replay names {here}/ready.gguf, which is not JSON: ",
        ),
        (
            "devices: {a: {replay: two.json}}",
            "devices.a.replay names a file of 2 devices. Say which, as in {profile: two.json, device: rpi5}.",
        ),
        (
            "devices: {a: {replay: {profile: two.json, device: rpi4}}}",
            "devices.a.replay names the device 'rpi4', which {here}/two.json does not have. Did you mean 'rpi5'?",
        ),
    ],
)
def test_a_wrong_device_is_told(write_inventory: WriteInventory, tmp_path: Path, text: str, told: str) -> None:
    """The key, what was found, what would do; one problem, one line."""
    (found,) = problems(write_inventory(text))
    assert found.startswith(told.replace("{here}", str(tmp_path)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("families: {f: {}}", "families.f.drafts is missing. Add it: The draft models by name"),
        (
            "families: {f: {target: x}}",
            "families.f.target is 'x'. It has to be a mapping of keys to values. Known: trans",
        ),
        (
            "families: {f: {target: {}}}",
            "families.f.target has none of them. Give it exactly one of `transformers` or `gguf` or `openai` or `hub`.",
        ),
        (
            "families: {f: {target: {transformers: models/xs, dtype: fp16}}}",
            "families.f.target.dtype is 'fp16', which configspec does not know. Known: auto, float32, bfloat16, ",
        ),
        (
            "families: {f: {target: {transformers: nope}, drafts: {xs: models/xs}, quants: [F16]}}",
            "families.f.target.transformers is 'nope', and there is no folder {here}/nope. Correct it: a path begins",
        ),
        ("families: {f: {drafts: {}}}", "families.f.drafts is {}. It has to be given at least one entry."),
        (
            "families: {f: {drafts: {xs: 3}}}",
            "families.f.drafts.xs is 3. It has to be a mapping of keys to values. Known",
        ),
        ("families: {f: {drafts: {a/b: x}}}", "families.f.drafts has the name 'a/b'. A name is part of test ids"),
        ("families: {f: {drafts: {xs: {}}}}", "families.f.drafts.xs has none of them. Give it exactly one of"),
        (
            "families: {f: {drafts: {xs: {safetensors: models/xs, gguf: {F16: ready.gguf}}}}}",
            "families.f.drafts.xs has `safetensors` and `gguf`. Give it exactly one of `safetensors` or ",
        ),
        (
            "families: {f: {drafts: {xs: {gguf: {Q4_K_N: x}}}}}",
            "families.f.drafts.xs.gguf has a key that is 'Q4_K_N', "
            "which is not a quantisation of llama.cpp. Did you mean 'Q4_K_S'?",
        ),
        (
            "families: {f: {target: {transformers: models/xs}, drafts: {xs: ready.gguf}, quants: [F16]}}",
            "families.f.drafts.xs is 'ready.gguf', and there is no folder {here}/ready.gguf.",
        ),
        (
            "families: {f: {target: {transformers: models/xs}, drafts: {xs: {gguf: {F16: a}}}, quants: [F16]}}",
            "families.f.drafts.xs.gguf.F16 is 'a', and there is no file {here}/a.",
        ),
        (
            "families: {f: {target: {transformers: models}, drafts: {xs: {gguf: {F16: ready.gguf}}}, quants: [Q8_0]}}",
            "families.f.drafts.xs.gguf has no Q8_0, which families.f.quants asks for. Add its file",
        ),
        ("families: {f: {quants: []}}", "families.f.quants is []. It has to be given at least one entry."),
        (
            "families: {f: {quants: [Q4_K_N]}}",
            "families.f.quants[0] is 'Q4_K_N', which is not a quantisation of llama.cpp. "
            "Did you mean 'Q4_K_S'? Known: F32, F16, BF16,",
        ),
        ("families: {f: {quants: [F16, F16]}}", "families.f.quants has F16 more than once. Keep one of each."),
        (
            "families: {f: {serving: {verify: 1}}}",
            "families.f.serving.verify is 1, which configspec does not know. Known: measured.",
        ),
    ],
)
def test_a_wrong_family_is_told(write_inventory: WriteInventory, tmp_path: Path, text: str, told: str) -> None:
    """As above; keys that are missing besides are told in lines of their own."""
    found = problems(write_inventory("devices: {a: {replay: one.json}}\n" + text))
    assert any(line.startswith(told.replace("{here}", str(tmp_path))) for line in found), found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sweep: {k: 0}", "sweep.k is 0, but a round drafts at least 1 token. Begin at 1."),
        ("sweep: {k: [2, -1]}", "sweep.k is [2, -1], but a round drafts at least 1 token."),
        ("sweep: {k: 10..1}", "sweep.k is '10..1', whose range runs backwards. Write 1..10."),
        ("sweep: {k: few}", "sweep.k is 'few', and 'few' is not a speculative length. Write one number, a range"),
        ("sweep: {k: {from: 1}}", "sweep.k is {'from': 1}, which is not a speculative length."),
        (
            "sweep: {depth: 1020}",
            "sweep.depth + the largest sweep.k is 1020 + 10 = 1030 tokens, more than "
            "devices.a.llama_cpp.context, 1024. Lower the depth or K, or raise the context.",
        ),
        ("sweep: {depth: 0}", "sweep.depth is 0. It has to be 1 or more."),
        ("sweep: {rounds: true}", "sweep.rounds is True. It has to be a whole number."),
        ("sweep: {warmup_rounds: -1}", "sweep.warmup_rounds is -1. It has to be 0 or more."),
        ("sweep: {seconds_per_cell: 0}", "sweep.seconds_per_cell is 0. It has to be more than 0"),
        ("sweep: {seconds_per_cell: .inf}", "sweep.seconds_per_cell is inf. It has to be a finite number."),
        ("sweep: {seconds_per_cell: a minute}", "sweep.seconds_per_cell is 'a minute'. It has to be a number."),
        ("sweep: {prompts: nope.jsonl}", "sweep.prompts is 'nope.jsonl', and there is no file {here}/nope.jsonl."),
        ("sweep: {prompts: models}", "sweep.prompts is 'models', and there is no file {here}/models."),
        ("serving: {verify_s: -0.1}", "serving.verify_s is -0.1. It has to be 0.000000001 or more."),
        ("serving: {verify_s: 0}", "serving.verify_s is 0. It has to be 0.000000001 or more."),
        (
            "serving: {verify_samples_s: [0.1, 0]}",
            "serving.verify_samples_s[1] is 0. It has to be 0.000000001",
        ),
        ("serving: {verify_linear: {base_s: -1}}", "serving.verify_linear.base_s is -1. It has to be 0 or more."),
        (
            "serving: {price: {usd_per_million_tokens: 0}}",
            "serving.price.usd_per_million_tokens is 0. It has to be 0.000000001 or more.",
        ),
        (
            "serving: {price: {bills: tokens}}",
            "serving.price.bills is 'tokens', which configspec does not know. Known: drafted, drafted+1, ",
        ),
        ("serving: {price: {usd_per_kwh: .nan}}", "serving.price.usd_per_kwh is nan. It has to be a finite number."),
        ("serving: {request: {prompt_tokens: -1}}", "serving.request.prompt_tokens is -1. It has to be 0 or more."),
        ("serving: {request: {new_tokens: 0}}", "serving.request.new_tokens is 0. It has to be 1 or more."),
        ("serving: {request: {new_tokens: 1.5}}", "serving.request.new_tokens is 1.5. It has to be a whole number."),
        (
            "serving: {request: {target_prompt_tokens_per_s: .inf}}",
            "serving.request.target_prompt_tokens_per_s is inf. It has to be a finite number.",
        ),
        ("serving: {target_tokens_per_s: 0}", "serving.target_tokens_per_s is 0. It has to be"),
        ("serving: {target_tokens_per_s: .nan}", "serving.target_tokens_per_s is nan. It has to be a finite number."),
        ("serving: {request: {tokens: 3}}", "serving.request.tokens is a key that configspec does not know."),
        ("serving: {price: {gpus: 0}}", "serving.price.gpus is 0. It has to be 0.001 or more."),
        ("serving: {link: {rtt_ms: -1}}", "serving.link.rtt_ms is -1. It has to be 0 or more."),
        (
            "serving: {link: {payload: all}}",
            "serving.link.payload is 'all', which configspec does not know. Known: ids",
        ),
        ("serving: {verify_samples_s: []}", "serving.verify_samples_s is []."),
        ("serving: {verify_linear: {}}", "serving.verify_linear.base_s is missing. Add it:"),
        ("serving: {verify_s: 1, verify: measured}", "serving has both `verify_s` and `verify: measured`. Keep one"),
        (
            "serving: {price: {bills: input+output}}",
            "serving bills 'input+output', which needs `usd_per_million_input_tokens`. Correct one of them.",
        ),
        (
            "serving: {link: {payload: distributions}}",
            "serving sends distributions, which needs `vocabulary`, the number of their entries.",
        ),
        (
            "serving: {price: 0.9}",
            "serving.price is 0.9. It has to be a mapping of keys to values. Known: usd_per_million",
        ),
    ],
)
def test_a_wrong_sweep_or_price_is_told(write_inventory: WriteInventory, tmp_path: Path, text: str, told: str) -> None:
    """As above."""
    (found,) = problems(write_inventory(DEVICES + FAMILIES + text))
    assert found.startswith(told.replace("{here}", str(tmp_path)))


TARGETS = [
    ("{hub: OWNER}", ".hub is 'OWNER'. Write a repository of the hub as OWNER/REPO, as in Qwen/Qwen3-0.6B."),
    ("{hub: o/r, transformers: models/target}", " has `transformers` and `hub`. Give it exactly one of"),
    ("{hub: o/r, revision: 3}", ".revision is 3. It has to be text (in quotes"),
    ("{hub: o/r, file: 'r-{quant}.gguf'}", " has {quant} in `file`, but `quants` are the drafts'. Write the target's"),
    (
        "{hub: o/r, file: r.gguf, dtype: bfloat16}",
        " has `dtype`, which means nothing beside `hub` with `file`. Delete it.",
    ),
    ("{hub: o/r, context: 512}", " has `context`, which means nothing beside `hub`. Delete it."),
    ("{transformers: models/target, revision: main}", " has `revision`, which means nothing beside `transformers`."),
    ("{gguf: ready.gguf, device_map: auto}", " has `device_map`, which means nothing beside `gguf`. Delete it."),
    ("{gguf: models/target}", ".gguf is 'models/target', and there is no file {here}/models/target."),
    ("{gguf: ready.gguf, gpu_layers: -1}", ".gpu_layers is -1. Write `all`, or a number of layers, 0 to 10,000."),
    ("{openai: 'verifier:8000', model: m}", ".openai is 'verifier:8000'. Write the server's base URL, as in http://"),
    ("{openai: 'http://v/v1'}", ".model is missing. Add it: The server's name of the model."),
    (
        "{openai: 'http://v/v1', model: m, threads: 2}",
        " has `threads`, which means nothing beside `openai` with `model`.",
    ),
    ("{openai: 'http://v/v1', model: m, timeout_s: 0}", ".timeout_s is 0. It has to be more than 0."),
    ("{openai: 'http://v/v1', model: m, retries: -1}", ".retries is -1. It has to be 0 or more."),
    ("{openai: 'http://v/v1', model: m, tokenizer: {}}", ".tokenizer has none of them. Give it exactly one of `transf"),
    (
        "{openai: 'http://v/v1', model: m, tokenizer: {transformers: models/target, revision: v1}}",
        ".tokenizer has `revision`, which means nothing beside `transformers`. Delete it.",
    ),
    (
        "{openai: 'http://v/v1', model: m, tokenizer: {transformers: nope}}",
        ".tokenizer.transformers is 'nope', and there is no folder {here}/nope.",
    ),
]


@pytest.mark.parametrize(("target", "told"), TARGETS)
def test_a_wrong_target_is_told(write_inventory: WriteInventory, tmp_path: Path, target: str, told: str) -> None:
    """A key that would be ignored is told too: it was meant to do something."""
    (found,) = problems(write_inventory(DEVICES + FAMILIES.replace("{transformers: models/target}", target)))
    assert found.startswith("families.f.target" + told.replace("{here}", str(tmp_path)))


@pytest.mark.parametrize(
    ("draft", "told"),
    [
        ("{hub: o/r, safetensors: models/xs}", " has `safetensors` and `hub`. Give it exactly one of"),
        ("{safetensors: models/xs, file: a.gguf}", " has `file`, which means nothing beside `safetensors`. Delete it."),
        (
            "{hub: o/r, revision: ../../etc}",
            ".revision is '../../etc'. Write a branch, a tag or a commit of the repository",
        ),
        ("{hub: a/b/c}", ".hub is 'a/b/c'. Write a repository of the hub as OWNER/REPO"),
        ("{hub: o/r, file: r-Q8_0.gguf}", ".file is 'r-Q8_0.gguf', the same file for each of Q8_0, F16. Write {quant}"),
    ],
)
def test_a_wrong_hub_draft_is_told(write_inventory: WriteInventory, draft: str, told: str) -> None:
    """As above."""
    text = DEVICES + FAMILIES.replace("xs: models/xs", f"xs: {draft}").replace("[Q8_0]", "[Q8_0, F16]")
    (found,) = problems(write_inventory(text))
    assert found.startswith("families.f.drafts.xs" + told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sweep: {decoding: {temperature: -1}}", "sweep.decoding.temperature is -1. It has to be 0 or more."),
        ("sweep: {decoding: {top_p: 0}}", "sweep.decoding.top_p is 0. It has to be more than 0."),
        ("sweep: {decoding: {top_p: 1.5}}", "sweep.decoding.top_p is 1.5. It has to be 1 or less."),
        ("sweep: {decoding: {top_k: -1}}", "sweep.decoding.top_k is -1. It has to be 0 or more."),
        ("sweep: {decoding: {seed: 1.5}}", "sweep.decoding.seed is 1.5. It has to be a whole number."),
        (
            "sweep: {decoding: {rule: rejecton}}",
            "sweep.decoding.rule is 'rejecton', which configspec does not know. Did you mean 'rejection'? "
            "Known: match-greedy-draft, match-sample, rejection.",
        ),
        ("sweep: {decoding: greedy}", "sweep.decoding is 'greedy'. It has to be a mapping of keys to values."),
        ("sweep: {end_to_end: {prompts: 0}}", "sweep.end_to_end.prompts is 0. It has to be 1 or more."),
        ("sweep: {end_to_end: {repeat: 2}}", "sweep.end_to_end.repeat is a key that configspec does not know. Did you"),
        (
            "serving: {verify: meassured}",
            "serving.verify is 'meassured', which configspec does not know. Did you mean 'measured'? Known: measured.",
        ),
        (
            "serving: {verify: measured, verify_s: 0.2}",
            "serving has both `verify_s` and `verify: measured`. Keep one of them.",
        ),
    ],
)
def test_a_wrong_decoding_or_latency_is_told(write_inventory: WriteInventory, text: str, told: str) -> None:
    """As above."""
    (found,) = problems(write_inventory(DEVICES + FAMILIES + text))
    assert found.startswith(told)


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("{rtt_ms: -1}", ".rtt_ms is -1. It has to be 0 or more."),
        ("{jitter_ms: x}", ".jitter_ms is 'x'. It has to be a number."),
        ("{mbps: 0}", ".mbps is 0. It has to be 0.0001 or more."),
        (
            "{rtt_s: 1}",
            ".rtt_s is a key that configspec does not know. Did you mean 'rtt_ms'? Known: rtt_ms, jitter_ms",
        ),
    ],
)
def test_a_wrong_link_is_told(write_inventory: WriteInventory, link: str, told: str) -> None:
    """As above; a replayed device has no link to be emulated."""
    (found,) = problems(write_inventory(f"devices: {{a: {{connection: local, link: {link}}}}}\n" + FAMILIES))
    assert found.startswith("devices.a.link" + told)
    (found,) = problems(write_inventory("devices: {a: {replay: one.json, link: {}}}"))
    assert found.startswith("devices.a has `link`, which means nothing beside `replay`. Delete it.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "sweep: {rounds: 10000000000000000000000000}",
            "sweep.rounds is 10000000000000000000000000. It has to be 100,000",
        ),
        (
            f"sweep: {{rounds: {'9' * 400}}}",
            "sweep.rounds is 999999999999999999...9999999999999999999. It has to be 100",
        ),
        (f"sweep: {{seconds_per_cell: {'9' * 400}}}", "sweep.seconds_per_cell is 99999999"),
        ("sweep: {seconds_per_cell: 1e308}", "sweep.seconds_per_cell is 1e+308. It has to be 86,400 or less."),
        (
            "sweep: {decoding: {seed: 9007199254740992}}",
            "sweep.decoding.seed is 9007199254740992. It has to be 9,007,199",
        ),
        (
            "serving: {price: {usd_per_million_tokens: 1e308}}",
            "serving.price.usd_per_million_tokens is 1e+308. It has to b",
        ),
        (
            "serving: {price: {usd_per_million_tokens: 0}}",
            "serving.price.usd_per_million_tokens is 0. It has to be 0.00",
        ),
        ('sweep: {prompts: "a\\0"}', "sweep.prompts is 'a\\x00'. Write it without control characters, line ends or"),
        ('sweep: {prompts: "a\\u202eb"}', "sweep.prompts is 'a\\u202eb'. Write it without control characters"),
        ('sweep: {prompts: "\\ud800"}', "sweep.prompts is '\\ud800'. It has to be text that UTF-8 can hold."),
        (
            f"sweep: {{prompts: {'x' * 5000}}}",
            "sweep.prompts is 'xxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxx",
        ),
        ("sweep: {k: 1..1000000000}", "sweep.k is '1..1000000000', but configspec measures no K above 256."),
    ],
)
def test_what_is_beyond_a_bound_is_told(write_inventory: WriteInventory, text: str, told: str) -> None:
    """The key, a piece of what was found, and the bound."""
    (found,) = problems(write_inventory(DEVICES + FAMILIES + text))
    assert found.startswith(told)
    assert len(found) < 300


@pytest.mark.parametrize(
    ("device", "told"),
    [
        ("llama_cpp: {threads: 4294967297}", ".llama_cpp.threads is 4294967297. It has to be 512 or less."),
        ("link: {rtt_ms: 1e308}", ".link.rtt_ms is 1e+308. It has to be 60,000 or less."),
        (
            "health: {min_free_memory: 999999999 TiB}",
            ".health.min_free_memory is '999999999 TiB', more than any memory or",
        ),
        (
            f"tags: [{', '.join(f't{n}' for n in range(101))}]",
            ".tags is ['t0', 't1', 't2', 't3', 't4', 't5', ...]. It has",
        ),
        (
            f"tags: [{'t' * 101}]",
            ".tags[0] is 'ttttttttttttttttttttttttttt...tttttttttttttttttttttttttttt'. It has to be text",
        ),
    ],
)
def test_what_is_beyond_a_bound_of_a_device_is_told(write_inventory: WriteInventory, device: str, told: str) -> None:
    """As above: what would wrap in C, overflow in arithmetic or flood a report."""
    (found,) = problems(write_inventory(f"devices: {{a: {{connection: local, {device}}}}}\n{FAMILIES}"))
    assert found.startswith("devices.a" + told)


def test_all_problems_are_told_at_once_sorted(write_inventory: WriteInventory) -> None:
    """A person with three slips mends them in one go."""
    found = problems(write_inventory("sweep: {k: 0, rounds: 0}\ndevices: {a: {replay: one.json, conection: local}}\n"))
    assert [line.split(" ")[0] for line in found] == ["devices.a.conection", "sweep.k", "sweep.rounds"]


def test_more_than_ten_problems_are_counted(write_inventory: WriteInventory) -> None:
    """Ten are shown, so that the first is still on the screen."""
    found = problems(write_inventory("devices: {" + ",".join(f"d{n}: {{connection: x}}" for n in range(25)) + "}"))
    assert len(found) == 11
    assert found[-1] == "and 15 more."
