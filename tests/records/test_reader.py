"""One reader for results files and journals, whatever is wrong with them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from any_rows import rows
from example_rows import BOARD, measured_row, raw_row, whole_row
from hypothesis import given, settings
from hypothesis import strategies as st
from rewriting import rewrite_results

from configspec.errors import RecordError
from configspec.records.journal import Journal
from configspec.records.opening import open_rows
from configspec.records.reader import read_rows
from configspec.records.results_file import write_results
from configspec.records.row import KEY
from configspec.theory.statistics import median_estimate
from configspec.theory.timing import tokens_per_s

FOREIGN: dict[str, object] = {"fullname": "t.py::test_host", "extra_info": {}, "stats": {"data": [1.0]}}
HEAD = {"machine_info": {"node": "here"}, "datetime": "2026-01-01", "version": "5.3.1"}


def plain_file(path: Path, entries: Sequence[Mapping[str, object]], **head: object) -> Path:
    """As pytest-benchmark writes it."""
    path.write_text(json.dumps({**HEAD, "benchmarks": entries, **head}, indent=4), encoding="utf-8")
    return path


def test_a_journal_is_read_as_its_results_file_is(tmp_path):
    """Both hold the same rows, in the same order."""
    wanted = (measured_row(1), whole_row(2))
    journal = Journal(tmp_path / "j.jsonl", HEAD)
    for row in wanted:
        journal.append(raw_row(row))
    journal.close()
    file = plain_file(tmp_path / "r.json", [raw_row(row) for row in wanted])
    assert read_rows(journal.path) == read_rows(file) == wanted


def test_rows_of_other_benchmarks_are_entries_without_a_row(tmp_path):
    """They are kept, and nothing is read into them."""
    file = plain_file(tmp_path / "r.json", [FOREIGN, raw_row(measured_row(1))])
    other, ours = open_rows(file).entries()
    assert (other.row, other.raw) == (None, FOREIGN)
    assert ours.row == measured_row(1)
    assert read_rows(file) == (measured_row(1),)


@settings(max_examples=40)
@given(st.lists(rows(), min_size=1, max_size=3), st.booleans())
def test_rewriting_changes_nothing_but_the_layout(tmp_path_factory, some, again):
    """Every row of configspec's or of others, every key of the head, once or twice rewritten."""
    path = tmp_path_factory.mktemp("rewrite") / "r.json"
    entries = [FOREIGN, *map(raw_row, some)]
    before = json.loads(plain_file(path, entries, configspec={"prediction": [1]}).read_text())
    rewrite_results(path)
    if again:
        rewrite_results(path)
    file = open_rows(path)
    assert read_rows(path) == tuple(some)
    assert list(file.raw_rows()) == before.pop("benchmarks")
    assert file.head == before


@settings(max_examples=40)
@given(st.lists(rows(), min_size=1, max_size=3), st.randoms())
def test_shared_facts_are_found_wherever_the_keys_are(tmp_path_factory, some, random):
    """Other tools sort or shuffle the keys of a file: the head may come behind the rows."""
    path = tmp_path_factory.mktemp("shuffled") / "r.json"
    write_results(path, HEAD, lambda: map(raw_row, some))

    def shuffled(value: object) -> object:
        if isinstance(value, dict):
            keys = list(value)
            random.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(one) for one in value] if isinstance(value, list) else value

    path.write_text(json.dumps(shuffled(json.loads(path.read_text())), indent=2))
    assert read_rows(path) == tuple(some)


def test_what_rows_share_is_in_the_file_once(tmp_path):
    """Environment and models of two boards, whatever the number of rows; each row refers to its own."""
    boards = {"orin": BOARD, "nano": replace(BOARD, board="Nano")}
    some = [whole_row(k, device=name, board=board) for name, board in boards.items() for k in range(1, 11)]
    path = tmp_path / "r.json"
    write_results(path, HEAD, lambda: map(raw_row, some))
    document = json.loads(path.read_text())
    assert len(document[KEY]["shared"]) == 3  # two environments; all have the same models
    assert path.read_text().count("Cortex-A78AE") == 2
    assert read_rows(path) == tuple(some)


def test_a_reference_that_leads_nowhere_is_told(tmp_path):
    """A head that another tool has cut."""
    path = tmp_path / "r.json"
    write_results(path, HEAD, lambda: [raw_row(whole_row(1))])
    document = json.loads(path.read_text())
    del document[KEY]
    path.write_text(json.dumps(document))
    with pytest.raises(RecordError, match=r"r.json: test\[.*its environment is in the file's head.*not there"):
        read_rows(path)


@pytest.mark.parametrize("refs", ["90c2", {"environment": []}, {"environment": {"device": None}}])
def test_a_reference_that_is_no_hash_is_told(tmp_path, refs):
    """Neither a traceback nor a row without its environment."""
    record = {"version": 2, "shared": refs}
    path = plain_file(tmp_path / "r.json", [{"name": "row", "fullname": "t.py::row", "extra_info": {KEY: record}}])
    with pytest.raises(RecordError, match=r"r.json: row: shared is .*by its hash"):
        read_rows(path)


def test_a_byte_order_mark_is_passed_over(tmp_path):
    """Editors of another system put one before the text."""
    path = plain_file(tmp_path / "r.json", [raw_row(measured_row(1))])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_rows(path) == (measured_row(1),)


