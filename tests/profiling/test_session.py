"""The session on real models: what it measures, what it remembers, and whose fault a failure is."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest

from configspec.cache import Store
from configspec.errors import TestbedError, UsageError
from configspec.profiling.cell_row import retried
from configspec.profiling.session import ProfilingSession
from configspec.testbed.read import read_inventory
from configspec.testbed.specs import DraftSpec

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
KS = (1, 2, 4)
NEW_TOKENS = 48


def test_one_cell_yields_every_k_with_counts_and_samples(session, small_inventory):
    """Drafting time per round, raw samples, and acceptance counted over all prompts."""
    rows = session.rows("local", "tiny-llama", "xs", "Q8_0", KS)
    assert set(rows) == set(KS)
    for k, row in rows.items():
        it = row.configuration
        assert it.provenance == "measured"
        assert len(it.round_samples_s) == small_inventory.sweep.rounds
        assert all(len(tokens) == k for tokens in row.token_samples_s)
        assert it.acceptance.drafted == k * it.acceptance.rounds
        assert 0 < it.acceptance.accepted <= it.acceptance.drafted
        assert (it.power_w, bool(it.power_reason)) == (None, True)
    assert rows[1].configuration.round_s.value < rows[4].configuration.round_s.value


@pytest.mark.parametrize("family", ["tiny-llama", "tiny-qwen3"])
def test_a_larger_draft_is_accepted_more_often(small_inventory, cache, family):
    """From xs to m, over the repository's whole prompt set, as a mean over quantisations and K."""
    spec = small_inventory.families[family]
    inventory = replace(
        small_inventory, sweep=replace(read_inventory(ROOT / "devices.yaml").sweep, new_tokens=NEW_TOKENS)
    )
    accepted = {}
    with ProfilingSession(inventory, cache, progress=print, host_threads=1) as session:
        trace = session.trace(spec)
        for draft in ("xs", "s", "m"):
            scores = [session.scores(spec, session.draft_file(spec, draft, q), trace) for q in spec.quants]
            accepted[draft] = mean(one.acceptance(k).rate.value for one in scores for k in (1, 2, 4, 8))
    assert accepted["xs"] < accepted["s"] < accepted["m"], accepted


def test_what_the_host_computes_takes_its_share_of_the_threads(small_inventory, tmp_path):
    """Two workers of one run would stop each other: their threads wait in turns. What is declared stands."""
    torch = pytest.importorskip("torch")
    all_of_them = torch.get_num_threads()
    spec = small_inventory.families["tiny-llama"]
    free = replace(spec, target=replace(spec.target, llama_cpp=replace(spec.target.llama_cpp, threads=None)))
    try:
        with ProfilingSession(small_inventory, Store(tmp_path), progress=print, host_threads=1) as session:
            session.trace(free)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(all_of_them)


def test_the_target_writes_once_whatever_the_number_of_drafts(session, small_inventory, cache):
    """A second session on the same cache neither loads the target nor scores the draft again."""
    session.rows("local", "tiny-llama", "xs", "Q8_0", KS)
    before = {path: path.stat().st_mtime_ns for path in cache.root.rglob("*.json")}
    said: list[str] = []
    with ProfilingSession(small_inventory, cache, progress=said.append) as second:
        second.rows("local", "tiny-llama", "xs", "Q8_0", KS)
    assert not [line for line in said if "the target writes" in line]
    assert before == {path: path.stat().st_mtime_ns for path in cache.root.rglob("*.json")}


def test_separate_rounds_of_each_k_are_recorded_as_such(small_inventory, cache):
    """`--separate-k` times every K on its own, and the record says so."""
    with ProfilingSession(small_inventory, cache, progress=print, separate_k=True) as session:
        rows = session.rows("local", "tiny-llama", "xs", "Q8_0", KS)
    assert {k: (row.drafting or {})["timed_k"] for k, row in rows.items()} == {1: 1, 2: 2, 4: 4}
    assert "separate" in (rows[1].drafting or {})["method"]


def test_a_draft_of_another_vocabulary_is_refused_before_anything_is_measured(small_inventory, cache):
    """A draft of tiny-qwen3 under the target of tiny-llama: the first id that differs, and what would do."""
    llama, qwen3 = (small_inventory.families[name] for name in ("tiny-llama", "tiny-qwen3"))
    mixed = replace(llama, drafts={"xs": replace(qwen3.drafts["xs"])})
    inventory = replace(small_inventory, families={"tiny-llama": mixed})
    with ProfilingSession(inventory, cache, progress=print) as session, pytest.raises(UsageError, match="vocabulary"):
        session.rows("local", "tiny-llama", "xs", "Q8_0", KS)


