"""What a ranking's best is held against, as a program wants it. `docs/record.md` describes the form."""

from __future__ import annotations

from dataclasses import asdict

from configspec.selection.baselines import Baseline


def baseline_json(one: Baseline) -> dict[str, object]:
    """One way to do without speculation; what is not known is null, with its `reason`."""
    value = one.value
    return {
        "way": one.way,
        "value": None if value is None else value.value,
        "low": None if value is None else value.low,
        "high": None if value is None else value.high,
        "confidence": None if value is None else value.confidence,
        "or_better": one.or_better,
        "provenance": one.provenance,
        "reason": one.reason,
        "token_s": one.token_s,
        "times_better": one.times_better,
        "shown": one.shown,
        "break_even": [asdict(point) for point in one.break_even],
    }
