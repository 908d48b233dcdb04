"""What rows share is what its hash says, or the rows that refer to it are left out by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from any_rows import rows
from example_rows import BOARD, raw_row, whole_row
from hypothesis import given, settings

from configspec.records.left_out import LeftOutList
from configspec.records.reader import read_each
from configspec.records.results_file import write_results
from configspec.records.row import Row
from configspec.records.shared import CHANGED, SHARED, SharedFacts, checked_facts, is_of_hash, record_of

HEAD = {"datetime": "2026-01-01"}
ORIN, NANO = whole_row(1), whole_row(2, device="nano", board=replace(BOARD, board="Nano"))


def as_written(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def as_another_tool(path: Path, old: str, new: str) -> None:
    as_written(path, old, new)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1, sort_keys=True))


@pytest.mark.parametrize("changed", [as_written, as_another_tool])
@pytest.mark.parametrize(
    ("old", "new"), [('"Nano"', '"Nanp"'), ('"Nano"', "3"), ('"Nano","cpu_model"', '"Nano","cpu_mode1"')]
)
def test_a_changed_fact_costs_the_rows_that_refer_to_it(
    tmp_path: Path, changed: Callable[[Path, str, str], None], old: str, new: str
) -> None:
    """Whichever way the file is read: another board than the one that was measured is no figure's board."""
    path, left_out = tmp_path / "r.json", LeftOutList()
    write_results(path, HEAD, lambda: map(raw_row, (ORIN, NANO, replace(NANO, k=2, draft="s"))))
    changed(path, old, new)
    assert read_each(path, lambda row: row, left_out) == (ORIN,)
    assert left_out.count == 2
    one = str(left_out.named[0])
    assert "test[dev:nano:-pair-xs-Q8_0-K2]: its environment is in the file's head" in one
    assert "not that of what is there: it was changed since" in one


@settings(max_examples=25)
@given(rows())
def test_numbers_may_be_written_in_another_way(row: Row) -> None:
    """Other tools write 60.0 as 60, and 1e-5 as 0.00001: the same fact."""
    facts = SharedFacts()
    facts.refer(raw_row(row))

    def as_javascript(value: object) -> object:
        if isinstance(value, dict):
            return {key: as_javascript(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [as_javascript(one) for one in value]
        return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value

    assert all(is_of_hash(as_javascript(value), sha256) for sha256, value in facts.values.items())


def test_facts_that_have_changed_places_are_none() -> None:
    """Each is another fact than its hash says."""
    facts = SharedFacts()
    for row in (ORIN, NANO):
        facts.refer(raw_row(row))
    hashes, values = list(facts.values), list(facts.values.values())
    assert checked_facts(facts.values) == facts.values
    turned = checked_facts(dict(zip(hashes, values[1:] + values[:1], strict=True)))
    assert set(turned.values()) == {CHANGED}


@pytest.mark.parametrize("value", ["\ud800", 2**70, [[]] * 3, None, json.loads("[" * 900 + "]" * 900)])
def test_what_never_was_a_fact_has_no_hash(value: object) -> None:
    """No traceback for what JSON can hold and msgspec cannot write."""
    assert not is_of_hash(value, "ab" * 32)


def test_a_record_refers_by_hash() -> None:
    """So that it can be checked."""
    facts = SharedFacts()
    record = record_of(facts.refer(raw_row(ORIN)))
    assert record is not None
    refs = record[SHARED]
    assert isinstance(refs, dict)
    assert set(refs.values()) == set(facts.values)
