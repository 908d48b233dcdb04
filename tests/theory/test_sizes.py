"""How sizes are shown."""

from __future__ import annotations

import pytest

from configspec.theory.sizes import shown_bytes


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0.00 MB"),
        (850_000, "0.85 MB"),
        (807_694_464, "808 MB"),
        (999_700_000, "1000 MB"),
        (6_430_000_000, "6.43 GB"),
        (10**15, "1000000 GB"),
    ],
)
def test_sizes_are_shown_with_three_figures(size_bytes: int, text: str) -> None:
    """In powers of ten, as disks and hubs count."""
    assert shown_bytes(size_bytes) == text
