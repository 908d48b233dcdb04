"""Of vLLM, SGLang and llama-server: which meaning a figure has, and what an option must say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from recorded_imports import FOLDER

from configspec.errors import RecordError, UsageError
from configspec.records.importers.imported import Imported
from configspec.records.importers.importer import Importer
from configspec.records.importers.llama_server import LlamaServer
from configspec.records.importers.names import Names
from configspec.records.importers.registry import imported
from configspec.records.importers.sglang import Sglang
from configspec.records.importers.source_text import SourceText
from configspec.records.importers.vllm_metrics import VllmMetrics

NAMES = {"family": "f", "draft": "xs", "quant": "Q8_0"}
V1 = "SpecDecoding metrics: Mean acceptance length: {length}, Accepted: {accepted} tokens, Drafted: {drafted} tokens"
V0 = (
    "Speculative metrics: Draft acceptance rate: 0.5, System efficiency: 0.5, Number of speculative tokens: {k}, "
    "Number of accepted tokens: {accepted}, Number of draft tokens: {drafted}, Number of emitted tokens: {emitted}."
)
DECODE = "[t] Decode batch, #running-req: {n}, #token: 9, accept len: {length}, accept rate: {rate}, cuda graph: True"
REQUEST = "draft acceptance rate = {rate:.5f} ({accepted:5d} accepted / {drafted:5d} generated)"


def text(tool: str, name: str) -> str:
    return (FOLDER / tool / name).read_text(encoding="utf-8")


def read(importer: Importer, content: str, **names: Any) -> Imported:
    return imported(importer, SourceText(Path("server.log"), content), Names(**{**NAMES, **names}))


def rate(found: Imported, k: int) -> float:
    return next(row.rate.value for row in found.acceptance if row.k == k)


def test_vllms_two_meanings_of_the_length_give_one_acceptance():
    """With and without the bonus token; the sum of the positions tells which."""
    with_it, without = (
        read(VllmMetrics(), text("vllm-metrics", f"v1-{name}.log")) for name in ("0.9", "without-bonus")
    )
    assert [row.rate for row in with_it.acceptance] == [row.rate for row in without.acceptance]


def test_vllm_v0_counts_tokens_that_nobody_could_use():
    """Its rate is 0.797; of 5 tokens a round only 2.84 came before the first wrong one."""
    found = read(VllmMetrics(), text("vllm-metrics", "v0-0.6.log"))
    assert 5 * rate(found, 5) == pytest.approx(190541 / 49633 - 1, abs=1e-9)
    assert "0.5.2" in found.acceptance[0].warnings[0]


def test_vllm_v0_counts_from_the_start():
    """So the last line of each run holds, and runs add up."""
    lines = [(30, 30), (60, 60), (15, 20)]
    log = "\n".join(V0.format(k=3, accepted=9, drafted=drafted, emitted=emitted) for drafted, emitted in lines)
    found = read(VllmMetrics(), log)
    assert rate(found, 3) == pytest.approx((60 + 20 - 25) / 75)
    assert found.not_taken[0].count == 1


def test_lines_of_vllm_v1_are_intervals_and_add_up():
    """Weighted by what was drafted, not line by line."""
    log = "\n".join(
        V1.format(length=length, accepted=a, drafted=d) for length, a, d in (("2.00", 10, 20), ("3.00", 200, 200))
    )
    assert rate(read(VllmMetrics(), log, k=2), 2) == pytest.approx(210 / 220)


def test_a_log_without_positions_or_a_length_needs_k():
    """An early vLLM, 0.8, printed neither."""
    log = "SpecDecoding metrics: Draft acceptance rate: 85.1%, Accepted: 372 tokens, Drafted: 437 tokens"
    with pytest.raises(UsageError, match="--k is missing"):
        read(VllmMetrics(), log)
    assert rate(read(VllmMetrics(), log, k=5), 5) == pytest.approx(372 / 437)


def test_a_k_that_the_file_contradicts_is_told():
    """By its positions, or by its length."""
    with pytest.raises(UsageError, match="--k is 4, and the file is of rounds of 3"):
        read(VllmMetrics(), text("vllm-metrics", "v1-0.9.log"), k=4)
    with pytest.raises(RecordError, match="is K another"):
        read(VllmMetrics(), V1.format(length="2.50", accepted=150, drafted=300), k=5)


def test_positions_that_contradict_the_counts_are_told():
    """A line that somebody has edited, with where it is."""
    edited = text("vllm-metrics", "v1-0.9.log").replace("0.543", "0.943")
    with pytest.raises(RecordError, match=r"line 2: by position 1.564 tokens a round"):
        read(VllmMetrics(), edited)


def test_two_models_behind_one_endpoint_are_a_choice():
    """Their counters are never added up."""
    page = text("vllm-metrics", "metrics.prom")
    both = page + page.replace('"m"', '"other"').replace("1660", "100").replace("710", "60").replace(
        "530", "30"
    ).replace("420", "10")
    with pytest.raises(UsageError, match=r"several models.*--where model_name=... \(m, other\)"):
        read(VllmMetrics(), both)
    assert rate(read(VllmMetrics(), both, where={"model_name": "other"}), 3) == pytest.approx(0.1 / 3)


def test_engines_of_one_model_are_added_up():
    """Data parallel ranks have a label each."""
    page = text("vllm-metrics", "metrics.prom")
    both = page + page.replace('engine="0"', 'engine="1"')
    assert [row.rate.value for row in read(VllmMetrics(), both).acceptance] == pytest.approx([0.71, 0.62, 1660 / 3000])


def test_a_page_without_a_counter_is_named():
    """An older vLLM, or a part of the page."""
    page = "\n".join(
        line for line in text("vllm-metrics", "metrics.prom").splitlines() if "num_drafts_total" not in line
    )
    with pytest.raises(RecordError, match="it has no vllm:spec_decode_num_drafts_total"):
        read(VllmMetrics(), page)


@pytest.mark.parametrize(
    ("steps", "length", "shown"), [(3, 2.83, 0.61), (3, 1.96, 0.49), (5, 3.08, 0.41), (1, 1.55, 0.55)]
)
def test_sglangs_rate_tells_whether_k_is_right(steps: int, length: float, shown: float):
    """Figures of real logs; another K is refused, and the fitting one named."""
    log = DECODE.format(n=1, length=length, rate=shown)
    assert rate(read(Sglang(), log, k=steps), steps) == pytest.approx((length - 1) / steps)
    with pytest.raises(RecordError, match=rf"does not go with K=8; it would with K .*{steps}"):
        read(Sglang(), log, k=8)


def test_sglangs_intervals_weigh_by_their_requests():
    """An interval of 30 requests has as many rounds as 30 of one."""
    log = "\n".join(DECODE.format(n=n, length=length, rate="0.50") for n, length in ((1, 2.0), (3, 3.0)))
    assert rate(read(Sglang(), log.replace(", accept rate: 0.50", ""), k=4), 4) == pytest.approx(
        (1 * 0.25 + 3 * 0.5) / 4
    )


def test_sglang_needs_k_or_its_own_arguments():
    """`speculative_num_steps` in the log is K."""
    log = DECODE.format(n=1, length=2.5, rate=0.5)
    with pytest.raises(UsageError, match="--k is missing"):
        read(Sglang(), log)
    assert read(Sglang(), f"--speculative-num-steps 3\n{log}").acceptance[0].k == 3
    with pytest.raises(UsageError, match="speculative_num_steps is 3 in it, and --k 5"):
        read(Sglang(), f"speculative_num_steps=3,\n{log}", k=5)


def test_a_tree_is_no_chain():
    """Top-k above 1 drafts several continuations a step."""
    log = f"speculative_num_steps=3, speculative_eagle_topk=4,\n{DECODE.format(n=1, length=2.5, rate=0.5)}"
    with pytest.raises(RecordError, match="trees"):
        read(Sglang(), log)


@pytest.mark.parametrize("length", ["0.90", "4.60"])
def test_a_length_that_cannot_be_is_told(length: str):
    """SGLang #11572: acceptance above 1."""
    with pytest.raises(RecordError, match=r"cannot be with K=3: it is from 1 to 4"):
        read(Sglang(), DECODE.format(n=1, length=length, rate="0.50"), k=3)


