"""The figures of a profile file: a value with its bounds, and what of them a record could hold."""

from __future__ import annotations

from collections.abc import Mapping

from configspec.records.bounds import LEAST_WATTS, LONGEST_S, MOST_WATTS, SHORTEST_S
from configspec.records.json_node import Node
from configspec.theory.figures import Estimate


def figure(node: Node, confidence: float, *, least: float, most: float) -> Estimate:
    """A value between its bounds."""
    parts = node.fields("value", "low", "high")
    value, low, high = (parts[name].number(least=least, most=most) for name in ("value", "low", "high"))
    if not low <= value <= high:
        raise node.wrong(f"found {node.found()}; low must not be above value, nor value above high")
    return Estimate(value=value, low=low, high=high, confidence=confidence, n=0)


def speed(node: Node, confidence: float, *, longest_k: int = 1) -> Estimate:
    """Tokens a second, with which a round of every K takes a time that a record can hold."""
    found = figure(node, confidence, least=1 / LONGEST_S, most=1 / SHORTEST_S)
    if round_s(longest_k, found).high > LONGEST_S:
        raise node.wrong(f"found {node.found()}; with it, a round of K={longest_k} takes more than {LONGEST_S:g} s")
    return found


def round_s(k: int, tokens_per_s: Estimate) -> Estimate:
    """Seconds to draft K tokens; the slowest speed makes the longest round."""
    return Estimate(
        value=k / tokens_per_s.value,
        low=k / tokens_per_s.high,
        high=k / tokens_per_s.low,
        confidence=tokens_per_s.confidence,
        n=tokens_per_s.n,
    )


def watts(node: Node, confidence: float) -> Estimate:
    """A power."""
    return figure(node, confidence, least=LEAST_WATTS, most=MOST_WATTS)


def texts(parts: Mapping[str, Node], name: str) -> tuple[str, ...]:
    """A list of texts that may be left out."""
    return tuple(one.text() for one in parts[name].items()) if name in parts else ()
