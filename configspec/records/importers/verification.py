"""How long a verifier takes for a round, inside a real server: by K and concurrency.

vLLM can fix acceptance: `--speculative-config '{"num_speculative_tokens": 3, "rejection_sample_method": "synthetic",
"synthetic_acceptance_length": 3.12, ...}'` (vllm #40662). Then a benchmark's time per token *is* the time of a round:

    round_s = TPOT * AL       TPOT: (latency - time to the first token) / (tokens - 1), "inter-token latency" in AIPerf
                              AL: accepted length with the bonus token, as all three print it

It holds for real acceptance too. ITL of vLLM's bench is the time between chunks, which is that of a round where each
chunk is one: it is compared, and a difference is told. The round has the server's own drafting in it, so drafting there
should cost nothing (ngram) or be known; and it is of that server, its GPU, its batch and its contexts.

    vLLM   `vllm bench serve`: text, and JSON of --save-result (one run, a list, or JSON Lines)
    SGLang `bench_serving`: text and JSON Lines
    AIPerf `profile_export_aiperf.json`: {"inter_token_latency": {"unit": "ms", "avg": 25.0}, "input_config": {...}}; of
           speculative decoding (since 0.14) total_spec_decode_steps, total_draft_tokens, total_accepted_draft_tokens

Acceptance of such files is never taken: it may be synthetic.

https://github.com/ai-dynamo/aiperf (docs/metrics-reference.md), https://github.com/vllm-project/vllm/pull/40662
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from configspec.errors import UsageError
from configspec.records.importers.imported import Imported, ImportedVerification, NotTaken
from configspec.records.importers.importer import Option
from configspec.records.importers.names import Names
from configspec.records.importers.source_text import SourceText, as_text, fields_of
from configspec.records.importers.vllm_bench import BenchRun, bench_runs, is_bench
from configspec.theory.serving.assumptions import MOST_VERIFY_S

APART = 0.15  # relative; mean ITL and TPOT * AL differ so far where chunks are no rounds
SECONDS = {"ms": 1e-3, "s": 1.0, "sec": 1.0, "us": 1e-6, "ns": 1e-9}
DRAFTING = "the time of a round has the server's own drafting in it"
REMARK = "the accepted length of this file has the bonus token; its acceptance is not taken, since it may be synthetic"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run; `k` and `length` None where the file does not say."""

    tpot_s: float
    chunk_s: float | None
    concurrency: int | None
    k: int | None
    length: float | None
    speculative: bool


@final
class VerificationTimes:
    """See the module."""

    name = "verification"
    reads = "seconds to verify a round, by K and concurrency, from vllm bench serve, AIPerf or SGLang's bench_serving"
    options = frozenset[Option]({"k", "concurrency", "acceptance-length", "price"})
    example = "verification k3.json k5.json --family llama-3.1-70b --usd-per-million 0.9 -o profile.json"

    def recognises(self, text: str) -> bool:
        """By their heading, or their names for the time of a token."""
        return is_bench(text) or _is_aiperf(text)

    def read(self, source: SourceText, names: Names) -> Imported:
        """The time of a round for each K at one concurrency."""
        aiperf = _is_aiperf(source.text)
        runs = list(_of_aiperf(source) if aiperf else map(_of_bench, bench_runs(source)))
        speculative = [one for one in runs if one.speculative or names.acceptance_length is not None]
        if not speculative:
            raise source.wrong(
                "no run says what was accepted in a round: it did not speculate, or it is of an older version, where "
                "--acceptance-length and --k say it"
            )
        chosen = _at_one_concurrency(source, speculative, names.concurrency)
        times = tuple(_time(source, names, one) for one in chosen)
        if len({one.k for one in times}) < len(times):
            raise UsageError(
                f"{source.path}: a K is in it several times at one concurrency. Give each run a file of its own."
            )
        passed_over = (
            NotTaken(count=len(runs) - len(speculative), what="without speculation"),
            NotTaken(count=len(speculative) - len(chosen), what="at another concurrency"),
        )
        return Imported(
            version="AIPerf" if aiperf else "serving benchmark",
            verification=times,
            not_taken=tuple(one for one in passed_over if one.count),
            remarks=(REMARK, DRAFTING),
        )


def _is_aiperf(text: str) -> bool:
    return re.search(r'"inter_token_latency"\s*:\s*\{', text) is not None


def _of_bench(run: BenchRun) -> _Run:
    counts = run.counts
    return _Run(
        tpot_s=run.tpot_s,
        chunk_s=run.itl_s,
        concurrency=run.concurrency,
        k=None if counts is None else counts.k,
        length=run.length if counts is None else 1 + counts.accepted / counts.rounds,
        speculative=run.length is not None or counts is not None,
    )


