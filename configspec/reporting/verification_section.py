"""How long each target took to verify on this host, as the rows recorded it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from configspec.records.row import Row

Timed = dict[str, Any]  # one kind of pass, as the record holds it


def verification_text(rows: Sequence[Row]) -> str:
    """A few lines a family: by K, by context and by texts at once; empty where nothing was timed."""
    families: dict[str, dict[int, list[Timed]]] = {}
    for row in rows:
        if row.verification is not None:
            of_family = families.setdefault(row.configuration.family, {})
            of_family.setdefault(row.configuration.k, list(row.verification["passes"]))
    return "\n".join(line for family, by_k in families.items() for line in _lines(family, dict(sorted(by_k.items()))))


def _lines(family: str, by_k: dict[int, list[Timed]]) -> list[str]:
    largest, kinds = max(by_k.items())
    usual = _usual_context(by_k)
    one_text = [(f"K={k}", one) for k, of_k in by_k.items() for one in of_k if _is(one, usual, 1)]
    contexts = [(f"{one['context_tokens']} tokens", one) for one in kinds if one["requests"] == 1]
    texts = [(f"{one['requests']} texts", one) for one in kinds if one["context_tokens"] == usual]
    lines = [f"{family}: seconds of the target's pass over K + 1 tokens, on this host (median of {_n(one_text)})"]
    lines.append(f"  after {usual} tokens: {_figures(one_text)}")
    if len(contexts) > 1:
        lines.append(f"  K={largest} after {_figures(contexts)}")
    if len(texts) > 1:
        lines.append(f"  K={largest} for {_figures(texts)} at once")
    return lines


def _usual_context(by_k: dict[int, list[Timed]]) -> int:
    """The context at which most K were timed."""
    contexts = [one["context_tokens"] for kinds in by_k.values() for one in kinds if one["requests"] == 1]
    return int(max(dict.fromkeys(contexts), key=contexts.count))


def _is(one: Timed, context: int, requests: int) -> bool:
    return bool(one["context_tokens"] == context and one["requests"] == requests)


def _figures(named: Sequence[tuple[str, Timed]]) -> str:
    return ", ".join(f"{name} {one['seconds']['value']:.3g} s" for name, one in named)


def _n(named: Sequence[tuple[str, Timed]]) -> str:
    counts = sorted({one["seconds"]["n"] for _, one in named})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
