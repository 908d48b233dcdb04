"""The session on real models: what it measures, what it remembers, and whose fault a failure is."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest
from cells import ONE_THREAD, cell

from configspec.cache import Store
from configspec.devices.faults import DeviceUnhealthy
from configspec.errors import TestbedError, UsageError
from configspec.profiling.session import ProfilingSession, SessionOptions
from configspec.profiling.visit import PREFILLS
from configspec.records.row import SampleRefs
from configspec.records.samples import AcceptanceSamples, TextSamples, TimeSamples, read_samples, samples_folder
from configspec.testbed.device_spec import HealthSpec
from configspec.testbed.family_spec import DraftSpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.prompts import read_prompts
from configspec.testbed.prompts_spec import PromptsSpec
from configspec.testbed.read import read_inventory
from configspec.theory.acceptance.chain import replay

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
KS = (1, 2, 4)
NEW_TOKENS = 48


def test_one_cell_yields_every_k_with_counts_and_samples(session, small_inventory):
    """Drafting time per round, raw samples, and acceptance counted over all prompts."""
    rows = session.rows(cell("xs"), KS)
    assert set(rows) == set(KS)
    for k, row in rows.items():
        it = row.configuration
        assert it.provenance == "measured"
        passes, sweep = row.drafting.passes, small_inventory.sweep
        assert passes is not None
        assert [len(one.round_samples_s) for one in passes] in ([sweep.rounds] * 2, [sweep.rounds] * 3)
        assert it.round_samples_s == tuple(t for one in passes if one.counted for t in one.round_samples_s)
        prefill = row.drafting.prefill
        assert prefill is not None
        assert prefill.tokens == sweep.depth - 1
        assert len(prefill.samples_s) % PREFILLS == 0
        assert it.prompt_tokens_per_s == rows[1].configuration.prompt_tokens_per_s
        assert it.acceptance.drafted == k * it.acceptance.rounds
        assert 0 < it.acceptance.accepted <= it.acceptance.drafted
        assert (it.power_w, bool(it.power_reason)) == (None, True)
        assert row.models.draft_tensor_types == {"F32": 3, "Q8_0": 8}
        assert row.models.draft_tensor_types_reason is None
    assert rows[1].configuration.round_s.value < rows[4].configuration.round_s.value


@pytest.mark.parametrize("family", ["tiny-llama", "tiny-qwen3"])
def test_a_larger_draft_is_accepted_more_often(small_inventory, cache, family):
    """From xs to m, over the repository's whole prompt set, as a mean over quantisations and K."""
    spec = small_inventory.families[family]
    inventory = replace(
        small_inventory, sweep=replace(read_inventory(ROOT / "devices.yaml").sweep, new_tokens=NEW_TOKENS)
    )
    accepted = {}
    with ProfilingSession(inventory, cache, print, ONE_THREAD) as session:
        for draft in ("xs", "s", "m"):
            drafters = [cell(draft, quant).drafter for quant in spec.quants]
            files = [session.workbench.draft_file(spec, drafter) for drafter in drafters]
            traces = [session.workbench.acceptance(spec, file) for file in files]
            accepted[draft] = mean(one.acceptance(k).rate.value for one in traces for k in (1, 2, 4, 8))
    assert accepted["xs"] < accepted["s"] < accepted["m"], accepted


def test_what_the_host_computes_takes_its_share_of_the_threads(small_inventory, tmp_path):
    """Two workers of one run would stop each other: their threads wait in turns. What is declared stands."""
    torch = pytest.importorskip("torch")
    all_of_them = torch.get_num_threads()
    spec = small_inventory.families["tiny-llama"]
    free = replace(spec, target=replace(spec.target, llama_cpp=replace(spec.target.llama_cpp, threads=None)))
    try:
        with ProfilingSession(small_inventory, Store(tmp_path), print, SessionOptions(host_threads=1)) as session:
            session.workbench.target_text(free)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(all_of_them)


def test_the_target_writes_once_whatever_the_number_of_drafts(session, small_inventory, cache):
    """A second session on the same cache neither loads the target nor scores the draft again."""
    session.rows(cell("xs"), KS)
    before = {path: path.stat().st_mtime_ns for path in cache.root.rglob("*.json")}
    said: list[str] = []
    with ProfilingSession(small_inventory, cache, said.append, ONE_THREAD) as second:
        second.rows(cell("xs"), KS)
    assert not [line for line in said if "the target writes" in line]
    assert before == {path: path.stat().st_mtime_ns for path in cache.root.rglob("*.json")}


