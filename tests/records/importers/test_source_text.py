"""Files as other programs leave them: encodings, sizes, numbers of other countries."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import RecordError
from configspec.records.importers.source_text import FILE_BYTES, SourceText, read_source

NOWHERE = SourceText(Path("bench.csv"), "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_as_it_was_redirected(tmp_path: Path, encoding: str):
    """Windows PowerShell writes UTF-16."""
    file = tmp_path / "bench.md"
    file.write_bytes("119.92 ± 0.43".encode(encoding))
    assert read_source(file).text == "119.92 ± 0.43"


def test_bytes_that_are_no_text_do_not_matter(tmp_path: Path):
    """A progress bar left them between the lines."""
    file = tmp_path / "x.log"
    file.write_bytes(b"\xff\xfeline"[1:] + b"\n")
    assert "line" in read_source(file).text


def test_an_empty_file_is_told(tmp_path: Path):
    """Whether it has no byte or only blank ones."""
    for content in (b"", b" \n\n", b"\xef\xbb\xbf"):
        file = tmp_path / "empty"
        file.write_bytes(content)
        with pytest.raises(RecordError, match="the file is empty"):
            read_source(file)


def test_a_file_of_100_megabytes_is_refused_with_what_would_do(tmp_path: Path):
    """It is not read into memory first."""
    file = tmp_path / "huge.log"
    with file.open("wb") as opened:
        opened.truncate(FILE_BYTES + 1)
    with pytest.raises(RecordError, match=r"more than 67,108,864 bytes.*grep"):
        read_source(file)


def test_a_file_that_is_none_is_told(tmp_path: Path):
    """A folder, and nothing."""
    for path, words in ((tmp_path, "a folder"), (tmp_path / "missing", "No such file")):
        with pytest.raises(RecordError, match=words):
            read_source(path)


@given(st.floats(min_value=0, max_value=1e15))
def test_a_number_is_read_as_python_writes_it(value: float):
    """Every digit."""
    assert NOWHERE.number(repr(value), "x") == value


@pytest.mark.parametrize("text", ["1,5", "119,915244", "1.234,5", "1'234.5", "1 234,5", "7,285.676949", "1\u202f234,5"])
def test_a_number_of_another_country_is_told(text: str):
    """It may mean two things, so it is not guessed."""
    with pytest.raises(RecordError, match=r"bench.csv: line 3: avg_ts is '.*decimal point"):
        NOWHERE.number(text, "avg_ts", 3)


@pytest.mark.parametrize(
    "text", ["nan", "NaN", "inf", "-inf", "1e999", "-1", "", "0x10", "1_000", "٣", "1e15000", "--1"]
)
def test_what_is_no_number_is_refused(text: str):
    """Python's float takes most of these."""
    with pytest.raises(RecordError, match="a number from 0 to 1e"):
        NOWHERE.number(text, "x")


def test_json_is_read_whole_by_line_or_after_a_programs_words():
    """As `-o json`, `-o jsonl`, and with standard error in the same file."""
    for text in (
        '[{"a": 1}, {"a": 2}]',
        '{"a": 1}\n\n{"a": 2}\n',
        'load: found [1] devices\n[\n  {"a": 1},\n  {"a": 2}\n]\n',
    ):
        assert SourceText(Path("x"), text).json_values() == [{"a": 1}, {"a": 2}]


def test_json_that_ends_too_early_is_told():
    """A benchmark was stopped, or a file copied in part."""
    for text in ('[{"a": 1}, {"a"', '{"a": 1}\n{"a": '):
        with pytest.raises(RecordError, match="ends too early"):
            SourceText(Path("x"), text).json_values()
