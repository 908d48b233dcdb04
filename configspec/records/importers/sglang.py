"""SGLang: acceptance, as its log, `/metrics`, `bench_serving` and `bench_speculative.py` print it.

    log            "Decode batch, #running-req: 1, ..., accept len: 2.83, accept rate: 0.61, cuda graph: True, gen
                   throughput (token/s): 93.65, #queue-req: 0": a mean over an interval. "accept rate" since 2025
    /metrics       sglang:spec_accept_length, sglang:spec_num_steps: gauges, of the last interval alone
    bench_serving  "Accept length: 2.96", or `accept_length` of JSON Lines
    bench_speculative.py   JSON Lines: {"batch_size": 1, "steps": 3, "topk": 1, "num_draft_tokens": 4,
                   "acc_length": 2.6, "step_time": 0.01, "speed": 260.0, "completion_tokens": 4096}

Its accept length is AL, with the bonus token: rate = (length - 1) / K, K being `speculative_num_steps`. Its accept
*rate* has meant two things: length / draft tokens, the bonus token counted above and below (2025, draft tokens are
K + 1), and (length - 1) / K (since 2026; SGLang #11572 was about rates above 1). So the length is taken, and the rate
only tells whether K is right. With `speculative_eagle_topk` above 1 it drafts trees, which are no rounds of K.

https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/managers/scheduler_metrics_mixin.py
https://github.com/sgl-project/sglang/blob/main/scripts/playground/bench_speculative.py
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from configspec.errors import UsageError
from configspec.records.importers.acceptance import Counts, acceptance_rows, rate_of_length, unsure
from configspec.records.importers.imported import CONFIDENCE, Imported, ImportedAcceptance, NotTaken
from configspec.records.importers.importer import Option
from configspec.records.importers.names import Names
from configspec.records.importers.prometheus import chosen, samples
from configspec.records.importers.source_text import SourceText, as_text, fields_of
from configspec.records.importers.vllm_bench import BenchRun, bench_runs, is_bench
from configspec.theory.figures import Estimate
from configspec.theory.student import two_sided

GAUGE = "sglang:spec_accept_length"
NEAR = 0.04  # two digits of rate and length each, and batches that change within an interval
WITH_BONUS = "'accept rate' of this file counts the bonus token; taken is the accept length"
WITHOUT_BONUS = "'accept rate' of this file is without the bonus token, as the rate here; taken is the accept length"
GAUGE_NOTE = "SGLang shows the last interval alone: how sure it is, nobody knows"
ONE_FIGURE = "one mean without counts: how sure it is, nobody knows"
_ACCEPTED = re.compile(r"\baccept len: (?P<length>[^,\s]+)(?:, accept rate: (?P<rate>[^,\s]+))?")
_RUNNING = re.compile(r"#running-req: (\d{1,9})\b")
_STEPS = re.compile(r"speculative[_-]num[_-]steps[=\s]+(\d{1,4})\b")
_TOPK = re.compile(r"speculative[_-]eagle[_-]topk[=\s]+(\d{1,4})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interval:
    length: float
    rate: float | None
    weight: float


@final
class Sglang:
    """See the module."""

    name = "sglang"
    reads = "acceptance, from its log, /metrics, bench_serving or bench_speculative.py"
    options = frozenset[Option]({"draft", "k", "where"})
    example = "sglang server.log --family llama-3.1-70b --draft 1b-inst --quant BF16 --k 3 -o profile.json"

    def recognises(self, text: str) -> bool:
        """By its words for the accept length."""
        if "Decode batch" in text and "accept len: " in text:
            return True
        return (
            GAUGE in text
            or '"acc_length"' in text
            or (is_bench(text) and re.search("accept_length|Accept length", text) is not None)
        )

    def read(self, source: SourceText, names: Names) -> Imported:
        """A row for K; of bench_speculative.py, one for each K."""
        if '"acc_length"' in source.text:
            return _of_bench_speculative(source, names)
        if names.where and GAUGE not in source.text:
            raise UsageError(f"{source.path}: --where chooses among the labels of /metrics, and this is no such page.")
        if GAUGE in source.text:
            return _of_prometheus(source, names)
        return _of_bench_serving(source, names) if is_bench(source.text) else _of_log(source, names)


def _of_log(source: SourceText, names: Names) -> Imported:
    found = [(number, _ACCEPTED.search(text), text) for number, text in source.lines() if "Decode batch" in text]
    intervals = [_interval(source, number, match, text) for number, match, text in found if match is not None]
    drafting = [one for one in intervals if one.length > 0]
    if not drafting:
        raise source.wrong("its lines of decoding have no accept length above 0: it did not speculate")
    k = _k(source, names)
    for one in drafting:
        _check_length(source, one.length, k)
    remark = _meaning(source, drafting, k)
    idle = NotTaken(count=len(found) - len(drafting), what="of decoding without an accept length")
    warnings = () if len(drafting) > 1 else (ONE_FIGURE,)
    told = f"SGLang log: accept len over {len(drafting)} intervals"
    row = _row(names, k, _of_intervals(drafting, k), told, warnings)
    return Imported(version="SGLang log", acceptance=(row,), not_taken=(idle,) if idle.count else (), remarks=remark)


def _interval(source: SourceText, number: int, found: re.Match[str], text: str) -> _Interval:
    running = _RUNNING.search(text)
    rate = found["rate"]
    return _Interval(
        length=source.number(found["length"], "accept len", number),
        rate=None if rate is None else source.number(rate, "accept rate", number, most=10),
        weight=max(float(running[1]), 1.0) if running is not None else 1.0,
    )


def _of_intervals(each: Sequence[_Interval], k: int) -> Estimate:
    """The mean over intervals, each as long as it had requests; Student's interval over them."""
    total = math.fsum(one.weight for one in each)
    value = math.fsum(one.weight * rate_of_length(one.length, k) for one in each) / total
    if len(each) < 2:
        return unsure(value)
    squares = math.fsum((one.weight * (rate_of_length(one.length, k) - value)) ** 2 for one in each)
    n = len(each)
    half = two_sided(CONFIDENCE, n - 1) * math.sqrt(squares * n / (n - 1)) / total
    return Estimate(value=value, low=max(value - half, 0.0), high=min(value + half, 1.0), confidence=CONFIDENCE, n=n)


