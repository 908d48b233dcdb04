"""A file in configspec's own layout, read by its lines: the same rows, or the same words, as in the general way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from any_rows import rows
from example_rows import measured_row, raw_row, whole_row
from hypothesis import example, given, settings
from hypothesis import strategies as st

from configspec.errors import RecordError
from configspec.records.journal import Journal
from configspec.records.left_out import LeftOutList
from configspec.records.opening import open_rows
from configspec.records.reader import read_each
from configspec.records.results_file import write_results
from configspec.records.row import Row
from configspec.records.row_lines import OtherLayoutError, kept_of_journal, kept_of_results

HEAD = {"machine_info": {"node": "here"}, "datetime": "2026-01-01"}
FOREIGN: dict[str, object] = {"fullname": "t.py::test_host", "extra_info": {}, "stats": {"data": [1.0]}}
SIGNS = (b"", b'"', b"\\", b"{", b"}", b",", b"]", b"\n", b"0", b"-", b".", b"\xff", b"\x00", b"e9", b"null")


def written(path: Path, some: list[Row]) -> Path:
    write_results(path, HEAD, lambda: [FOREIGN, *map(raw_row, some)])
    return path


def journal(path: Path, some: list[Row]) -> Path:
    path.unlink(missing_ok=True)
    file = Journal(path, HEAD)
    for row in some:
        file.append(raw_row(row))
    file.close()
    return path


def itself(row: Row) -> Row:
    return row


def general(path: Path, left_out: LeftOutList | None = None) -> tuple[Row, ...]:
    """An entry at a time, in any layout."""
    entries = open_rows(path, left_out).entries(left_out)
    return tuple(entry.row for entry in entries if entry.row is not None)


def either_way(path: Path, left_out: LeftOutList | None = None) -> tuple[Row, ...]:
    """By its lines, or an entry at a time."""
    return read_each(path, itself, left_out)


def told(read, path: Path, *, collected: bool) -> object:
    """Rows, what was left out and how much of it was broken; or the error, but for its words where no row is left."""
    left_out = LeftOutList() if collected else None

    def beside() -> object:
        return None if left_out is None or not left_out.count else (left_out.named, left_out.broken)

    try:
        return (read(path, left_out) or "no row of configspec", beside())
    except RecordError as problem:
        nothing = any(words in str(problem) for words in ("none measured", "no row is left", "nothing to recover"))
        return ("no row of configspec", beside()) if nothing else str(problem)


@settings(max_examples=40)
@given(st.lists(rows(), min_size=1, max_size=3, unique_by=lambda row: row.id))
def test_lines_hold_the_rows_that_were_written(tmp_path_factory, some):
    """Facts that rows share included; other benchmarks are no rows."""
    folder = tmp_path_factory.mktemp("lines")
    left_out = LeftOutList()
    assert kept_of_results(written(folder / "r.json", some), itself, left_out) == tuple(some)
    assert kept_of_journal(journal(folder / "j.jsonl", some), itself, left_out) == tuple(some)
    assert (left_out.count, left_out.others) == (0, 1)


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=8), st.booleans())
def test_the_last_line_about_a_test_counts(tmp_path_factory, steps, cut):
    """Whatever was measured again, was dropped, or was cut by a kill."""
    path = tmp_path_factory.getbasetemp() / "again.jsonl"
    path.unlink(missing_ok=True)
    file = Journal(path, HEAD)
    file.append(FOREIGN)
    for attempts, (k, dropped) in enumerate(steps, start=1):
        raw = raw_row(replace(measured_row(k), attempts=attempts))
        if dropped:
            file.drop(str(raw["fullname"]), "another draft")
        else:
            file.append(raw)
    if cut:
        file.append(raw_row(measured_row(4)))
    file.close()
    if cut:
        path.write_bytes(path.read_bytes()[:-9])
    assert kept_of_journal(path, itself, LeftOutList()) == general(path)


@given(st.booleans(), st.booleans(), st.floats(0, 1, exclude_max=True), st.integers(0, 3), st.sampled_from(SIGNS))
@example(True, False, 0.0078125, 0, b"\xff")  # in a word of the header that nothing here needs
def test_damage_anywhere_changes_neither_rows_nor_words(tmp_path_factory, as_journal, collected, place, cut, put):
    """A quick reader may not take what the thorough one refuses, nor the other way round."""
    folder = tmp_path_factory.getbasetemp()
    path = (journal if as_journal else written)(folder / "damaged", [whole_row(1), measured_row(2)])
    text = path.read_bytes()
    at = int(place * len(text))
    path.write_bytes(text[:at] + put + text[at + cut :])
    assert told(either_way, path, collected=collected) == told(general, path, collected=collected)


@pytest.mark.parametrize("layout", [b"{}", b'{"benchmarks": []}\n', b'{"benchmarks": [\n]}\n', b'{"a": 1,\n', b""])
def test_another_layout_is_not_read_here(tmp_path, layout):
    """It is left to the general reader."""
    (tmp_path / "r.json").write_bytes(layout)
    with pytest.raises(OtherLayoutError):
        kept_of_results(tmp_path / "r.json", itself, LeftOutList())


def test_what_comes_after_the_rows_is_another_layout(tmp_path):
    """A second document behind the first, for example."""
    path = written(tmp_path / "r.json", [measured_row(1)])
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(OtherLayoutError):
        kept_of_results(path, itself, LeftOutList())


def test_only_what_is_kept_of_a_row_stays(tmp_path):
    """In the file's order."""
    path = written(tmp_path / "r.json", [measured_row(2), measured_row(1)])
    assert read_each(path, lambda row: row.k) == (2, 1)
