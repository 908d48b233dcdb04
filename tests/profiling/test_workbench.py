"""Drafts of the hub whose context is known once they are here: their own error, and nobody else's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cached_hub import FolderHub
from cells import cell

from configspec.cache import Store
from configspec.errors import UsageError
from configspec.profiling.workbench import Workbench
from configspec.testbed.family_spec import DraftSpec, HubSpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.prompts_spec import Longest, PromptsSpec

pytestmark = pytest.mark.real
pytest.importorskip("huggingface_hub")
XS = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama" / "xs"
SHORT, LOCAL = cell("short").drafter, cell("xs").drafter
NEW_TOKENS = 4
FAMILY = "tiny-llama"


def prompts_file(path: Path) -> Path:
    """Two prompts, of which one is long."""
    prompts = {"brief": "import os\n", "long": "def f(): pass\n" * 20}
    path.write_text("".join(json.dumps({"id": name, "prompt": text}) + "\n" for name, text in prompts.items()))
    return path


class Runs:
    """Runs one after another on one machine: a cache, a hub's cache, and a hub that has `me/short`."""

    def __init__(self, inventory: Inventory, folder: Path, *, context: int, longest: Longest) -> None:
        """`context`: of the draft `short`, a copy of the local draft `xs` in all else."""
        shutil.copytree(XS, folder / "short")
        config = json.loads((XS / "config.json").read_text())
        (folder / "short" / "config.json").write_text(json.dumps({**config, "max_position_embeddings": context}))
        prompts = PromptsSpec(path=prompts_file(folder / "two.jsonl"), longest=longest)
        family = inventory.families[FAMILY]
        drafts = {"xs": family.drafts["xs"], "short": DraftSpec(name="short", hub=HubSpec(repo="me/short"))}
        self.inventory = replace(
            inventory,
            families={FAMILY: replace(family, drafts=drafts)},
            sweep=replace(inventory.sweep, prompts=prompts, new_tokens=NEW_TOKENS),
        )
        self.store = Store(folder / "cache")
        self.hub = FolderHub(folder / "hub", {"me/short": folder / "short"})
        self.told: list[str] = []

    @contextmanager
    def run(self) -> Iterator[Workbench]:
        """A run's workbench."""
        bench = Workbench(self.inventory, self.store, self.told.append, host_threads=1, hub=self.hub)
        try:
            yield bench
        finally:
            bench.close()

    @property
    def has_written(self) -> bool:
        """Whether the target was to write a text."""
        return any("the target writes" in line for line in self.told)


def asked(bench: Workbench) -> Sequence[str]:
    """The prompts of the family's text."""
    return [one.id for one in bench.target_text(bench.family(FAMILY)).prompts]


def test_a_draft_that_comes_from_the_hub_fails_by_itself_before_anything_is_written(small_inventory, tmp_path):
    """Its prompts are named as those of a draft that was here; the other draft is measured over all of them."""
    runs = Runs(small_inventory, tmp_path, context=64, longest="error")
    with runs.run() as bench:
        for ask in (lambda: bench.draft_file(bench.family(FAMILY), SHORT), lambda: bench.prepare(FAMILY, SHORT)):
            with pytest.raises(
                UsageError, match=r"two.jsonl: 1 of 2 prompts does not fit: 'long' \(\d+ tokens\)"
            ) as told:
                ask()
            assert "the context that the draft short was trained for is 64" in str(told.value)
            assert not runs.has_written
        bench.prepare(FAMILY, LOCAL)
        assert list(asked(bench)) == ["brief", "long"]
        with pytest.raises(UsageError, match="'long'"):
            bench.prepare(FAMILY, SHORT)


def test_a_draft_that_is_cached_is_told_for_the_whole_family(small_inventory, tmp_path):
    """Since its text is to be read by all of its drafts, and is not written yet."""
    runs = Runs(small_inventory, tmp_path, context=64, longest="error")
    with runs.run() as bench, pytest.raises(UsageError):
        bench.prepare(FAMILY, SHORT)
    with runs.run() as bench:
        for drafter in (SHORT, LOCAL):
            with pytest.raises(UsageError, match="the draft short was trained for is 64"):
                bench.prepare(FAMILY, drafter)


def test_over_a_text_that_is_kept_a_short_draft_fails_by_itself(small_inventory, tmp_path):
    """The text that an earlier run wrote is the other drafts' as before."""
    runs = Runs(small_inventory, tmp_path, context=64, longest="error")
    for _ in range(2):
        with runs.run() as bench:
            assert bench.prepare(FAMILY, LOCAL)
            with pytest.raises(UsageError, match="the draft short was trained for is 64"):
                bench.prepare(FAMILY, SHORT)


@pytest.mark.parametrize(("longest", "then"), [("skip", ["brief"]), ("truncate", ["brief", "long"])])
def test_another_run_makes_the_prompts_fit_a_draft_that_came_from_the_hub(small_inventory, tmp_path, longest, then):
    """In the run that fetches it the text is common to all drafts, and written: whichever draft is asked for first."""
    runs = Runs(small_inventory, tmp_path, context=64, longest=longest)
    with runs.run() as bench:
        with pytest.raises(UsageError, match=r"'long' .*Run again, and such prompts are (left out|shortened) for all"):
            bench.prepare(FAMILY, SHORT)
        assert len(bench.prepare(FAMILY, LOCAL).trace.prompts) == 2
    with runs.run() as bench:
        text = bench.prepare(FAMILY, SHORT).trace.text
        assert list(asked(bench)) == then
        assert text.longest <= 64
        assert bench.prepare(FAMILY, LOCAL).trace.text == text


@pytest.mark.parametrize("longest", ["error", "skip", "truncate"])
def test_a_draft_with_room_for_all_prompts_changes_no_text(small_inventory, tmp_path, longest):
    """Whether it was here before, came with this run, or is not asked for: rows of all three compare."""
    runs, hashes = Runs(small_inventory, tmp_path, context=1000, longest=longest), set()
    for drafter in (LOCAL, SHORT, SHORT):
        with runs.run() as bench:
            bench.draft_file(bench.family(FAMILY), drafter)
            hashes.add(bench.writing(bench.family(FAMILY)).prompts_sha256)
    assert runs.hub.fetched
    assert len(hashes) == 1
