"""The small families of this repository, with few prompts and a cache of their own: it takes seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cells import ONE_THREAD

from configspec.cache import Store
from configspec.profiling.session import ProfilingSession
from configspec.testbed.inventory import Inventory
from configspec.testbed.prompts import read_prompts
from configspec.testbed.prompts_spec import PromptsSpec
from configspec.testbed.read import read_inventory
from configspec.testbed.sweep_spec import EndToEndSpec, SweepSpec

ROOT = Path(__file__).parents[2]
PROMPTS = 6
NEW_TOKENS = 48


@pytest.fixture(scope="session")
def small_inventory(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    """The repository's own testbed, with a few of its prompts and one thread: tests share the machine."""
    inventory = read_inventory(ROOT / "devices.yaml")
    prompts = read_prompts(ROOT / "fixtures" / "prompts" / "default.jsonl").prompts[:: 24 // PROMPTS]
    path = tmp_path_factory.mktemp("prompts") / "few.jsonl"
    path.write_text("".join(json.dumps({"id": p.id, "prompt": p.text}) + "\n" for p in prompts), encoding="utf-8")
    local = inventory.devices["local"]
    local = replace(local, llama_cpp=replace(local.llama_cpp, threads=1))
    sweep = SweepSpec(
        prompts=PromptsSpec(path=path),
        new_tokens=NEW_TOKENS,
        depth=64,
        rounds=5,
        warmup_rounds=1,
        seconds_per_cell=5,
        end_to_end=EndToEndSpec(prompts=3, repeats=1),
    )
    return replace(inventory, devices={**inventory.devices, "local": local}, sweep=sweep)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A cache that is empty when the tests begin."""
    return Store(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def session(small_inventory: Inventory, cache: Store) -> Iterator[ProfilingSession]:
    """A session for the small families."""
    with ProfilingSession(small_inventory, cache, lambda text: None, ONE_THREAD) as session:
        yield session