def flip(path: Path, places: range) -> None:
    """Bits of a file; what a disk does, it does without a word."""
    content = bytearray(path.read_bytes())
    for place in places:
        content[place % len(content)] ^= 1
    path.write_bytes(content)


def test_what_is_damaged_in_the_cache_changes_no_figure(small_inventory, session, cache, tmp_path):
    """Weights, text and scores: built anew, told, and the acceptance is what it was."""
    drafter, ks = cell("xs").drafter, (1, 4, 8)
    before = [session.workbench.prepare("tiny-llama", drafter).trace.acceptance(k) for k in ks]
    shutil.copytree(cache.root, tmp_path / "cache")
    kept = [path for path in Store(tmp_path / "cache").entries() if path.parent.name in ("gguf", "text", "acceptance")]
    for path in kept:
        flip(path, range(path.stat().st_size // 2, path.stat().st_size // 2 + 200))
    with (
        pytest.warns(UserWarning, match="it is not what was built") as told,
        ProfilingSession(small_inventory, Store(tmp_path / "cache"), print, ONE_THREAD) as again,
    ):
        trace = again.workbench.prepare("tiny-llama", drafter).trace
    said = [str(one.message) for one in told if "it is not what was built" in str(one.message)]
    assert all(any(f"/{kind}/" in line for line in said) for kind in ("gguf", "text", "acceptance")), said
    assert [trace.acceptance(k) for k in ks] == before


@pytest.mark.parametrize("content", [b"[]", b'[{"tokens": 3}]'])
def test_texts_and_scores_of_another_form_are_made_anew(small_inventory, session, cache, tmp_path, content):
    """Their hash vouches for them, as if another version had kept them; they are read strictly all the same."""
    drafter = cell("xs").drafter
    before = session.workbench.prepare("tiny-llama", drafter).trace
    shutil.copytree(cache.root, tmp_path / "cache")
    store = Store(tmp_path / "cache")

    def build(out: Path) -> None:
        out.write_bytes(content)

    for path in [path for path in store.entries() if path.parent.name in ("text", "acceptance")]:
        path.unlink()
        store.ensure(path.parent.name, path.stem, ".json", build)
    with (
        pytest.warns(UserWarning, match="it holds is of another form.*built anew"),
        ProfilingSession(small_inventory, store, print, ONE_THREAD) as again,
    ):
        assert again.workbench.prepare("tiny-llama", drafter).trace == before


def test_separate_rounds_of_each_k_are_recorded_as_such(small_inventory, cache):
    """`--separate-k` times every K on its own, and the record says so."""
    with ProfilingSession(small_inventory, cache, print, SessionOptions(host_threads=1, separate_k=True)) as session:
        rows = session.rows(cell("xs"), KS)
    assert {k: row.drafting.timed_k for k, row in rows.items()} == {1: 1, 2: 2, 4: 4}
    assert rows[1].drafting.method == "separate rounds"


def test_a_draft_of_another_vocabulary_is_refused_before_anything_is_measured(small_inventory, cache):
    """A draft of tiny-qwen3 under the target of tiny-llama: the first id that differs, and what would do."""
    llama, qwen3 = (small_inventory.families[name] for name in ("tiny-llama", "tiny-qwen3"))
    mixed = replace(llama, drafts={"xs": replace(qwen3.drafts["xs"])})
    inventory = replace(small_inventory, families={"tiny-llama": mixed})
    with (
        ProfilingSession(inventory, cache, print, ONE_THREAD) as session,
        pytest.raises(UsageError, match="vocabulary"),
    ):
        session.rows(cell("xs"), KS)


@pytest.mark.parametrize(("keep", "word"), [(3000, "bytes"), (0, "empty")])
def test_a_truncated_gguf_is_told_and_the_next_cell_is_measured(small_inventory, cache, session, tmp_path, keep, word):
    """The file is named; what comes after it is not lost."""
    family = small_inventory.families["tiny-llama"]
    whole = session.workbench.draft_file(family, cell("xs").drafter)
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(Path(whole).read_bytes()[:keep])
    drafts = {**family.drafts, "cut": DraftSpec(name="cut", gguf={"Q8_0": cut})}
    inventory = replace(small_inventory, families={"tiny-llama": replace(family, drafts=drafts)})
    with ProfilingSession(inventory, cache, print, ONE_THREAD) as other:
        with pytest.raises(UsageError, match=f"cut.gguf.*{word}"):
            other.rows(cell("cut"), KS)
        assert other.rows(cell("xs"), KS)


def test_a_prompt_longer_than_the_context_is_told(small_inventory, cache, tmp_path):
    """Its file, its id, both lengths."""
    path = tmp_path / "long.jsonl"
    path.write_text('{"id": "endless", "prompt": "' + "def f(): pass; " * 600 + '"}\n', encoding="utf-8")
    inventory = with_prompts(small_inventory, PromptsSpec(path=path))
    with (
        ProfilingSession(inventory, cache, print, ONE_THREAD) as session,
        pytest.raises(UsageError, match=r"long.jsonl: 1 of 1 prompts does not fit: 'endless' \([\d,]+ tokens\)"),
    ):
        session.rows(cell("xs"), KS)


def with_prompts(inventory: Inventory, prompts: PromptsSpec) -> Inventory:
    return replace(inventory, sweep=replace(inventory.sweep, prompts=prompts))


@pytest.mark.parametrize(("longest", "skipped", "shortened"), [("skip", 1, 0), ("truncate", 0, 1)])
def test_prompts_that_do_not_fit_are_left_out_or_shortened_and_counted(
    small_inventory, cache, tmp_path, longest, skipped, shortened
):
    """The rows say how many, of which categories the others are; and the same where the text comes from the cache."""
    path = tmp_path / "some.jsonl"
    lines = [
        {"id": "endless", "category": "long", "turns": ["def f(): pass; " * 600, "And then?"]},
        {"id": "a", "category": "short", "turns": ["import os\n"]},
        {"id": "b", "category": "short", "turns": ["class Tide:\n"]},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    inventory = with_prompts(small_inventory, PromptsSpec(path=path, longest=longest))
    found = []
    for _ in range(2):
        with ProfilingSession(inventory, cache, print, ONE_THREAD) as session:
            found.append(session.rows(cell("xs"), (2,))[2].acceptance)
    asked = found[0].asked
    assert asked is not None
    assert (asked.skipped, asked.shortened, asked.in_file, asked.longest) == (skipped, shortened, 3, longest)
    assert asked.not_taken == (("later turns of conversations", 1),)
    assert asked.categories == ((("long", 1),) if shortened else ()) + (("short", 2),)
    assert len(found[0].by_prompt) == asked.prompts == found[0].prompts
    assert (found[1].asked, found[1].by_prompt) == (asked, found[0].by_prompt)
    assert found[0].prompts_sha256 != read_prompts(path).sha256


def test_a_device_that_is_lost_twice_gets_no_more_work_and_repeats_its_first_cause(small_inventory, tmp_path, cache):
    """An agent that hears one request and no more stands for a dead board; nothing of it counts against a draft."""
    dying = tmp_path / "python"
    dying.write_text(f'#!/bin/sh\nhead -n 1 | {sys.executable} "$@"\n')
    dying.chmod(0o755)
    board = replace(small_inventory.devices["local"], name="board", python=(str(dying),))
    inventory = replace(small_inventory, devices={"board": board})
    with ProfilingSession(inventory, cache, print, ONE_THREAD) as session:
        causes = []
        for draft in ("xs", "s", "m"):
            with pytest.raises(TestbedError) as cause:
                session.rows(cell(draft, device="board"), KS)
            causes.append(str(cause.value))
    assert causes[0].startswith("board: ")
    assert causes[2] == causes[0].replace("board: ", "board: quarantined: ", 1)


def test_a_device_that_refuses_one_request_is_not_lost(session, small_inventory):
    """Its agent answered: a deadline, or memory that does not suffice, is that cell's error alone."""
    spec = small_inventory.devices["local"]
    device = session.workbench.device(spec)
    model = session.workbench.draft_file(small_inventory.families["tiny-llama"], cell("xs").drafter)
    with pytest.raises(TestbedError, match="deadline"):
        device.open_model(model, deadline_s=1e-9)
    assert session.workbench.device(spec) is device
    assert session.rows(cell("s"), KS)


def test_a_draft_that_a_board_lacks_is_told_before_the_host_works(small_inventory, tmp_path):
    """With a large target that is an hour earlier: nothing is written or scored for it."""
    board = replace(small_inventory.devices["local"], name="board", models=str(tmp_path / "models"))
    inventory, told = replace(small_inventory, devices={"board": board}), list[str]()
    with ProfilingSession(inventory, Store(tmp_path / "cache"), told.append, ONE_THREAD) as session:
        with pytest.raises(UsageError, match="the draft's file is missing"):
            session.rows(cell("xs", device="board"), KS)
        assert not any("the target writes" in line for line in told)
        session.workbench.target_text(inventory.families["tiny-llama"])
    assert any("the target writes" in line for line in told)


def test_a_gpu_that_the_build_lacks_is_told_before_the_host_works(small_inventory, tmp_path):
    """The target writes nothing, and no draft is built: the cache stays as it was."""
    local = small_inventory.devices["local"]
    with_gpu = replace(local, llama_cpp=replace(local.llama_cpp, gpu_layers=-1))
    inventory = replace(small_inventory, devices={"local": with_gpu})
    with ProfilingSession(inventory, Store(tmp_path), lambda text: None, ONE_THREAD) as session:
        if session.workbench.device(with_gpu).describe().gpu_offload:
            pytest.skip("this llama.cpp has a GPU")
        with pytest.raises(UsageError, match=r"^local: llama_cpp\.gpu_layers is all, and its llama\.cpp"):
            session.rows(cell("xs"), KS)
    assert {path.name.split("-")[0] for path in tmp_path.iterdir()} <= {"agent", "locks"}


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
    with ProfilingSession(inventory, Store(tmp_path / "cache"), print, ONE_THREAD) as session:
        with pytest.raises(UsageError, match=str(broken)) as problem:
            session.rows(cell("xs"), KS)
        assert len(str(problem.value).splitlines()) == 1


def test_side_files_hold_what_the_rows_were_counted_and_timed_from(small_inventory, cache, tmp_path):
    """The counts of every K follow from the matches by position, and the times of every K from those of the largest."""
    with ProfilingSession(
        small_inventory, cache, print, SessionOptions(host_threads=1, samples=samples_folder(tmp_path / "r.json"))
    ) as session:
        rows = session.rows(cell("s"), KS)
    refs = rows[1].samples
    assert refs.acceptance is not None
    assert refs.text is not None
    assert refs.times is not None
    accepted = read_samples(tmp_path / "r.json", refs.acceptance, AcceptanceSamples)
    text = read_samples(tmp_path / "r.json", refs.text, TextSamples)
    times = read_samples(tmp_path / "r.json", refs.times, TimeSamples)
    assert accepted.text == refs.text
    assert [len(one.matches) for one in accepted.prompts] == [one.tokens for one in text.prompts]
    (rounds,) = times.rounds
    for k, row in rows.items():
        counted = [replay(prompt.matches, k) for prompt in accepted.prompts]
        assert row.acceptance.by_prompt == tuple((one.rounds, one.accepted) for one in counted)
        assert row.drafting.round_samples_s == pytest.approx([sum(one[:k]) for one in rounds.token_s])


def test_a_folder_that_cannot_be_written_loses_no_figures(small_inventory, cache, tmp_path):
    """A full disk, or a file in the way: the rows are measured once, refer to no side files, and it is reported."""
    told: list[str] = []
    (tmp_path / "in-the-way").write_text("")
    options = SessionOptions(host_threads=1, samples=tmp_path / "in-the-way" / "samples")
    with ProfilingSession(small_inventory, cache, told.append, options) as session:
        rows = session.rows(cell("s"), KS)
        assert session.rows(cell("s"), KS) is rows
    assert {row.samples for row in rows.values()} == {SampleRefs()}
    assert [line for line in told if "side files cannot be written: Not a directory" in line]


def test_private_texts_keep_their_token_ids_out(small_inventory, cache, tmp_path):
    """Lengths and gaps stay: acceptance is replayed all the same."""
    inventory = replace(small_inventory, sweep=replace(small_inventory.sweep, texts="private"))
    with ProfilingSession(
        inventory, cache, print, SessionOptions(host_threads=1, samples=samples_folder(tmp_path / "r.json"))
    ) as session:
        refs = session.rows(cell("s"), KS)[1].samples
    assert refs.text is not None
    text = read_samples(tmp_path / "r.json", refs.text, TextSamples)
    assert {(one.prompt_ids, one.ids) for one in text.prompts} == {(None, None)}
    assert all(one.tokens > 0 for one in text.prompts)


def test_a_board_that_changes_between_cells_is_that_cells_error(small_inventory, cache):
    """The cells before and after it have rows, each with the health of its own beginning; its other K are not tried."""
    with ProfilingSession(small_inventory, cache, print, ONE_THREAD) as session:
        before = session.rows(cell("xs"), KS)
        board = session.workbench.device(small_inventory.devices["local"])
        board.spec = replace(board.spec, health=HealthSpec(power_mode="15W"))
        for ks in (KS, KS):
            with pytest.raises(DeviceUnhealthy, match=r"^local: unhealthy: its power mode is not known"):
                session.rows(cell("s"), ks)
        board.spec = small_inventory.devices["local"]
        with pytest.raises(DeviceUnhealthy):  # of what has failed, the answer is remembered
            session.rows(cell("s"), KS)
        after = session.rows(cell("xs", "Q4_K_M"), KS)
    healths = [rows[1].environment.health for rows in (before, after)]
    assert None not in healths
    assert healths[0] != healths[1]
