"""vLLM: acceptance, as its log, `/metrics` and `vllm bench serve` print it.

    V1 log         "SpecDecoding metrics: Mean acceptance length: 3.07, Accepted throughput: 1.05 tokens/s, Drafted
                   throughput: 1.51 tokens/s, Accepted: 141 tokens, Drafted: 204 tokens, Per-position acceptance rate:
                   0.897, 0.676, 0.500, Avg Draft acceptance rate: 69.1%": an interval a line, so lines add up.
                   Of 0.9: "Draft acceptance rate: 38.8%, Mean acceptance length: 2.16, Accepted: 150 tokens, ...".
                   Of 0.8 (April 2025): neither length nor positions.
    V0 log         "Speculative metrics: Draft acceptance rate: 0.797, System efficiency: 0.640, Number of speculative
                   tokens: 5, Number of accepted tokens: 197711, Number of draft tokens: 248165, Number of emitted
                   tokens: 190541.": counted from the start, so the last line holds
    /metrics       vllm:spec_decode_num_drafts, _draft_tokens, _accepted_tokens, _accepted_tokens_per_pos{position}
    bench serve    the block "Speculative Decoding" of its text, `spec_decode_*` of its JSON: `vllm_bench.py`

The length has the bonus token; for a few weeks of April and May 2025 it had not. Where positions are printed, their sum
tells which, and they are what counts. V0 counts as accepted every draft token that agrees, those after the first wrong
one too: its rate is not ours. Its emitted tokens are: accepted = emitted - rounds. Before 0.5.2, V0 emitted no bonus
token with a draft model; nothing in its log says so.

https://github.com/vllm-project/vllm/blob/main/vllm/v1/spec_decode/metrics.py
https://github.com/vllm-project/vllm/blob/v0.8.5/vllm/spec_decode/metrics.py (V0)
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import final

from configspec.errors import UsageError
from configspec.records.importers.acceptance import Counts, acceptance_rows, check_counts, check_positions, summed
from configspec.records.importers.imported import Imported, NotTaken
from configspec.records.importers.importer import Option
from configspec.records.importers.names import Names
from configspec.records.importers.prometheus import known_k, spec_decode_counts
from configspec.records.importers.source_text import SourceText
from configspec.records.importers.vllm_bench import bench_runs, is_bench
from configspec.records.importers.vllm_v0 import V0, V0_NOTE, v0_counts

V1 = "SpecDecoding metrics:"
PROMETHEUS = "vllm:spec_decode_"
LENGTH = 0.02  # two printed lengths that are no further apart are one
_FIELDS = {
    "length": re.compile(r"Mean acceptance length: ([^,\s]+)"),
    "accepted": re.compile(r"\bAccepted: ([^,\s]+) tokens"),
    "drafted": re.compile(r"\bDrafted: ([^,\s]+) tokens"),
    "positions": re.compile(r"Per-position acceptance rate: ([-+\d.naif]+(?:, [-+\d.naif]+)*)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of V1. `length` without positions may have the bonus token or not."""

    number: int
    accepted: float
    drafted: float
    length: float | None
    positions: tuple[float, ...]


@final
class VllmMetrics:
    """See the module."""

    name = "vllm-metrics"
    reads = "acceptance by position, from its log (V1, V0), /metrics or the results of vllm bench serve"
    options = frozenset[Option]({"draft", "k", "where"})
    example = "vllm-metrics server.log --family llama-3.1-70b --draft 1b-inst --quant BF16 -o profile.json"

    def recognises(self, text: str) -> bool:
        """By the words that stand before its figures."""
        drafted = "spec_decode_num_drafts" in text or "Draft tokens:" in text
        return V1 in text or V0 in text or PROMETHEUS in text or (drafted and is_bench(text))

    def read(self, source: SourceText, names: Names) -> Imported:
        """A row for K, and one for each smaller K where positions are printed."""
        forms = [form for form in (V1, V0, PROMETHEUS) if form in source.text]
        if len(forms) > 1:
            raise source.wrong(f"it has figures in several forms ({', '.join(forms)}); give each a file of its own")
        if names.where and forms != [PROMETHEUS]:
            raise UsageError(f"{source.path}: --where chooses among the labels of /metrics, and this is no such page.")
        if forms == [V1]:
            return _of_v1(source, names)
        if forms == [V0]:
            return _of_v0(source, names)
        return _of_prometheus(source, names) if forms else _of_bench(source, names)


def _of_prometheus(source: SourceText, names: Names) -> Imported:
    counts = spec_decode_counts(source, "vllm", names.where, names.k)
    remark = "counted since the server was started, whatever it served"
    return _imported(source, names, counts, version="vLLM, /metrics", remark=remark)


def _of_bench(source: SourceText, names: Names) -> Imported:
    runs = [run for run in bench_runs(source) if run.counts is not None]
    if len(runs) != 1:
        raise source.wrong(f"it has {len(runs)} results with speculative decoding; acceptance is taken of one")
    (counts,) = (run.counts for run in runs if run.counts is not None)
    k = known_k(source, names.k, counts.k if counts.by_position else 0, counts.drafted / counts.rounds)
    whole = Counts(
        k=k, rounds=counts.rounds, drafted=counts.drafted, accepted=counts.accepted, by_position=counts.by_position
    )
    remark = "of synthetic acceptance (rejection_sample_method) these figures say nothing of any model"
    return _imported(source, names, whole, version="vllm bench serve", remark=remark)


