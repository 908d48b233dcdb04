"""The serving assumptions as labels: part of what a series is, since a value under others is another series."""

from __future__ import annotations

from collections.abc import Mapping

from configspec.theory.serving.assumptions import Serving


def assumption_labels(serving: Serving) -> Mapping[str, str]:
    """Each assumption by its name. A time that was measured differs from night to night, so it is no label."""
    return {
        "verify": "measured" if serving.verify == "measured" else f"{serving.verify_s!r} s",
        "usd_per_million_tokens": repr(serving.usd_per_million_tokens),
        "bills": serving.bills,
        "energy_boundary": serving.energy_boundary,
    }
