"""Visits to a cell that take the seconds that they are told to, and a model that is made up."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.devices.replies.model import TimedPrefills, TimedRounds
from configspec.profiling.visit import Visit
from configspec.records.facts import ModelFacts

SETUP = "ab" * 32
MODEL = ModelFacts(
    architecture="llama",
    description="made up",
    parameters=1,
    weights_bytes=1,
    file_bytes=1,
    file_sha256="00",
    vocabulary=1,
    vocabulary_sha256="00",
    trained_context=1,
    context=1,
    batch=1,
    threads=1,
    gpu_layers=0,
    load_s=0.0,
    metadata={},
)


def prefills(seconds: Sequence[float], *, evaluated: int = 7) -> TimedPrefills:
    """Prefills that took these seconds."""
    stamps_s = tuple((1000.0 * place, 1000.0 * place + one_s) for place, one_s in enumerate(seconds, 1))
    return TimedPrefills(evaluated=evaluated, stamps_s=stamps_s)


def visit(
    rounds_s: Sequence[float], *, k: int = 1, setup: str = SETUP, tokens: int = 7, prefills_s: Sequence[float] = ()
) -> Visit:
    """A visit whose rounds of `k` took these seconds, token by token alike; and its prefills."""
    begin_s, stamps = 100.0, []
    for round_s in rounds_s:
        stamps.append(tuple(begin_s + round_s * token / k for token in range(k + 1)))
        begin_s += round_s
    rounds = TimedRounds(k=k, depth=8, warmup=0, tokens=(tokens,) * k, rounds_that_differ=0, stamps_s=tuple(stamps))
    return Visit(
        began="2026-11-29T07:00:00+00:00",
        setup_sha256=setup,
        rounds={k: rounds},
        prefills=prefills(prefills_s) if prefills_s else None,
    )