def test_a_gauge_is_of_the_last_interval_alone():
    """So nobody knows how sure it is."""
    (row,) = read(Sglang(), text("sglang", "metrics.prom"), where={"engine_type": "unified"}).acceptance
    assert (row.rate.low, row.rate.high) == (0, 1)
    with pytest.raises(UsageError, match="several values"):
        read(Sglang(), text("sglang", "metrics.prom"))


def test_a_sweep_of_bench_speculative_has_a_row_for_each_k():
    """Several batch sizes of one K are a choice."""
    sweep = text("sglang", "bench-speculative.jsonl")
    assert [row.k for row in read(Sglang(), sweep).acceptance] == [3, 5]
    with pytest.raises(UsageError, match="--where batch_size=1"):
        read(Sglang(), sweep + sweep.replace('"batch_size": 1', '"batch_size": 8'))


def test_llama_servers_rounds_follow_from_the_tokens_of_the_text():
    """3191 tokens, 2091 accepted: 1099 rounds, as its own statistics line says; so K is 3."""
    found = read(LlamaServer(), text("llama-server", "2026-04.log"))
    assert [row.k for row in found.acceptance] == [3]
    assert not found.acceptance[0].warnings


def test_rounds_that_were_cut_short_by_p_min_are_told():
    """With --k 8 a round drafted 3 tokens on average."""
    (row,) = read(LlamaServer(), text("llama-server", "2026-04.log"), k=8).acceptance
    assert 1 + 8 * row.rate.value == pytest.approx(1 + 2091 / 1099)
    assert row.warnings == ("rounds drafted 3 tokens on average, not 8",)


def test_without_rounds_the_rate_is_told_to_be_the_highest_that_can_be():
    """The acceptance line alone, as people quote it."""
    (row,) = read(LlamaServer(), REQUEST.format(rate=171 / 297, accepted=171, drafted=297), k=3).acceptance
    assert row.rate.value == pytest.approx(171 / 297)
    assert "how many rounds" in row.warnings[0]


def test_a_rate_that_its_counts_contradict_is_told():
    """With its line."""
    with pytest.raises(RecordError, match=r"line 1: draft acceptance is 0\.9, and 171 of 297 is another"):
        read(LlamaServer(), REQUEST.format(rate=0.9, accepted=171, drafted=297), k=3)


def test_two_ways_of_drafting_are_told():
    """N-grams and a draft model in one server: acceptance is of both."""
    log = text("llama-server", "2026-04.log")
    both = (
        log
        + "statistics ngram_mod: #calls = 15, #gen drafts = 5, #acc drafts = 5, #gen tokens = 187, #acc tokens = 73\n"
    )
    assert "ngram_mod" in read(LlamaServer(), both).acceptance[0].warnings[0]


def test_timings_are_found_wherever_a_program_has_kept_the_response():
    """Within a list of runs, each with its response."""
    kept = '[{"run": 1, "response": {"timings": {"predicted_n": 41, "draft_n": 30, "draft_n_accepted": 30}}}]'
    assert rate(read(LlamaServer(), kept), 3) == 1.0
