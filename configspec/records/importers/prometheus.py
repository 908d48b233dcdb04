"""Counters in Prometheus's text format, as `/metrics` of vLLM, llama-server and SGLang prints them.

    vllm:spec_decode_num_drafts_total{engine="0",model_name="m"} 1000.0

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.records.importers.acceptance import Counts
from configspec.records.importers.source_text import SourceText

_SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+-?\d+)?\s*$")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
MOST = 2.0**53
MOST_POSITION = 4095


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One line: a value with its labels."""

    line: int
    labels: Mapping[str, str]
    value: float


def samples(source: SourceText, *prefixes: str) -> dict[str, list[Sample]]:
    """The samples whose name has one of the prefixes, by name without it and without `_total`.

    Raises:
        RecordError: One of them has no number.
    """
    found: dict[str, list[Sample]] = {}
    for line, name, labels, value in _matching(source, prefixes):
        if not name.endswith("_created"):  # the time at which the counter began
            number = source.number(value, name, line, most=MOST)
            sample = Sample(line=line, labels=dict(_LABEL.findall(labels)), value=number)
            found.setdefault(name.removesuffix("_total"), []).append(sample)
    return found


def chosen(
    source: SourceText, found: Mapping[str, Sequence[Sample]], where: Mapping[str, str]
) -> dict[str, list[Sample]]:
    """Those whose labels are as `--where` says. Two models behind one endpoint are never added up.

    Raises:
        UsageError: No sample is as asked for, or several models are left.
    """
    left = {
        name: [one for one in each if all(one.labels.get(label) == value for label, value in where.items())]
        for name, each in found.items()
    }
    if where and not any(left.values()):
        labels = sorted(
            {f"{label}={value}" for each in found.values() for one in each for label, value in one.labels.items()}
        )
        shown = printable(", ".join(labels), at_most=500)
        raise UsageError(f"{source.path}: no sample is as --where says. Labels there are: {shown or 'none'}.")
    models = sorted({one.labels.get("model_name", "") for each in left.values() for one in each})
    if len(models) > 1:
        listed = printable(", ".join(models), at_most=300)
        raise UsageError(
            f"{source.path}: it has counters of several models. Choose one: --where model_name=... ({listed})"
        )
    return {name: each for name, each in left.items() if each}


def spec_decode_counts(source: SourceText, prefix: str, where: Mapping[str, str], k: int | None) -> Counts:
    """The counters of speculative decoding, which vLLM and llama-server name alike; engines are added up.

    Raises:
        RecordError: One is missing, or they cannot be.
        UsageError: K is not known, or another.
    """
    found = chosen(source, samples(source, f"{prefix}:spec_decode_"), where)
    totals = {name: sum(one.value for one in each) for name, each in found.items()}
    needed = ("num_drafts", "num_draft_tokens", "num_accepted_tokens")
    missing = [f"{prefix}:spec_decode_{name}_total" for name in needed if name not in totals]
    if missing:
        raise source.wrong(f"it has no {', '.join(missing)}: an older version, or a part of the page")
    rounds, drafted, accepted = (totals[name] for name in needed)
    if not rounds:
        raise source.wrong("its counters are 0: nothing was drafted yet")
    by_position = _by_position(source, found.get("num_accepted_tokens_per_pos", ()), rounds)
    return Counts(
        k=known_k(source, k, len(by_position), drafted / rounds),
        rounds=rounds,
        drafted=drafted,
        accepted=accepted,
        by_position=by_position,
    )


def known_k(source: SourceText, said: int | None, positions: int, per_round: float) -> int:
    """K: the positions that are counted, or what was drafted in every round; a person's `--k` must agree.

    Raises:
        UsageError: It is not known, or `--k` says another.
    """
    whole = round(per_round)
    found = positions or (whole if whole >= 1 and abs(per_round - whole) < 0.005 else 0)
    if said is not None and found and said != found:
        raise UsageError(f"{source.path}: --k is {said}, and the file is of rounds of {found}.")
    if said is None and not found:
        raise UsageError(
            f"{source.path}: --k is missing: {per_round:.3g} tokens were drafted in a round on average, and the file "
            "does not say how many at most."
        )
    return said or found


def _by_position(source: SourceText, each: Sequence[Sample], rounds: float) -> tuple[float, ...]:
    """The share of rounds that accept each token; empty where a position is missing."""
    totals: dict[int, float] = {}
    for one in each:
        text = one.labels.get("position", one.labels.get("pos", ""))
        position = int(source.number(text, "the label position", one.line, most=MOST_POSITION))
        totals[position] = totals.get(position, 0.0) + one.value
    if sorted(totals) != list(range(len(totals))):
        raise source.wrong("an acceptance by position is missing: the positions do not count from 0 without a gap")
    return tuple(totals[position] / rounds for position in sorted(totals))


def _matching(source: SourceText, prefixes: Sequence[str]) -> Iterator[tuple[int, str, str, str]]:
    for line, text in source.lines():
        prefix = next((one for one in prefixes if text.startswith(one)), None)
        found = None if prefix is None else _SAMPLE.match(text)
        if prefix is not None and found is not None:
            yield line, found["name"].removeprefix(prefix), found["labels"] or "", found["value"]
