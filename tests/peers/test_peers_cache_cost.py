"""The cost of checking the cache: what is judged, and that all of it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from cache_cost import BOUND_PERCENT, check_s, line

from configspec.cache import Store
from configspec.errors import TestbedError


def test_the_median_share_is_judged() -> None:
    """Of a job of 200 s: 1, 3 and 2 percent."""
    judged = line([2, 6, 4], 200, kept_bytes=3 << 20)
    assert (judged.judged, judged.low, judged.high, judged.n) == pytest.approx((2.0, 1.0, 3.0, 3))
    assert (judged.ours, judged.peer, judged.bound, judged.met) == (4, 200, BOUND_PERCENT, True)
    assert "3 MiB" in judged.notes[0]


def test_more_than_two_percent_is_told() -> None:
    """The bound is kept at 2 % and not above."""
    assert not line([2.1], 100, kept_bytes=1).met


def test_every_entry_is_checked(tmp_path: Path) -> None:
    """One that is damaged ends the measurement, and so does a cache without any."""
    with pytest.raises(TestbedError, match="0 files are kept"):
        check_s(tmp_path)

    def build(out: Path) -> None:
        out.write_bytes(b"text")

    entry = Store(tmp_path).ensure("text", "0" * 64, ".json", build)
    assert check_s(tmp_path) >= 0
    entry.write_bytes(b"TEXT")
    with pytest.raises(TestbedError, match="1 files are kept, of which 1 are not believed"):
        check_s(tmp_path)
