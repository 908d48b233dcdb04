"""The columns of a table of series, for CSV and Parquet alike: a line a series, and every value in a column of its own.

Columns are added at the end; none is taken away or renamed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from configspec.reporting.exports.series import Series

Value = str | int | float | datetime | tuple[str, ...] | None
Kind = Literal["text", "texts", "whole", "number", "instant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name, what kind of value it has, what it means, and its value of a series."""

    name: str
    kind: Kind
    meaning: str
    of: Callable[[Series], Value]


def _column(name: str, kind: Kind, meaning: str, of: Callable[[Series], Value]) -> Column:
    return Column(name=name, kind=kind, meaning=meaning, of=of)


def _price(one: Series) -> float | None:
    return None if one.serving is None else one.serving.usd_per_million_tokens


# The first is a word of ours, so that no line begins with a name from outside.
COLUMNS: tuple[Column, ...] = (
    _column("metric", "text", "what the value measures: `goodput`", lambda one: one.metric.name),
    _column("unit", "text", "its unit: `tokens/s`", lambda one: one.metric.unit),
    _column("better", "text", "`higher` or `lower`", lambda one: one.metric.better),
    _column("device", "text", "the device's name in devices.yaml", lambda one: one.id.device),
    _column("family", "text", "the family's", lambda one: one.id.family),
    _column("draft", "text", "the draft model's", lambda one: one.id.draft),
    _column("quant", "text", "its quantisation", lambda one: one.id.quant),
    _column("algorithm", "text", "how tokens are proposed: `chain`", lambda one: one.id.drafter.algorithm),
    _column(
        "settings",
        "texts",
        "those of llama_cpp with several measured values: `threads=2`",
        lambda one: tuple(f"{name}={value}" for name, value in one.id.cell.settings),
    ),
    _column("k", "whole", "tokens drafted per round", lambda one: one.id.k),
    _column("value", "number", "the value", lambda one: one.value),
    _column("low", "number", "the lower end of its interval", lambda one: one.low),
    _column("high", "number", "the upper end", lambda one: one.high),
    _column(
        "confidence",
        "number",
        "of the interval; empty where it spans the smallest and the largest of a few repetitions",
        lambda one: one.confidence,
    ),
    _column(
        "n",
        "whole",
        "samples behind it; 0 where none was taken here, empty where it is computed from several figures",
        lambda one: one.n,
    ),
    _column(
        "provenance", "text", "`measured`, `derived`, `declared` or `modelled`", lambda one: one.measured.provenance
    ),
    _column("flags", "texts", "codes of what to know before using the value", lambda one: one.measured.flags),
    _column("measured_at", "instant", "when the run wrote its file, UTC", lambda one: one.measured.measured_at),
    _column(
        "verify_s",
        "number",
        "assumed seconds to verify a round of this K; empty, as the next three, where nothing is assumed",
        lambda one: None if one.serving is None else one.serving.verify_s_at(one.id.k),
    ),
    _column("usd_per_million_tokens", "number", "assumed price at the verifier", _price),
    _column(
        "bills",
        "text",
        "which tokens of a round are billed, as `price.bills` says: `drafted`",
        lambda one: None if one.serving is None else one.serving.bills,
    ),
    _column(
        "energy_boundary",
        "text",
        "the part of a round that energy covers: `drafting` or `drafting+waiting`",
        lambda one: None if one.serving is None else one.serving.energy_boundary,
    ),
    _column(
        "power_kind",
        "text",
        "the kind of meter and what is inside; empty where the value does not depend on power",
        lambda one: one.power_kind or None,
    ),
    _column("setup", "text", "equal where rows compare: a hash of their setup", lambda one: one.measured.setup),
    _column("setup_words", "text", "a part of the setup, for people", lambda one: one.measured.setup_words),
)