def test_a_pipe_is_told_what_to_do(tmp_path):
    """`configspec rank <(zcat results.json.gz)`: what was read once is gone."""
    read_end, write_end = os.pipe()
    os.close(write_end)
    try:
        with pytest.raises(RecordError, match=r"a pipe or a device.*into a file first"):
            read_rows(Path(f"/proc/self/fd/{read_end}"))
    finally:
        os.close(read_end)


def test_a_row_of_ten_tokens_is_small(tmp_path):
    """Under 5 kB in the file, with 20 rounds and 24 prompts."""
    row = whole_row(10)
    times = tuple(0.123456789 + 1e-9 * one for one in range(20))
    round_s = median_estimate(times)
    timed = replace(row.drafting, tokens_per_s=tokens_per_s(10, round_s), round_s=round_s, round_samples_s=times)
    row = replace(row, drafting=timed)
    path = tmp_path / "r.json"
    write_results(path, HEAD, lambda: [{**raw_row(row), "stats": {"data": list(times)}}])
    (line,) = [line for line in path.read_text().splitlines() if line.startswith('{"group"')]
    assert len(line) < 5000


def test_a_file_that_cannot_be_rewritten_stays(tmp_path):
    """It is whole or as it was, and nothing is left beside it."""
    path = tmp_path / "r.json"
    text = plain_file(path, [raw_row(measured_row(1))]).read_text()
    path.write_text(text[:-20])
    with pytest.raises(RecordError, match="cut short"):
        rewrite_results(path)
    assert path.read_text() == text[:-20]
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_leads_to_the_same_file_afterwards(tmp_path):
    """What it leads to is written; modes stay."""
    file = plain_file(tmp_path / "r.json", [raw_row(measured_row(1))])
    file.chmod(0o640)
    link = tmp_path / "last.json"
    link.symlink_to(file)
    rewrite_results(link)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert read_rows(link) == (measured_row(1),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty", "configspec recover"]),
        ("hello", ["not JSON"]),
        ('{"benchmarks": [{"name": "a"', ["cut short", "configspec recover"]),
        ("[1, 2]", ["not a JSON object"]),
        ('{"benchmarks": 3}', ["no list named 'benchmarks'", "--benchmark-json"]),
        ('{"benchmarks": []}', ["0 benchmarks, none measured by configspec"]),
        ('{"benchmarks": [{"fullname": "a", "extra_info": {}}]}', ["1 benchmark, none measured by configspec"]),
        ('{"benchmarks": [3, null]}', ["benchmarks[0]: it is no object"]),
        ('{"benchmarks": [{"name": "a", "extra_info": {}}]}', ["a: it has no fullname"]),
        ('{"benchmarks": [{"fullname": "a", "extra_info": 3}]}', ["a: extra_info is no object"]),
        ('{"benchmarks": [{"fullname": "a", "extra_info": {"configspec": []}}]}', ["a: extra_info.configspec is no"]),
        ('{"benchmarks": []} {"benchmarks": []}', ["a second JSON document", "configspec merge"]),
        ('{"benchmarks": []}\0\0', ["zero bytes follow", "power cut"]),
        ('{"benchmarks": []} 3', ["something follows the JSON: '3'"]),
        ('{"benchmarks": [], "benchmarks": []}', ["the key 'benchmarks' stands twice"]),
        ('{"version": %s, "benchmarks": []}' % ("1" * 5000), ["'version' cannot be read", "4300 digits"]),
        ("[" * 100_000, []),
        ('{"a": ' + "[" * 100_000, ["nested too deeply"]),
    ],
)
def test_a_file_that_holds_no_results_is_told_with_its_name(tmp_path, text, words):
    """Not JSON, cut short, of another tool, without rows: one message each, with what would do."""
    path = tmp_path / "r.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError) as problem:
        read_rows(path)
    assert all(word in str(problem.value) for word in ["r.json", *words])


def test_a_record_that_cannot_be_read_is_told_with_its_row(tmp_path):
    """The file, the test's name and the key."""
    row = {"name": "row", "fullname": "t.py::row", "extra_info": {KEY: {"version": 2}}}
    path = plain_file(tmp_path / "r.json", [row])
    with pytest.raises(RecordError, match=r"r.json: row: the record cannot be read: it has no key device"):
        read_rows(path)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    """With the command that makes a results file."""
    with pytest.raises(RecordError, match=r"no such file.*--benchmark-json"):
        read_rows(tmp_path / "r.json")
    with pytest.raises(RecordError, match="a folder"):
        read_rows(tmp_path)


def test_bytes_that_are_no_text_are_told(tmp_path):
    """A GGUF named by mistake, for example."""
    (tmp_path / "r.json").write_bytes(b"GGUF\xff\xfe")
    with pytest.raises(RecordError, match="not text"):
        read_rows(tmp_path / "r.json")


@given(cut=st.integers(1, 400))
def test_a_file_cut_anywhere_is_a_record_error(tmp_path_factory, cut):
    """Wherever the copy stopped."""
    text = json.dumps({"benchmarks": [{"name": "a" * 300, "extra_info": {}}], "version": "5"})
    path = tmp_path_factory.mktemp("cut") / "r.json"
    path.write_text(text[: min(cut, len(text) - 1)])
    with pytest.raises(RecordError, match=r"cut short|not JSON"):
        read_rows(path)