def _meaning(source: SourceText, each: Sequence[_Interval], k: int) -> tuple[str, ...]:
    """Which of its meanings the rate has; RecordError where neither goes with K."""
    rated = [(one.length, one.rate) for one in each if one.rate is not None]
    if not rated:
        return ()
    ours, theirs = (
        math.fsum(abs(rate - meant(length)) for length, rate in rated) / len(rated)
        for meant in (lambda length: rate_of_length(length, k), lambda length: length / (k + 1))
    )
    if min(ours, theirs) > NEAR:
        length, rate = rated[-1]
        fits = [
            str(other)
            for other in range(1, 33)
            if min(abs(rate - (length - 1) / other), abs(rate - length / (other + 1))) < 0.01
        ]
        raise source.wrong(
            f"an accept len of {length:g} with an accept rate of {rate:g} does not go with K={k}; it would with K "
            f"{' or '.join(fits) or 'of a tree'}"
        )
    return (WITHOUT_BONUS,) if ours <= theirs else (WITH_BONUS,)


def _of_prometheus(source: SourceText, names: Names) -> Imported:
    found = chosen(source, samples(source, "sglang:spec_"), names.where)
    lengths = [one.value for one in found.get("accept_length", ()) if one.value > 0]
    if not lengths:
        raise source.wrong(f"{GAUGE} is 0 or missing: nothing was drafted")
    if max(lengths) > min(lengths) * 1.001:
        raise UsageError(
            f"{source.path}: {GAUGE} has several values. Choose one by its labels: --where engine_type=..."
        )
    steps = {int(one.value) for one in found.get("num_steps", ())}
    k = _k(source, names, min(steps) if len(steps) == 1 else None)
    _check_length(source, lengths[0], k)
    row = _row(
        names, k, unsure(rate_of_length(lengths[0], k)), f"SGLang /metrics: accept length {lengths[0]:g}", (GAUGE_NOTE,)
    )
    return Imported(version="SGLang, /metrics", acceptance=(row,))


def _of_bench_serving(source: SourceText, names: Names) -> Imported:
    runs = [run for run in bench_runs(source) if run.length is not None]
    if len(runs) != 1:
        raise source.wrong(f"it has {len(runs)} results with an accept length; acceptance is taken of one")
    k = _k(source, names)
    return Imported(version="SGLang bench_serving", acceptance=_rows_of_length(source, names, k, runs[0]))


