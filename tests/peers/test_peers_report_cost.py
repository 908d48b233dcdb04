"""The cost of a page: what is judged, and that what is written for it is compared and followed."""

from __future__ import annotations

from pathlib import Path

import pytest
from journal_cost import MIB
from rank_cost import DEVICES, Cost
from report_cost import BOUND_BYTES, BOUND_MIB, BOUND_OPEN_S, BOUND_S, lines, ours, write_nights


def cost(seconds: float, mib: float) -> Cost:
    return Cost(seconds=seconds, most_bytes=int(mib * MIB))


def test_medians_are_judged_each_against_its_own_bound():
    """Seconds, memory, bytes, and seconds until the page can be used."""
    found = lines([cost(3, 200), cost(4, 300), cost(9, 400)], 900_000, [0.5, 0.4])
    assert [line.judged for line in found] == [4, 300, 900_000, pytest.approx(0.45)]
    assert [line.bound for line in found] == [BOUND_S, BOUND_MIB, BOUND_BYTES, BOUND_OPEN_S]
    assert all(line.met for line in found)


@pytest.mark.parametrize(
    ("seconds", "mib", "size", "opened"), [(5.1, 1, 1, 0.1), (1, 501, 1, 0.1), (1, 1, 1_000_001, 0.1), (1, 1, 1, 1.1)]
)
def test_a_bound_that_is_missed_is_told(seconds, mib, size, opened):
    """Each by itself."""
    assert [line.met for line in lines([cost(seconds, mib)], size, [opened])].count(False) == 1


def test_without_a_browser_the_page_is_not_opened():
    """The other bounds are judged all the same."""
    assert len(lines([cost(1, 1)], 1, [])) == 3


@pytest.mark.real
def test_the_page_is_compared_and_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """With the nights that were written for it; nothing is printed that would be taken for the figures."""
    write_nights(tmp_path, rows=2 * DEVICES, nights=6)
    ours(tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "runs that were compared" in text
    assert "over nights" in text
    assert capsys.readouterr().out == ""
