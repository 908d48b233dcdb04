"""How long a cell took before, by its rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import DECODED, measured_row, raw_row, whole_row

from configspec.profiling.earlier_times import earlier_times
from configspec.records.journal import Journal
from configspec.records.prefill import Prefill
from configspec.records.row import Row
from configspec.theory.figures import Estimate


def journal(path: Path, *rows: Row) -> Path:
    file = Journal(path, {"datetime": "2026-01-01"})
    for row in rows:
        file.append(raw_row(row))
    file.close()
    return path


def shared(k: int, timed_k: int) -> Row:
    """A row whose K is the beginning of rounds of `timed_k`."""
    row = whole_row(k)
    return replace(row, drafting=replace(row.drafting, timed_k=timed_k))


def test_shared_rounds_count_once(tmp_path):
    """20 rounds and 2 of warm-up of the largest K, each half a second; its smaller K cost nothing more."""
    found = earlier_times([journal(tmp_path / "a.jsonl", shared(2, 4), shared(4, 4))])
    assert found.cells == {whole_row(4).cell: pytest.approx(22 * 0.5)}
    assert found.files == [tmp_path / "a.jsonl"]


def test_separate_rounds_count_each(tmp_path):
    """Each K was timed by itself."""
    found = earlier_times([journal(tmp_path / "a.jsonl", shared(2, 2), shared(4, 4))])
    assert found.cells == {whole_row(4).cell: pytest.approx(2 * 22 * 0.5)}


def test_a_cells_prompt_counts_once(tmp_path):
    """Six times of 1.5 s each, which every row of the cell has."""
    speed = Estimate(value=84.0, low=84.0, high=84.0, confidence=0.97, n=6)
    prefill = Prefill(tokens_per_s=speed, tokens=126, samples_s=(1.5,) * 6)
    rows = [replace(row, drafting=replace(row.drafting, prefill=prefill)) for row in (shared(2, 2), shared(4, 4))]
    found = earlier_times([journal(tmp_path / "a.jsonl", *rows)])
    assert found.cells == {whole_row(4).cell: pytest.approx(2 * 22 * 0.5 + 9.0)}


def test_a_real_decoding_took_what_its_repeats_took(tmp_path):
    """And says nothing of its cell's rounds, which are in a row of their own."""
    decoded = replace(measured_row(2, end_to_end=DECODED), drafting=whole_row(2).drafting)
    found = earlier_times([journal(tmp_path / "a.jsonl", decoded)])
    assert found.decodings == {decoded.id: 25.0}
    assert found.cells == {}


def test_the_newest_file_counts_and_what_cannot_be_read_says_nothing(tmp_path):
    """Files are given newest first; one with nothing new is not named."""
    (tmp_path / "empty.jsonl").touch()
    newest = journal(tmp_path / "b.jsonl", shared(4, 4))
    slow = shared(4, 4)
    slow = replace(slow, drafting=replace(slow.drafting, warmup_rounds=2000))
    older = journal(tmp_path / "a.jsonl", slow)
    found = earlier_times([tmp_path / "empty.jsonl", newest, older, tmp_path / "gone.jsonl"])
    assert found.cells == {slow.cell: pytest.approx(11.0)}
    assert found.files == [newest]