def _rows_of_length(source: SourceText, names: Names, k: int, run: BenchRun) -> tuple[ImportedAcceptance, ...]:
    length = run.length or 0.0
    _check_length(source, length, k, run.line)
    told = f"SGLang bench_serving: accept length {length:g}"
    if not run.tokens:
        return (_row(names, k, unsure(rate_of_length(length, k)), told, (ONE_FIGURE,)),)
    rounds = run.tokens / length
    counts = Counts(k=k, rounds=rounds, drafted=k * rounds, accepted=(length - 1) * rounds)
    return acceptance_rows(source, counts, names.the_family(), names.the_drafter(), told)


def _of_bench_speculative(source: SourceText, names: Names) -> Imported:
    records = [fields for fields in map(fields_of, source.json_values()) if fields is not None]
    records = [
        one for one in records if all(as_text(one.get(column)) == value for column, value in names.where.items())
    ]
    if not records:
        raise UsageError(f"{source.path}: no record is left that --where takes.")
    speculative = [one for one in records if _whole(source, one, "steps") > 0]
    chains = [
        one
        for one in speculative
        if _whole(source, one, "topk") == 1 and names.k in (None, _whole(source, one, "steps"))
    ]
    rows: list[ImportedAcceptance] = []
    seen: set[int] = set()
    for one in chains:
        k = _whole(source, one, "steps")
        if k in seen:
            raise UsageError(f"{source.path}: K={k} is in it several times. Choose, as with --where batch_size=1")
        seen.add(k)
        rows += _of_record(source, names, k, one)
    if not rows:
        raise source.wrong("no record is of a chain: steps above 0 and topk 1")
    passed_over = (
        NotTaken(count=len(records) - len(speculative), what="without speculation"),
        NotTaken(count=len(speculative) - len(chains), what="of trees (topk above 1), or of another K than --k"),
    )
    return Imported(
        version="SGLang bench_speculative.py",
        acceptance=tuple(rows),
        not_taken=tuple(one for one in passed_over if one.count),
    )


def _of_record(
    source: SourceText, names: Names, k: int, record: Mapping[str, object]
) -> tuple[ImportedAcceptance, ...]:
    length = source.number(as_text(record.get("acc_length")), "acc_length")
    tokens = source.number(as_text(record.get("completion_tokens")), "completion_tokens", least=1)
    _check_length(source, length, k)
    rounds = tokens / length
    counts = Counts(k=k, rounds=rounds, drafted=k * rounds, accepted=(length - 1) * rounds)
    told = f"SGLang bench_speculative.py: acc_length {length:.4g}, batch size {as_text(record.get('batch_size')):.20}"
    return acceptance_rows(source, counts, names.the_family(), names.the_drafter(), told)


def _whole(source: SourceText, record: Mapping[str, object], name: str) -> int:
    if name not in record:
        raise source.wrong(f"a record has no {name}: another version of bench_speculative.py")
    return int(source.number(as_text(record[name] or 0), name, most=4096))


def _k(source: SourceText, names: Names, found: int | None = None) -> int:
    """K: what the file says of its server, or the person."""
    said = {int(one) for one in _STEPS.findall(source.text)} | ({found} if found else set())
    if any(int(one) > 1 for one in _TOPK.findall(source.text)):
        raise source.wrong("speculative_eagle_topk is above 1: it drafted trees, and a profile has rounds of K tokens")
    if len(said) > 1 or (names.k is not None and said - {names.k}):
        raise UsageError(
            f"{source.path}: speculative_num_steps is {' and '.join(map(str, sorted(said)))} in it"
            + (f", and --k {names.k}." if names.k is not None else ": give each K a file of its own.")
        )
    if names.k is None and not said:
        raise UsageError(f"{source.path}: --k is missing: the file does not tell speculative_num_steps.")
    return names.k or min(said)


def _check_length(source: SourceText, length: float, k: int, line: int | None = None) -> None:
    if not 1 <= length <= k + 1 + 1e-9:
        raise source.wrong(f"an accept length of {length:g} cannot be with K={k}: it is from 1 to {k + 1}", line)


def _row(names: Names, k: int, rate: Estimate, told: str, warnings: tuple[str, ...]) -> ImportedAcceptance:
    return ImportedAcceptance(
        family=names.the_family(), drafter=names.the_drafter(), k=k, rate=rate, source=told, warnings=warnings
    )
