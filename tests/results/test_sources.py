"""Where results come from: files that change, are damaged, or hold no rows; and what is told then."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from judged_runs import made_run
from run_files import board_run
from weighed import paper_results

from configspec import Results
from configspec.errors import RecordError, UsageError
from configspec.histories.compact import content
from configspec.histories.reading import read_run


def test_a_file_is_read_once_and_for_all(tmp_path):
    """Asked again after it is gone, it answers as before."""
    path = paper_results(tmp_path / "results.json")
    results = Results.read(path)
    before = results.rank("goodput")
    os.unlink(path)
    assert results.rank("goodput") == before


def test_a_file_that_changes_between_reading_and_asking_is_refused(tmp_path):
    """Answers of one object are of one file."""
    results = Results.read(board_run(tmp_path / "run.json"))
    board_run(tmp_path / "run.json", 1.5)
    with pytest.raises(RecordError, match=r"run\.json: another file than the one that was read"):
        results.rank()
    with pytest.raises(RecordError, match="another file"):
        results.run()


def test_a_file_that_is_gone_before_it_is_asked_is_told(tmp_path):
    """With what would do."""
    results = Results.read(board_run(tmp_path / "run.json"))
    os.unlink(tmp_path / "run.json")
    with pytest.raises(UsageError, match="gone since it was read"):
        results.rank()


def test_what_was_left_out_is_there_and_strict_refuses_it(tmp_path):
    """A row with a value that cannot be."""
    path = paper_results(tmp_path / "results.json")
    document = json.loads(path.read_text())
    document["benchmarks"][0]["extra_info"]["configspec"]["drafting"]["tokens_per_s"]["value"] = -1
    path.write_text(json.dumps(document))
    results = Results.read(path)
    assert len(results.left_out) == 1
    assert "results.json" in results.left_out[0]
    assert len(results.rank("goodput")) == 6
    with pytest.raises(RecordError, match=r"results\.json"):
        Results.read(path, strict=True)
    assert Results.read(paper_results(tmp_path / "whole.json"), strict=True).left_out == ()


def test_a_compact_run_has_choices_and_no_rows(tmp_path):
    """It can be asserted, and says what can be ranked."""
    run = read_run(Path(board_run(tmp_path / "run.json")), choices=True)
    compact = tmp_path / "run.configspec.json"
    compact.write_bytes(content(run, counts=True))
    results = Results.read(compact)
    assert results.run().chosen
    assert results.left_out == ()
    with pytest.raises(UsageError, match="has values and choices, and no rows"):
        results.rank()


def test_a_run_that_is_given_has_no_rows():
    """It says who reads them."""
    with pytest.raises(UsageError, match=r"its rows are not there. Results\.read reads a file with them"):
        Results.of(made_run(1)).rank()


def test_rows_that_contradict_each_other_cannot_be_ranked(tmp_path):
    """Two boards under one name, as for `configspec rank`."""
    path = paper_results(tmp_path / "results.json")
    document = json.loads(path.read_text())
    document["benchmarks"][1]["extra_info"]["configspec"]["environment"]["profile"] = "another.json"
    path.write_text(json.dumps(document))
    with pytest.raises(RecordError, match="mean different things by"):
        Results.read(path).rank()
