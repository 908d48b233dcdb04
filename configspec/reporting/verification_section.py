"""How long each target took to verify on this host, as the rows recorded it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from configspec.records.row import Row
from configspec.records.verification import TimedPass
from configspec.reporting.document import Notes, Section

HEADING = "verification"


def verification_section(rows: Sequence[Row]) -> Section | None:
    """A few lines a family: by K, by context and by texts at once; None where nothing was timed."""
    families: dict[str, dict[int, Sequence[TimedPass]]] = {}
    for row in rows:
        if row.verification is not None:
            families.setdefault(row.family, {}).setdefault(row.k, row.verification.passes)
    if not families:
        return None
    blocks = tuple(_family(family, dict(sorted(by_k.items()))) for family, by_k in families.items())
    return Section(heading=HEADING, blocks=blocks)


def _family(family: str, by_k: Mapping[int, Sequence[TimedPass]]) -> Section:
    usual = _usual_context(by_k)
    of_each_k = [
        (f"K={k}", one) for k, passes in by_k.items() for one in passes if one.requests == 1 and _after(one, usual)
    ]
    return Section(
        heading=family,
        summary=f"seconds of the target's pass over K + 1 tokens, on this host (median of {_n(of_each_k)})",
        blocks=(Notes(lines=(f"after {usual} tokens: {_figures(of_each_k)}", *_of_the_largest_k(by_k, usual))),),
    )


def _of_the_largest_k(by_k: Mapping[int, Sequence[TimedPass]], usual: int) -> Iterator[str]:
    largest, passes = max(by_k.items())
    contexts = [(f"{one.context_tokens} tokens", one) for one in passes if one.requests == 1]
    if len(contexts) > 1:
        yield f"K={largest} after {_figures(contexts)}"
    texts = [(f"{one.requests} text{'s' * (one.requests > 1)}", one) for one in passes if _after(one, usual)]
    if len(texts) > 1:
        yield f"K={largest} for {_figures(texts)} at once"


def _usual_context(by_k: Mapping[int, Sequence[TimedPass]]) -> int:
    """The context at which most K were timed."""
    contexts = [one.context_tokens for passes in by_k.values() for one in passes if one.requests == 1]
    return max(dict.fromkeys(contexts), key=contexts.count)


def _after(one: TimedPass, context: int) -> bool:
    return one.context_tokens == context


def _figures(named: Sequence[tuple[str, TimedPass]]) -> str:
    return ", ".join(f"{name} {one.seconds.value:.3g} s" for name, one in named)


def _n(named: Sequence[tuple[str, TimedPass]]) -> str:
    counts = sorted({one.seconds.n for _, one in named})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