def _of_v1(source: SourceText, names: Names) -> Imported:
    lines = [_line(source, number, text) for number, text in source.lines() if V1 in text]
    drafting = [line for line in lines if line.drafted]
    if not drafting:
        raise source.wrong(f"its {len(lines)} lines of speculative decoding all say that nothing was drafted")
    widths = {len(line.positions) for line in drafting}
    if len(widths) > 1:
        shown = ", ".join(map(str, sorted(widths)))
        raise source.wrong(f"its lines are of rounds of several K ({shown}): give each K a file of its own")
    (positions,) = widths
    if not positions and names.k is None and any(line.length is None for line in drafting):
        raise UsageError(f"{source.path}: --k is missing: this vLLM printed neither positions nor a length.")
    counts = [_counts(source, line, names.k) for line in drafting]
    if len({one.k for one in counts}) > 1:
        raise UsageError(
            f"{source.path}: --k is missing: this vLLM printed no positions, and its lines are of several K."
        )
    meanings = {_bonus(source, line, one) for line, one in zip(drafting, counts, strict=True)} - {None}
    words = {True: "with the bonus token", False: "without the bonus token: one is added"}
    idle = NotTaken(count=len(lines) - len(drafting), what="of intervals in which nothing was drafted")
    remark = (
        f"the mean acceptance length of this file is {' or '.join(words[one] for one in meanings if one is not None)}"
    )
    return _imported(
        source, names, summed(counts), version="vLLM V1 log", remark=remark if meanings else "", not_taken=idle
    )


def _line(source: SourceText, number: int, text: str) -> _Line:
    found = {name: pattern.search(text) for name, pattern in _FIELDS.items()}
    accepted, drafted = (
        source.number(_needed(source, found[name], name, number), name, number) for name in ("accepted", "drafted")
    )
    length, positions = found["length"], found["positions"]
    if not drafted:
        return _Line(number=number, accepted=accepted, drafted=0.0, length=None, positions=())
    shares = positions[1].split(",") if positions is not None else []
    return _Line(
        number=number,
        accepted=accepted,
        drafted=drafted,
        length=None if length is None else source.number(length[1], "Mean acceptance length", number),
        positions=tuple(source.number(one, "Per-position acceptance rate", number, most=1) for one in shares),
    )


def _needed(source: SourceText, found: re.Match[str] | None, name: str, number: int) -> str:
    if found is None:
        raise source.wrong(f"the line has no '{name.title()}: ... tokens': another version, or it is cut", number)
    return found[1]


def _counts(source: SourceText, line: _Line, said_k: int | None) -> Counts:
    """The counts of a line. The rounds are worked back: from K where all are full, else from the positions."""
    k, told = len(line.positions) or said_k, math.fsum(line.positions)
    if line.positions and said_k not in (None, len(line.positions)):
        raise UsageError(f"{source.path}: --k is {said_k}, and the file is of rounds of {len(line.positions)}.")
    check_positions(source, line.positions, line.number)
    if k is None:
        assert line.length is not None  # told before
        rounds = line.accepted / (line.length - 1) if line.length > 1 else line.drafted
        k = known_k(source, None, 0, round(line.drafted / rounds, 1))
        rounds = line.drafted / k
    else:
        rounds = line.drafted / k
        worked_back = line.accepted / told if told else rounds
        rounds = worked_back if worked_back > rounds * 1.02 else rounds
    counts = Counts(k=k, rounds=rounds, drafted=line.drafted, accepted=line.accepted, by_position=line.positions)
    check_counts(source, counts, line.number)
    return counts


def _bonus(source: SourceText, line: _Line, counts: Counts) -> bool | None:
    """Whether the printed length has the bonus token; None where none is printed. Without it, positions are printed."""
    if line.length is None:
        return None
    mean = counts.accepted / counts.rounds
    for has_it, expected in ((True, 1 + mean), (False, mean))[: 2 if line.positions else 1]:
        if abs(line.length - expected) <= max(LENGTH, 0.02 * expected):
            return has_it
    raise source.wrong(
        f"a mean length of {line.length:g} does not go with {mean:.3g} accepted tokens a round: is K another?",
        line.number,
    )


def _of_v0(source: SourceText, names: Names) -> Imported:
    counts, earlier = v0_counts(source, names.k)
    remark = "vLLM V0 counts tokens after the first wrong one as accepted: taken is emitted tokens - rounds instead"
    return _imported(
        source, names, counts, version="vLLM V0 log", remark=remark, not_taken=earlier, warnings=(V0_NOTE,)
    )


def _imported(
    source: SourceText,
    names: Names,
    counts: Counts,
    *,
    version: str,
    remark: str,
    not_taken: NotTaken | None = None,
    warnings: tuple[str, ...] = (),
) -> Imported:
    told = f"{version}: {counts.accepted:,.0f} accepted of {counts.drafted:,.0f} drafted"
    return Imported(
        version=version,
        acceptance=acceptance_rows(source, counts, names.the_family(), names.the_drafter(), told, warnings),
        not_taken=(not_taken,) if not_taken is not None and not_taken.count else (),
        remarks=(remark,) if remark else (),
    )
