"""`llama_cpp` of a device: settings, their other names, and lists that make a sweep."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.requests.model import CACHE_TYPES, SETTINGS
from configspec.devices.device import OPTIONS
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import OF_AGENT, Also, LlamaCppSpec, aliases
from configspec.testbed.llama_settings import written_cpus
from configspec.testbed.read import read_inventory
from configspec.testbed.spec import keys_of
from configspec.theory.ids import Setting, settings_words

WriteInventory = Callable[[str | bytes], Path]
Read = Callable[[str], LlamaCppSpec]
FAMILY = "families: {f: {target: {transformers: models/target}, drafts: {xs: models/xs}, quants: [F16]}}"
# Another name of a setting, as people know it from llama-bench, with a value, and what it means.
OF_LLAMA_BENCH = {
    "t: 3": ("threads", 3),
    "tb: 3": ("threads_batch", 3),
    "n_threads: 3": ("threads", 3),
    "C: 0xF0": ("cpus", (4, 5, 6, 7)),
    "c: 300": ("context", 300),
    "ctx-size: 300": ("context", 300),
    "ngl: 99": ("gpu_layers", 99),
    "n-gpu-layers: all": ("gpu_layers", -1),
    "n_gpu_layers: 0": ("gpu_layers", 0),
    "fa: 1": ("flash_attention", "on"),
    "flash-attn: 0": ("flash_attention", "off"),
    "fa: auto": ("flash_attention", "auto"),
    "ctk: q8_0": ("cache_type_k", "q8_0"),
    "ctv: q4_0": ("cache_type_v", "q4_0"),
    "type_k: bf16": ("cache_type_k", "bf16"),
    "b: 512": ("batch", 512),
    "ub: 128": ("micro_batch", 128),
    "mmp: 0": ("mmap", False),
    "mmap: true": ("mmap", True),
    "mlock: on": ("mlock", True),
    "mg: 1": ("main_gpu", 1),
    "dev: 'CUDA0,CUDA1'": ("devices", ("CUDA0", "CUDA1")),
    "ncmoe: 12": ("cpu_moe_layers", 12),
    "cpus: 4-7": ("cpus", (4, 5, 6, 7)),
    "cpus: '0,2'": ("cpus", (0, 2)),
    "cpus: [2, 0]": ("cpus", (0, 2)),
    "cpus: 3": ("cpus", (3,)),
}
REFUSED = {
    "{t: 2, threads: 3}": "has `t` and `threads`, which are one setting. Keep one of them.",
    "{ngl: 1, n-gpu-layers: 2}": "has `ngl` and `n-gpu-layers`, which are one setting",
    "{threads: 0}": "threads is 0. It has to be 1 or more.",
    "{threads: [2, 0]}": "threads is 0. It has to be 1 or more.",
    "{threads: []}": "has the key `threads` with an empty list",
    "{threads: [2, 4, 2]}": "has 2 more than once in `threads`",
    "{mmap: [on, 1]}": "has on more than once in `mmap`",
    "{threads: 8, cpus: 4-7}": "has threads 8 on cpus 4-7, of at most 4 processors. Take fewer threads, or more cpus.",
    "{cpus: 7-4}": "cpus is '7-4'. Write processors",
    "{cpus: 0-9999}": "cpus is '0-9999'. Write processors, 0 to 8,191",
    "{cpus: [0, -1]}": "cpus is [0, -1]. Write processors",
    "{cpus: 0x0}": "cpus is '0x0'. Write processors",
    "{micro_batch: 1024, batch: 512}": "has micro_batch 1024, more than batch, 512",
    "{ctk: q3_0}": "cache_type_k is 'q3_0', which configspec does not know. Did you mean 'q8_0'?",
    "{fa: maybe}": "flash_attention is 'maybe'. Write on, off or auto.",
    "{mmap: 2}": "mmap is 2. Write on or off.",
    "{devices: 'CUDA 0'}": "devices is 'CUDA 0'. Write llama.cpp's names of devices",
    "{threds: 4}": "threds is a key that configspec does not know. Did you mean 'threads'?",
    "{threads: [[1, 2]]}": "threads is [1, 2]. It has to be a whole number.",
    f"{{threads: [{', '.join(map(str, range(1, 102)))}]}}": "has 101 values of `threads`; at most 100",
}


@pytest.fixture
def read(write_inventory: WriteInventory) -> Read:
    def read(llama_cpp: str) -> LlamaCppSpec:
        path = write_inventory(
            f"devices: {{a: {{connection: local, llama_cpp: {llama_cpp}}}}}\n{FAMILY}\nsweep: {{k: 1}}"
        )
        return read_inventory(path).devices["a"].llama_cpp

    return read


def test_every_setting_is_one_of_the_agents_requests_too() -> None:
    """Under the same name; and the agent has no setting that nobody can declare."""
    keys = {key for key in keys_of(LlamaCppSpec) if not key.startswith("\0")} - set(OF_AGENT)
    assert keys == set(OPTIONS)
    assert set(LlamaCppSpec(threads=1, micro_batch=2, mmap=False).chosen()) == {"micro_batch", "mmap"}
    assert set(SETTINGS) == keys - {"threads", "context", "batch", "gpu_layers"}


def test_the_types_of_the_cache_are_those_that_the_agent_takes(read: Read) -> None:
    """Each of them, by its name."""
    for name in CACHE_TYPES:
        assert read(f"{{cache_type_k: {name}}}").cache_type_k == name


def test_no_name_means_two_settings() -> None:
    """Whichever program it comes from."""
    marked = [also.names for info in keys_of(LlamaCppSpec).values() for also in info.metadata if isinstance(also, Also)]
    names = [*itertools.chain.from_iterable(marked), *OPTIONS, *OF_AGENT]
    assert len(names) == len(set(names)) == len(aliases())
    assert all(len(also) > 0 for also in marked)
    assert len(marked) == len(OPTIONS)


@pytest.mark.parametrize("written", OF_LLAMA_BENCH)
def test_llama_benchs_names_are_taken(read: Read, written: str) -> None:
    """With its way of writing a value; nothing varies, so no test id changes."""
    name, value = OF_LLAMA_BENCH[written]
    spec = read(f"{{{written}}}")
    assert getattr(spec, name) == value
    assert (spec.varied, list(spec.each())) == ((), [()])


@pytest.mark.parametrize("written", REFUSED)
def test_what_cannot_be_is_refused_in_words(read: Read, written: str) -> None:
    """With the key, what was found, and what would do."""
    with pytest.raises(UsageError) as told:
        read(written)
    assert f"devices.a.llama_cpp{'.' if REFUSED[written].split()[1] == 'is' else ' '}{REFUSED[written]}" in str(
        told.value
    )


def test_lists_make_every_combination_in_the_order_of_the_keys(read: Read) -> None:
    """Whatever the order of the file; the first key changes last, so a model stays open as long as it can."""
    spec = read("{flash_attention: [on, off], threads: [4, 2]}")
    assert [settings_words(one) for one in spec.each()] == [
        "threads 4, flash_attention on",
        "threads 4, flash_attention off",
        "threads 2, flash_attention on",
        "threads 2, flash_attention off",
    ]
    assert spec.combinations == 4


def test_a_list_of_one_value_is_that_value(read: Read) -> None:
    """No id says what does not vary."""
    assert list(read("{threads: [3]}").each()) == [()]
    assert read("{threads: [3]}").threads == 3


def test_sets_of_processors_are_compared_where_a_list_holds_sets(read: Read) -> None:
    """Plain numbers are one set: `[0, 2]`."""
    assert [settings_words(one) for one in read("{cpus: [0-3, [4, 5], '6']}").each()] == [
        "cpus 0-3",
        "cpus 4-5",
        "cpus 6",
    ]
    assert list(read("{cpus: [0, 2]}").each()) == [()]


LISTS: dict[str, list[Any]] = {
    "threads": [1, 2, 3],
    "gpu_layers": [-1, 0, 7],
    "mmap": [True, False],
    "cpus": [(0, 1), (2,)],
    "mlock": [True],
}


@given(st.data())
def test_a_cell_gets_the_values_that_its_settings_name(data: st.DataObject) -> None:
    """Every combination is another, and each is found again by its settings; what does not vary stays."""
    chosen = data.draw(st.lists(st.sampled_from(sorted(LISTS)), unique=True))
    texts: dict[str, Callable[[Any], str]] = {
        "threads": str,
        "gpu_layers": lambda v: "all" if v < 0 else str(v),
        "cpus": written_cpus,
    }
    varied = tuple(
        (name, tuple((texts.get(name, lambda v: "on" if v else "off")(value), value) for value in LISTS[name]))
        for name in chosen
    )
    spec = LlamaCppSpec(context=77, varied=varied)
    each = list(spec.each())
    assert len(each) == len(set(each)) == spec.combinations
    values = itertools.product(*(LISTS[name] for name in chosen))
    for settings, expected in zip(each, values, strict=True):
        found = spec.of(settings)
        assert tuple(getattr(found, name) for name in chosen) == expected
        assert (found.context, found.varied) == (77, ())


def test_settings_that_the_lists_do_not_have_are_no_cell() -> None:
    """Of an older file, say: then its row is of something else."""
    spec = LlamaCppSpec(varied=(("threads", (("2", 2), ("4", 4))),))
    device = DeviceSpec(name="a", connection="local", llama_cpp=spec)
    for settings in ((), (Setting("threads", "3"),), (Setting("mmap", "on"),)):
        with pytest.raises(KeyError):
            spec.of(settings)
    assert device.llama_cpp.of((Setting("threads", "4"),)).threads == 4


def test_a_sweep_is_narrowed_by_the_values_that_are_named() -> None:
    """Of the settings that are not named, all stay."""
    spec = LlamaCppSpec(varied=(("threads", (("2", 2), ("4", 4))), ("mmap", (("on", True), ("off", False)))))
    assert [settings_words(one) for one in spec.narrowed(["threads:4"]).each()] == [
        "threads 4, mmap on",
        "threads 4, mmap off",
    ]
    assert spec.narrowed(spec.slugs) == spec


def test_a_target_is_not_compared_with_itself(write_inventory: WriteInventory) -> None:
    """Its settings are of this host, and have one value each."""
    family = "families: {f: {target: {gguf: ready.gguf, threads: [1, 2]}, drafts: {xs: models/xs}, quants: [F16]}}"
    with pytest.raises(UsageError, match=r"has a list of values in `threads`\. Only devices are compared"):
        read_inventory(write_inventory(f"devices: {{a: {{connection: local}}}}\n{family}"))


def test_the_least_context_of_a_sweep_must_hold_depth_and_k(write_inventory: WriteInventory) -> None:
    """Or half of its cells would fail after hours."""
    with pytest.raises(UsageError, match=r"= 129 tokens, more than devices\.a\.llama_cpp\.context, 64"):
        read_inventory(
            write_inventory(
                f"devices: {{a: {{connection: local, llama_cpp: {{context: [512, 64]}}}}}}\n{FAMILY}\nsweep: {{k: 1}}"
            )
        )
