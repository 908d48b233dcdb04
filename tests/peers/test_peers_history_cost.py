"""The cost of a history: what is judged, and that its files are as large as real ones."""

from __future__ import annotations

from pathlib import Path

from history_cost import BOUND_RATIO, MADE, Cost, first, lines, parse, write_runs
from journal_cost import MIB

from configspec.histories.reading import read_run
from configspec.histories.sources import run_files


def cost(seconds: float, mib: float = 100) -> Cost:
    return Cost(seconds=seconds, most_bytes=int(mib * MIB))


def test_the_first_reading_is_judged_by_its_pairs():
    """Ours over the peer's, taken in turns; later readings and trends by their seconds, memory by the most."""
    pairs = [(cost(1), cost(3)), (cost(2), cost(8)), (cost(1), cost(5))]
    ratio, later, trend, memory = lines(pairs, [(cost(1, 200), cost(9, 300))] * 3)
    assert (ratio.judged, ratio.low, ratio.high, ratio.bound, ratio.met) == (4, 3, 5, BOUND_RATIO, True)
    assert (later.judged, trend.judged, memory.judged) == (1, 9, 300)
    assert all(line.met for line in (later, trend, memory))
    assert not any(line.met for line in lines([(cost(1), cost(5))], [(cost(3, 2000), cost(11, 2000))]))


def test_rows_are_as_large_as_real_ones_and_none_is_like_another(tmp_path: Path):
    """4 to 6 kB each; both sides read all files."""
    write_runs(tmp_path / "runs", made=MADE, rows=3)
    files = run_files(tmp_path / "runs")
    assert len(files) == MADE
    assert 4_000 < files[0].stat().st_size / 3 < 7_000
    read = [read_run(path) for path in files]
    assert len({run.figures_sha256 for run in read}) == MADE
    assert {len(run.measured) for run in read} == {5 * 3}
    (tmp_path / "cache").mkdir(mode=0o700)
    parse(tmp_path)
    first(tmp_path)