def _of_aiperf(source: SourceText) -> Iterator[_Run]:
    for value in source.json_values():
        fields = fields_of(value)
        if fields is None or "inter_token_latency" not in fields:
            raise source.wrong("an entry has no inter_token_latency: it is no profile_export_aiperf.json")
        metrics = fields_of(fields.get("records")) or fields
        totals = {
            name: _metric(source, metrics, name)
            for name in ("total_spec_decode_steps", "total_draft_tokens", "total_accepted_draft_tokens")
        }
        steps, drafted, accepted = totals.values()
        length = _metric(source, metrics, "spec_decode_token_weighted_acceptance_length")
        if steps and accepted is not None:
            length = 1 + accepted / steps
        tpot_s = _metric(source, metrics, "inter_token_latency")
        if not tpot_s:
            raise source.wrong("inter_token_latency has no avg, or it is 0")
        yield _Run(
            tpot_s=tpot_s,
            chunk_s=_metric(source, metrics, "inter_chunk_latency"),
            concurrency=_concurrency(source, fields.get("input_config")),
            k=round(drafted / steps) if steps and drafted else None,
            length=length,
            speculative=length is not None,
        )


def _metric(source: SourceText, fields: Mapping[str, object], name: str) -> float | None:
    """The mean of a metric, a time in seconds; None where there is none."""
    metric = fields_of(fields.get(name))
    if metric is None or metric.get("avg") is None:
        return None
    value = source.number(as_text(metric["avg"]), f"{name}.avg")
    if not name.endswith("latency"):
        return value
    unit = as_text(metric.get("unit", ""))
    if unit not in SECONDS:
        raise source.wrong(f"the unit of {name} is '{unit[:20]}'; known are {', '.join(SECONDS)}")
    return value * SECONDS[unit]


def _concurrency(source: SourceText, value: object, depth: int = 0) -> int | None:
    """The concurrency, wherever the version has put it in its configuration."""
    fields = fields_of(value)
    if fields is None or depth > 4:
        return None
    own = fields.get("concurrency")
    if own is not None and not isinstance(own, dict | list):
        return int(source.number(as_text(own), "concurrency", least=1, most=1e9))
    found = (_concurrency(source, part, depth + 1) for part in fields.values())
    return next((one for one in found if one is not None), None)


def _at_one_concurrency(source: SourceText, runs: Sequence[_Run], asked: int | None) -> list[_Run]:
    told = sorted({one.concurrency for one in runs if one.concurrency is not None})
    if asked is None:
        if len(told) > 1:
            shown = ", ".join(map(str, told[:20]))
            raise UsageError(
                f"{source.path}: it has runs at concurrency {shown}, and a verifier is assumed at one. Choose: "
                "--concurrency N"
            )
        return list(runs)
    chosen = [one for one in runs if one.concurrency in (asked, None)]
    if not chosen:
        raise UsageError(
            f"{source.path}: no run is at --concurrency {asked}. There is: {', '.join(map(str, told[:20]))}."
        )
    return chosen


def _time(source: SourceText, names: Names, run: _Run) -> ImportedVerification:
    k = run.k or names.k
    length = run.length or names.acceptance_length
    if names.k is not None and run.k not in (None, names.k):
        raise UsageError(f"{source.path}: --k is {names.k}, and the file is of rounds of {run.k}.")
    if (
        names.acceptance_length is not None
        and run.length is not None
        and abs(run.length - names.acceptance_length) > 0.05
    ):
        raise UsageError(
            f"{source.path}: --acceptance-length is {names.acceptance_length:g}, and the file says {run.length:.3g}."
        )
    if k is None:
        raise UsageError(f"{source.path}: --k is missing: the file does not say how many tokens a round drafts.")
    assert length is not None  # else it is passed over
    if not 1 <= length <= k + 1 + 1e-9:
        raise source.wrong(f"an accepted length of {length:g} cannot be with K={k}: it is from 1 to {k + 1}")
    seconds = run.tpot_s * length
    if not 0 < seconds <= MOST_VERIFY_S:
        raise source.wrong(f"a round of {seconds:g} s cannot be")
    warnings = []
    if run.chunk_s and abs(run.chunk_s / seconds - 1) > APART:
        warnings.append(
            f"K={k}: chunks came every {run.chunk_s:.4g} s, and a round takes {seconds:.4g} s: chunks are no rounds "
            "there, or requests waited"
        )
    at = "an unknown concurrency" if run.concurrency is None else f"concurrency {run.concurrency}"
    return ImportedVerification(
        family=names.the_family(),
        k=k,
        seconds=seconds,
        concurrency=run.concurrency,
        source=f"{run.tpot_s * 1000:.4g} ms a token x {length:.3f} tokens a round, at {at}",
        warnings=tuple(warnings),
    )
