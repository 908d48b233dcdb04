"""Seconds of a round: TPOT times accepted length, at one concurrency, and never an acceptance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from recorded_imports import FOLDER

from configspec.errors import RecordError, UsageError
from configspec.records.importers.imported import Imported
from configspec.records.importers.names import Names
from configspec.records.importers.registry import imported
from configspec.records.importers.source_text import SourceText
from configspec.records.importers.verification import VerificationTimes

RECORDED = FOLDER / "verification"


def text(name: str) -> str:
    return (RECORDED / name).read_text(encoding="utf-8")


def read(content: str, **names: Any) -> Imported:
    return imported(VerificationTimes(), SourceText(Path("bench"), content), Names(**{"family": "f", **names}))


def run(k: int, concurrency: int, tpot_ms: float = 10.0) -> dict[str, object]:
    """A run of vllm bench serve in which two of K tokens were accepted."""
    return {
        "mean_tpot_ms": tpot_ms,
        "mean_itl_ms": 3 * tpot_ms,
        "max_concurrency": concurrency,
        "spec_decode_acceptance_length": 3.0,
        "spec_decode_num_drafts": 100,
        "spec_decode_draft_tokens": 100 * k,
        "spec_decode_accepted_tokens": 200,
    }


def test_a_round_of_vllm_takes_as_long_as_its_chunks_are_apart():
    """12.65 ms a token, 3.204 tokens a round: 40.53 ms, and its mean ITL is 40.50 ms."""
    (time,) = read(text("vllm-bench.txt")).verification
    assert time.seconds == pytest.approx(0.0405, rel=2e-3)
    assert not time.warnings


def test_chunks_that_are_no_rounds_are_told():
    """A server that streams token by token, or requests that waited."""
    (time,) = read(text("vllm-bench.txt").replace("40.50", "12.60")).verification
    assert "chunks are no rounds" in time.warnings[0]


def test_acceptance_is_never_taken():
    """It may be synthetic."""
    found = read(text("vllm-bench.json"))
    assert not found.acceptance
    assert "synthetic" in found.remarks[0]


def test_a_sweep_over_k_and_concurrency_is_read_at_one_concurrency():
    """A verifier is assumed at one; the others are counted."""
    sweep = "\n".join(json.dumps(run(k, c, 10.0 * c)) for k in (3, 5) for c in (1, 8))
    with pytest.raises(UsageError, match="concurrency 1, 8"):
        read(sweep)
    found = read(sweep, concurrency=8)
    assert {one.k: one.seconds for one in found.verification} == {3: pytest.approx(0.24), 5: pytest.approx(0.24)}
    assert found.not_taken[0].count == 2
    with pytest.raises(UsageError, match=r"no run is at --concurrency 4\. There is: 1, 8"):
        read(sweep, concurrency=4)


def test_a_k_that_was_run_twice_is_told():
    """At one concurrency a K has one time."""
    with pytest.raises(UsageError, match="several times"):
        read(json.dumps([run(3, 8), run(3, 8, 12.0)]))


def test_a_run_without_speculation_is_passed_over():
    """It is the target alone, a token a round."""
    alone = {"mean_tpot_ms": 30.0, "max_concurrency": 8}
    found = read(json.dumps([alone, run(3, 8)]))
    assert [(one.count, one.what) for one in found.not_taken] == [(1, "without speculation")]
    with pytest.raises(RecordError, match=r"--acceptance-length and --k"):
        read(json.dumps(alone))


def test_aiperf_that_says_nothing_of_speculation_needs_the_options():
    """What was fixed in the server's options, and its K."""
    older = text("aiperf-0.10.json")
    with pytest.raises(UsageError, match="--k is missing"):
        read(older, acceptance_length=3.12)
    with pytest.raises(RecordError, match="cannot be with K=2"):
        read(older, acceptance_length=3.12, k=2)


def test_options_that_the_file_contradicts_are_told():
    """K, and the accepted length."""
    with pytest.raises(UsageError, match="--k is 5, and the file is of rounds of 3"):
        read(text("vllm-bench.txt"), k=5)
    with pytest.raises(UsageError, match=r"--acceptance-length is 2, and the file says 3\.2"):
        read(text("vllm-bench.txt"), acceptance_length=2.0)


def test_units_of_aiperf_are_read():
    """Seconds are seconds; an unknown unit is no guess."""
    whole = json.loads(text("aiperf-0.14.json"))
    whole["inter_token_latency"] = {"unit": "s", "avg": 0.011}
    whole["inter_chunk_latency"] = {"unit": "us", "avg": 35600}
    (time,) = read(json.dumps(whole)).verification
    assert time.seconds == pytest.approx(0.03575)
    assert not time.warnings
    whole["inter_token_latency"]["unit"] = "ticks"
    with pytest.raises(RecordError, match="the unit of inter_token_latency is 'ticks'"):
        read(json.dumps(whole))


def test_a_block_that_is_cut_is_told():
    """Before its times."""
    cut = text("vllm-bench.txt").partition("Mean TPOT")[0]
    with pytest.raises(RecordError, match="line 1: it has no mean TPOT"):
        read(cut)