@pytest.mark.parametrize(("keep", "word"), [(3000, "bytes"), (0, "empty")])
def test_a_truncated_gguf_is_told_and_the_next_cell_is_measured(small_inventory, cache, session, tmp_path, keep, word):
    """The file is named; what comes after it is not lost."""
    family = small_inventory.families["tiny-llama"]
    whole = session.draft_file(family, "xs", "Q8_0")
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(Path(whole).read_bytes()[:keep])
    drafts = {**family.drafts, "cut": DraftSpec(name="cut", gguf={"Q8_0": cut})}
    inventory = replace(small_inventory, families={"tiny-llama": replace(family, drafts=drafts)})
    with ProfilingSession(inventory, cache, progress=print) as other:
        with pytest.raises(UsageError, match=f"cut.gguf.*{word}"):
            other.rows("local", "tiny-llama", "cut", "Q8_0", KS)
        assert other.rows("local", "tiny-llama", "xs", "Q8_0", KS)


def test_a_prompt_longer_than_the_context_is_told(small_inventory, cache, tmp_path):
    """Its file, its id, both lengths."""
    path = tmp_path / "long.jsonl"
    path.write_text('{"id": "endless", "prompt": "' + "def f(): pass; " * 600 + '"}\n', encoding="utf-8")
    inventory = replace(small_inventory, sweep=replace(small_inventory.sweep, prompts=path))
    with (
        ProfilingSession(inventory, cache, progress=print) as session,
        pytest.raises(UsageError, match=r"long.jsonl: prompt 'endless' is \d+ tokens long"),
    ):
        session.rows("local", "tiny-llama", "xs", "Q8_0", KS)


def test_a_device_that_is_lost_twice_gets_no_more_work_and_repeats_its_first_cause(small_inventory, tmp_path, cache):
    """An agent that hears one request and no more stands for a dead board; nothing of it counts against a draft."""
    dying = tmp_path / "python"
    dying.write_text(f'#!/bin/sh\nhead -n 1 | {sys.executable} "$@"\n')
    dying.chmod(0o755)
    board = replace(small_inventory.devices["local"], name="board", python=str(dying))
    inventory = replace(small_inventory, devices={"board": board})
    with ProfilingSession(inventory, cache, progress=print) as session:
        causes = []
        for draft in ("xs", "s", "m"):
            with pytest.raises(TestbedError) as cause:
                session.rows("board", "tiny-llama", draft, "Q8_0", KS)
            causes.append(str(cause.value))
    assert causes[0].startswith("board: ")
    assert causes[2] == causes[0].replace("board: ", "board: quarantined: ", 1)


def test_a_device_that_refuses_one_request_is_not_lost(session, small_inventory):
    """Its agent answered: a deadline, or memory that does not suffice, is that cell's error alone."""
    spec = small_inventory.devices["local"]
    device = session.bench.device(spec)
    model = session.draft_file(small_inventory.families["tiny-llama"], "xs", "Q8_0")
    with pytest.raises(TestbedError, match="deadline"):
        device.open_model(model, deadline_s=1e-9)
    assert session.bench.device(spec) is device
    assert session.rows("local", "tiny-llama", "s", "Q8_0", KS)


def test_a_draft_that_a_board_lacks_is_told_before_the_host_works(small_inventory, tmp_path):
    """With a large target that is an hour earlier: nothing is written or scored for it."""
    board = replace(small_inventory.devices["local"], name="board", models=str(tmp_path / "models"))
    inventory, told = replace(small_inventory, devices={"board": board}), list[str]()
    with ProfilingSession(inventory, Store(tmp_path / "cache"), progress=told.append) as session:
        with pytest.raises(UsageError, match="the draft's file is not there"):
            session.rows("board", "tiny-llama", "xs", "Q8_0", KS)
        assert not any("the target writes" in line for line in told)
        session.trace(inventory.families["tiny-llama"])
    assert any("the target writes" in line for line in told)


def test_a_row_that_took_two_attempts_says_why_the_first_failed(session):
    """In its fields, and as a warning of its configuration; a third is counted on, and the first cause stays."""
    row = session.rows("local", "tiny-llama", "xs", "Q8_0", KS)[1]
    assert (row.attempts, row.first_cause) == (1, None)
    again = retried(row, ["orin: the link was lost."])
    assert (again.attempts, again.first_cause) == (2, "orin: the link was lost.")
    assert again.configuration.warnings[-1] == "unstable: attempt 2 was the first to succeed. orin: the link was lost."
    third = retried(again, ["orin: offline."])
    assert (third.attempts, third.first_cause) == (3, "orin: the link was lost.")


def test_a_target_folder_without_a_model_is_a_usage_error(small_inventory, tmp_path):
    """Transformers' long complaint becomes one line that names the folder."""
    family = small_inventory.families["tiny-llama"]
    broken = tmp_path / "target"
    shutil.copytree(family.target.transformers, broken)
    (broken / "model.safetensors").write_bytes(b"not safetensors")
    inventory = replace(
        small_inventory,
        families={"tiny-llama": replace(family, target=replace(family.target, transformers=broken))},
    )
    with ProfilingSession(inventory, Store(tmp_path / "cache"), progress=print) as session:
        with pytest.raises(UsageError, match=str(broken)) as problem:
            session.rows("local", "tiny-llama", "xs", "Q8_0", KS)
        assert len(str(problem.value).splitlines()) == 1
