"""The figures of a profile file: a value with its bounds, and what of them a record could hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from configspec.records.bounds import LEAST_WATTS, LONGEST_S, MOST, MOST_K, MOST_TOKENS_PER_S, MOST_WATTS, SHORTEST_S
from configspec.records.json_node import Node
from configspec.records.stated import MOST_VALUE
from configspec.theory.evidence import Evidence, Stated
from configspec.theory.figures import Estimate

STATED = {"goodput_tokens_per_s": MOST_TOKENS_PER_S, "tokens_per_usd": MOST_VALUE, "drafting_j_per_token": MOST_VALUE}
LEAST_VALUE = 1e-12


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


def known_of(parts: Mapping[str, Node], memory_bytes_per_s: float | None) -> Evidence:
    """What a cell is held against, whatever its K: the draft's bytes, the device's memory, where they are given."""
    weights = parts.get("weights_bytes")
    if weights is None and memory_bytes_per_s is None:
        return Evidence()
    return Evidence(
        weights_bytes=None if weights is None else weights.count(most=MOST),
        memory_bytes_per_s=memory_bytes_per_s,
        memory="declared",
    )


def stated_by_k(parts: Mapping[str, Node], ks: Collection[int], confidence: float) -> dict[int, Stated]:
    """What the source of a cell states of its objectives, by K; each K is one of `ks`, given once."""
    found: dict[int, Stated] = {}
    for row in parts["stated"].items() if "stated" in parts else ():
        fields = row.fields("k", optional=(*STATED, "from"))
        if "from" in fields:
            fields["from"].text()
        k = fields["k"].count(most=MOST_K)
        if k not in ks:
            held = ", ".join(map(str, sorted(ks))) or "no K"
            raise row.wrong(f"it is of K={k}, and this cell has acceptance of {held}")
        if k in found:
            raise row.wrong(f"K={k} is given twice; remove one")
        values = {
            name: figure(fields[name], confidence, least=LEAST_VALUE, most=most)
            for name, most in STATED.items()
            if name in fields
        }
        if not values:
            raise row.wrong(f"it states nothing; name at least one of {', '.join(STATED)}")
        found[k] = Stated(**values)
    return found
