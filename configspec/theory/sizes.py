"""How sizes are shown."""

from __future__ import annotations


def shown_bytes(size_bytes: int) -> str:
    """A size as people read it: 0.85 MB, 808 MB, 6.43 GB (powers of ten)."""
    value, unit = (size_bytes / 1e9, "GB") if size_bytes >= 1e9 else (size_bytes / 1e6, "MB")
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"
