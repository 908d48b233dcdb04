"""`--refine` on a real device with a small model: what is measured more is in the rows, also after `--resume`."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from small_testbed import SmallTestbed

from configspec.records.reader import read_rows
from configspec.records.row import Row
from configspec.results import Results

pytest.importorskip("llama_cpp")
pytest.importorskip("torch")
pytest.importorskip("xdist")
pytestmark = pytest.mark.real

PASSES, ASKED, IN_FILE = 2, 3, 12
DEADLINE_S = 120
ASKS = """
import json, pytest

@pytest.mark.hil
@pytest.mark.parametrize("name", ["here"], ids=["dev:here:"])
def test_claim(results, name):
    (found,) = results.rank("cost", device=name)
    with open("told.json", "w") as out:
        json.dump([[one.configuration.id, one.value] for one in found.places], out)
"""


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> SmallTestbed:
    """One draft in several ways, which differ in their times alone."""
    return SmallTestbed(
        tmp_path_factory.mktemp("timed"),
        drafts=["xs"],
        device=", cache_type_k: [f16, q8_0], fa: 1",
        family="quants: [Q8_0, F16], serving: {verify_s: 0.00005}",
        sweep=f"k: 1..2, prompts: prompts.jsonl, new_tokens: 12, passes: {PASSES}",
        prompts=IN_FILE,
    )


@pytest.fixture
def asked(tmp_path: Path) -> SmallTestbed:
    """Two drafts that were asked few of the prompts there are: by cost, no time tells them apart."""
    return SmallTestbed(
        tmp_path,
        drafts=["xs", "s"],
        family="quants: [Q8_0]",
        sweep=f"k: 1..2, prompts: {{path: prompts.jsonl, limit: {ASKED}}}, new_tokens: 24, passes: {PASSES}",
        prompts=IN_FILE,
    )


def added(row: Row) -> int:
    """Passes that the sweep did not make; where passes disagreed, it made one more."""
    return 0 if row.refined is None else row.refined.passes


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_the_rows_hold_all_passes_and_a_resumed_run_goes_on(timed: SmallTestbed, workers: str) -> None:
    """Whatever luck had to be told apart: passes and `refined` agree, for all K of a cell, and nothing gets less."""
    rows, told = timed.measure("r.json", workers, "--refine", "goodput", "--refine-budget", "5")
    assert "refined by goodput: here: " in told
    assert "not refined" not in told
    assert len(rows) == 8
    for row in rows:
        assert len(row.drafting.passes or ()) in (PASSES + added(row), PASSES + 1)
    assert len({(row.cell, added(row)) for row in rows}) == 4
    resumed, told = timed.measure("r2.json", workers, "--resume", "last", "--refine", "goodput", "--refine-budget", "5")
    before = {row.id: len(row.drafting.passes or ()) for row in rows}
    for row in resumed:
        passes = len(row.drafting.passes or ())
        assert passes == before[row.id] if row.resumed is not None else passes > before[row.id]
        assert row.outcome == "passed"
    assert "8 rows resumed" in told or any(row.resumed is None for row in resumed)


def test_the_results_file_and_the_journal_have_the_same_rows(timed: SmallTestbed) -> None:
    """Those that were refined."""
    rows, _ = timed.measure("r3.json", "--refine", "goodput", "--refine-budget", "5")
    assert {row.id: row.refined for row in read_rows(timed.journal)} == {row.id: row.refined for row in rows}


def more_prompts(rows: list[Row]) -> int:
    """How many more prompts the rows were asked, all of them the same."""
    counted = {(row.acceptance.prompts_sha256, len(row.acceptance.by_prompt)) for row in rows}
    assert len(counted) == 1
    (found,) = {0 if row.refined is None else row.refined.prompts for row in rows}
    assert counted.pop()[1] == ASKED + found
    return found


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_more_prompts_are_asked_of_all_drafts_and_tests_of_results_see_them(asked: SmallTestbed, workers: str) -> None:
    """Where passes would not tell them apart; no cell is timed again for it. What is resumed is asked no less."""
    (asked.folder / "test_a_claim.py").write_text(ASKS)
    rows, told = asked.measure("r.json", workers, "--refine", "cost", "--refine-budget", "60")
    more = more_prompts(rows)
    assert more > 0
    assert f"refined by cost: here: {more} more prompt" in told
    assert {row.acceptance.asked and row.acceptance.asked.prompts for row in rows} == {ASKED + more}
    assert all(row.refined is not None and row.refined.passes == 0 for row in rows)
    assert all(len(row.drafting.passes or ()) in (PASSES, PASSES + 1) for row in rows)
    assert all(row.acceptance.prompt_s is not None for row in rows)
    (ranked,) = Results.read(asked.folder / "r.json").rank("cost")
    of_claim = json.loads((asked.folder / "told.json").read_text())
    assert of_claim == [[one.configuration.id, one.value] for one in ranked.places]
    resumed, told = asked.measure("r2.json", workers, "--resume", "last", "--refine", "goodput")
    assert "4 rows resumed" in told
    assert more_prompts(resumed) >= more


def test_where_all_prompts_are_in_use_the_run_says_which_file_wants_more(asked: SmallTestbed) -> None:
    """Nothing is measured again for it."""
    inventory = asked.folder / "devices.yaml"
    inventory.write_text(
        inventory.read_text().replace(f", limit: {ASKED}", "").replace("new_tokens: 24", "new_tokens: 3")
    )
    prompts = asked.folder / "prompts.jsonl"
    prompts.write_text("".join(prompts.read_text().splitlines(keepends=True)[:ASKED]))
    rows, told = asked.measure("r.json", "--refine", "cost")
    assert not any(row.refined for row in rows)
    assert (
        "only more prompts, no passes, would tell the rest from the best, and "
        f"all {ASKED} prompts of prompts.jsonl are in use: add prompts to it (sweep.prompts)"
    ) in told


def texts(testbed: SmallTestbed) -> Mapping[Path, int]:
    """What the target has written, by when."""
    return {path: path.stat().st_mtime_ns for path in (testbed.folder / "cache" / "text").glob("*.json")}


def test_a_run_that_is_killed_while_it_refines_loses_nothing_and_measures_nothing_twice(asked: SmallTestbed) -> None:
    """`kill -9` after a prompt more was asked: the next run takes all rows over, and has that text."""
    with asked.started("r.json", "--refine", "cost") as process:
        end_s = time.monotonic() + DEADLINE_S
        while len(texts(asked)) < 2:  # the first is the sweep's
            assert process.poll() is None
            assert time.monotonic() < end_s
            time.sleep(0.01)
        process.kill()
    assert not (asked.folder / "r.json").exists()
    before, swept = texts(asked), {row.id: row for row in read_rows(asked.journal)}
    rows, told = asked.measure("r2.json", "--resume", "last", "--refine", "cost")
    assert "4 rows resumed" in told
    assert more_prompts(rows) >= len(before) - 1
    assert {path: when for path, when in texts(asked).items() if path in before} == before
    for row in rows:
        assert row.drafting == swept[row.id].drafting
        assert row.acceptance.by_prompt[:ASKED] == swept[row.id].acceptance.by_prompt
