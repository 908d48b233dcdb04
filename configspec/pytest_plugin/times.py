"""Times as options take them."""

from __future__ import annotations

import re


def time_s(written: str) -> float | None:
    """Seconds, or a time such as 90s, 10m or 1h; None where it is neither.

    >>> time_s("90"), time_s("1.5m"), time_s("soon")
    (90.0, 90.0, None)
    """
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]+)?)([smh]?)", written.strip())
    return None if match is None else float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]
