"""Files that real runs wrote, of every version: each row of them is read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rewriting import rewrite_results

from configspec.errors import RecordError
from configspec.records.codec import from_record, to_record
from configspec.records.opening import open_rows
from configspec.records.reader import read_rows
from configspec.records.results_file import write_results
from configspec.records.samples import carry_samples, samples_folder
from configspec.records.setup import setup_of
from configspec.records.shared import record_of, with_record
from configspec.records.version_1 import METHODS, times_of_version_1

FOLDER = Path(__file__).parents[2] / "fixtures" / "recordings" / "records"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in (".json", ".jsonl"))
OLD = [path for path in FILES if path.name.startswith("version-1")]
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
each_old = pytest.mark.parametrize("path", OLD, ids=lambda path: path.name)


def holds(new: object, old: object) -> bool:
    """Whether all of `old` is in `new`, at any depth: fields may have come with later versions."""
    if not isinstance(old, dict):
        return new == old
    return isinstance(new, dict) and all(key in new and holds(new[key], value) for key, value in old.items())


def test_there_is_a_results_file_and_a_journal_of_version_1():
    """Else the tests below would claim nothing."""
    assert {path.suffix for path in OLD} == {".json", ".jsonl"}


@each
def test_every_row_is_read_and_is_the_same_after_writing(path):
    """As version 2 then, whatever it was."""
    rows = read_rows(path)
    assert len(rows) == len(list(open_rows(path).raw_rows())) > 0
    for row in rows:
        assert from_record(json.loads(json.dumps(to_record(row))), "here") == row


@each
def test_every_row_has_figures_that_rankings_need(path):
    """A time, a rate, and where it comes from."""
    for row in read_rows(path):
        it = row.configuration
        assert it.round_s.value > 0
        assert 0 <= it.acceptance.rate.value <= 1
        assert (row.environment.device is None) == (row.drafting.method == "replay")
        assert setup_of(row) == setup_of(replace(row, flags=()))


@each
def test_rewriting_loses_nothing(path, tmp_path):
    """Neither a row nor a key, and the records stay of the version that they are of."""
    if path.suffix == ".jsonl":
        return
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    rewrite_results(copy)
    before, after = open_rows(path), open_rows(copy)
    assert after.head == before.head
    assert list(after.raw_rows()) == list(before.raw_rows())
    assert read_rows(copy) == read_rows(path)


@each
def test_every_side_file_lies_beside(path, tmp_path):
    """And can be carried elsewhere."""
    refs = [row.samples for row in read_rows(path)]
    assert carry_samples(refs, samples_folder(path), tmp_path) == ()


@each
def test_a_row_is_small_in_the_file(path, tmp_path):
    """Under 6 kB each as version 2, whichever K; one that was decoded for real is the largest."""
    file = open_rows(path)
    rows = [with_record(entry.raw, to_record(entry.row)) for entry in file.entries() if entry.row is not None]
    write_results(tmp_path / "r.json", {}, lambda: rows)
    *_, written = (tmp_path / "r.json").read_text().partition('"benchmarks": [\n')
    assert max(map(len, written.splitlines())) < 6000


@each_old
def test_version_1_says_the_same_as_it_did(path):
    """Every figure, sentence and fact that a record of version 1 holds is in the row."""
    for entry in open_rows(path).entries():
        record = record_of(entry.raw)
        assert entry.row is not None
        assert record is not None
        new = json.loads(json.dumps(to_record(entry.row)))
        old = json.loads(json.dumps(record))
        assert old["version"] == 1
        drafting, acceptance = old["drafting"], old["acceptance"]
        token_s = drafting.pop("token_samples_s")
        assert METHODS[drafting.pop("method")] == new["drafting"]["method"]
        acceptance.pop("rule")  # also in `decoding`
        assert drafting.items() <= new["drafting"].items()
        assert acceptance.items() <= new["acceptance"].items()
        assert [dict(one["numbers"])["text"] for one in new["flags"]] == old["quality"]["flags"]
        for key in ("device", "family", "draft", "quant", "k", "provenance", "verification", "outcome"):
            assert new[key] == old[key]
        assert (new["end_to_end"] is None) == (old["end_to_end"] is None)
        if old["end_to_end"] is not None:
            assert holds(new["end_to_end"], old["end_to_end"])
        assert old["serving"].items() <= new["serving"].items()
        assert old["power"].items() <= new["power"].items()
        for key in ("environment", "models"):
            assert holds(new[key], old[key])
        times = times_of_version_1(record)
        assert (token_s == []) if times is None else ([list(one) for one in times.rounds[0].token_s] == token_s)


@each_old
@pytest.mark.parametrize("key", ["drafting", "quality", "device", "acceptance"])
def test_a_record_of_version_1_that_lost_a_key_is_told(path, key):
    """With the key, as of version 2."""
    record = record_of(next(open_rows(path).raw_rows()))
    assert record is not None
    with pytest.raises(RecordError, match=f"no key {key}"):
        from_record({name: value for name, value in record.items() if name != key}, "here")


def test_a_journal_and_its_results_file_say_the_same():
    """Both of one run."""
    results, journal = (next(path for path in OLD if path.suffix == suffix) for suffix in (".json", ".jsonl"))
    assert sorted(read_rows(results), key=str) == sorted(read_rows(journal), key=str)
