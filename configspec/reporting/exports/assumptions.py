"""The serving assumptions as labels: part of what a series is, since a value under others is another series."""

from __future__ import annotations

import json
from collections.abc import Mapping

from configspec.reporting.serving_words import serving_json
from configspec.theory.serving.assumptions import Serving

MORE = (
    "verify_samples_s",
    "verify_linear",
    "batch",
    "context_tokens",
    "link",
    "prices",
    "request",
)  # where they are declared


def assumption_labels(serving: Serving) -> Mapping[str, str]:
    """Each assumption by its name. A time that was measured differs from night to night, so it is no label."""
    declared = serving_json(serving)
    more = {name: json.dumps(declared[name], sort_keys=True) for name in MORE if name in declared}
    return {
        **more,
        "verify": "measured" if serving.verify == "measured" else f"{serving.verify_s!r} s",
        "usd_per_million_tokens": repr(serving.usd_per_million_tokens),
        "bills": serving.bills,
        "energy_boundary": serving.energy_boundary,
    }
