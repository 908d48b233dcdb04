"""Results of `vllm bench serve` and SGLang's `bench_serving`, which prints nearly the same.

Text: "Mean TPOT (ms): 12.65", one block a run, which begins with "Serving Benchmark Result". JSON (`--save-result`, and
JSON Lines of SGLang's `--output-file`): `mean_tpot_ms`, `mean_itl_ms`, `max_concurrency`, and of speculative decoding
`spec_decode_num_drafts`, `_draft_tokens`, `_accepted_tokens`, `_acceptance_length`, `_per_position_acceptance_rates`
(vLLM, since December 2025), or `accept_length` (SGLang).

    TPOT   (latency - time to the first token) / (tokens - 1), of a request
    ITL    time between two chunks of a stream; with speculative decoding a chunk is what a round yields

Both lengths have the bonus token. By position vLLM prints per cent, and shares of 1 in JSON.

https://github.com/vllm-project/vllm/blob/main/vllm/benchmarks/serve.py
https://github.com/sgl-project/sglang/blob/main/python/sglang/bench_serving.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from configspec.records.importers.acceptance import Counts, check_counts
from configspec.records.importers.source_text import SourceText, as_text, fields_of

HEADING = "Serving Benchmark Result"
MOST_MS = 1e9
_ENTRY = re.compile(r"^\s*(?P<name>[A-Z][^:\n]*?):\s+(?P<value>\S+)\s*$")
_POSITION = re.compile(r"Position (\d+)$")
TEXT_KEYS = {
    "Mean TPOT (ms)": "mean_tpot_ms",
    "Mean ITL (ms)": "mean_itl_ms",
    "Maximum request concurrency": "max_concurrency",
    "Max request concurrency": "max_concurrency",
    "Acceptance length": "spec_decode_acceptance_length",
    "Accept length": "accept_length",
    "Drafts": "spec_decode_num_drafts",
    "Draft tokens": "spec_decode_draft_tokens",
    "Accepted tokens": "spec_decode_accepted_tokens",
    "Total generated tokens": "total_output_tokens",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRun:
    """One run. `length` has the bonus token; `counts` only where the tool prints them."""

    line: int | None
    tpot_s: float
    itl_s: float | None
    concurrency: int | None
    length: float | None
    tokens: float | None
    counts: Counts | None


def is_bench(text: str) -> bool:
    """Whether it looks like one."""
    return HEADING in text or re.search(r'"mean_tpot_ms"\s*:', text) is not None


def bench_runs(source: SourceText) -> list[BenchRun]:
    """The runs of a file.

    Raises:
        RecordError: A figure that all have is missing, or cannot be.
    """
    if HEADING not in source.text:
        values = [fields_of(value) for value in source.json_values()]
        return [
            _run(source, {name: as_text(one) for name, one in fields.items()}, _shares(source, fields), None)
            for fields in values
            if fields is not None
        ]
    return [_run(source, fields, shares, line) for line, fields, shares in _blocks(source)]


def _blocks(source: SourceText) -> list[tuple[int, dict[str, str], tuple[float, ...]]]:
    blocks: list[tuple[int, dict[str, str], dict[int, float]]] = []
    for number, text in source.lines():
        if HEADING in text:
            blocks.append((number, {}, {}))
        found = _ENTRY.match(text) if blocks else None
        if found is None:
            continue
        _, fields, shares = blocks[-1]
        position = _POSITION.match(found["name"])
        if position is not None:
            percent = source.number(found["value"], "an acceptance by position", number, most=100)
            shares[int(position[1])] = percent / 100
        elif found["name"] in TEXT_KEYS:
            fields.setdefault(TEXT_KEYS[found["name"]], found["value"])
    return [(line, fields, _in_order(source, shares, line)) for line, fields, shares in blocks]


def _in_order(source: SourceText, shares: Mapping[int, float], line: int) -> tuple[float, ...]:
    if sorted(shares) != list(range(len(shares))):
        raise source.wrong("an acceptance by position is missing: the file is cut", line)
    return tuple(shares[position] for position in sorted(shares))


def _shares(source: SourceText, fields: Mapping[str, object]) -> tuple[float, ...]:
    given = fields.get("spec_decode_per_position_acceptance_rates") or []
    if not isinstance(given, list):
        raise source.wrong("spec_decode_per_position_acceptance_rates is no list")
    shares = [source.number(as_text(one), "an acceptance by position", most=100) for one in given]
    return tuple(one / 100 for one in shares) if any(one > 1 for one in shares) else tuple(shares)


def _run(source: SourceText, fields: Mapping[str, str], shares: tuple[float, ...], line: int | None) -> BenchRun:
    if not fields.get("mean_tpot_ms"):
        raise source.wrong("it has no mean TPOT: it is cut, or of another version", line)

    def number(name: str, least: float = 0.0) -> float | None:
        text = fields.get(name, "")
        return source.number(text, name, line, least=least) if text not in ("", "None") else None

    tpot_ms, itl_ms = number("mean_tpot_ms"), number("mean_itl_ms")
    concurrency = number("max_concurrency", 1)
    length = number("spec_decode_acceptance_length") or number("accept_length")
    return BenchRun(
        line=line,
        tpot_s=(tpot_ms or 0.0) / 1000,
        itl_s=None if itl_ms is None else itl_ms / 1000,
        concurrency=None if concurrency is None else int(concurrency),
        length=length or None,
        tokens=number("total_output_tokens"),
        counts=_counts(
            source,
            [number(f"spec_decode_{one}") for one in ("num_drafts", "draft_tokens", "accepted_tokens")],
            shares,
            line,
        ),
    )


def _counts(
    source: SourceText, given: list[float | None], shares: tuple[float, ...], line: int | None
) -> Counts | None:
    rounds, drafted, accepted = given
    if not rounds or not drafted or accepted is None:
        return None
    k = len(shares) or max(round(drafted / rounds), 1)
    counts = Counts(k=k, rounds=rounds, drafted=drafted, accepted=accepted, by_position=shares)
    check_counts(source, counts, line)
    return counts
