"""A cell that is measured again: anew, and the first rows stay what they were; or with more passes beside the first."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cells import ONE_THREAD, cell

from configspec.profiling.session import ProfilingSession
from configspec.records.row import Row
from configspec.testbed.prompts_spec import PromptsSpec

pytestmark = pytest.mark.real

KS = (1, 2)


def test_it_is_timed_anew_and_the_first_rows_stay(small_inventory, cache):
    """As many passes, other times, the same counts; the session still has the first rows, and no visit more."""
    with ProfilingSession(small_inventory, cache, lambda text: None, ONE_THREAD) as session:
        first = session.rows(cell("xs"), KS)
        again = [session.again(cell("xs"), KS) for _ in range(2)]
        assert session.rows(cell("xs"), KS) is first
    samples = {rows[2].drafting.round_samples_s for rows in (first, *again)}
    assert len(samples) == 3
    assert len({rows[2].acceptance.accepted for rows in (first, *again)}) == 1
    for rows in again:
        assert set(rows) == set(KS)
        passes = rows[2].drafting.passes
        assert passes is not None
        assert len(passes) >= small_inventory.sweep.passes


def test_it_needs_no_first_measurement(small_inventory, cache):
    """As where the first rows were resumed; the device's cells are then measured as if nothing had been."""
    with ProfilingSession(small_inventory, cache, lambda text: None, ONE_THREAD) as session:
        again = session.again(cell("xs"), KS)
        assert session.rows(cell("xs"), KS)[2].drafting.round_samples_s != again[2].drafting.round_samples_s


def test_more_passes_stand_beside_the_first(small_inventory, cache):
    """The first are what they were, and the session has the new rows from then on."""
    with ProfilingSession(small_inventory, cache, lambda text: None, ONE_THREAD) as session:
        first = passes_of(session.rows(cell("xs"), KS)[2])
        more = session.more(cell("xs"), KS, passes=2)
        assert session.rows(cell("xs"), KS) is more
    found = passes_of(more[2])
    assert found[: len(first)] == first
    assert len(found) >= len(first) + 2
    assert more[1].acceptance.accepted is not None


def test_more_passes_need_no_first_ones(small_inventory, cache):
    """Then those of a sweep are made too."""
    with ProfilingSession(small_inventory, cache, lambda text: None, ONE_THREAD) as session:
        assert len(passes_of(session.more(cell("xs"), KS, passes=1)[1])) >= small_inventory.sweep.passes + 1


def test_passes_of_a_session_that_was_killed_count(small_inventory, cache, tmp_path):
    """What it timed is on the disk: the next session times so many more, and none of them anew."""
    options = replace(ONE_THREAD, visits=tmp_path)
    killed = ProfilingSession(small_inventory, cache, lambda text: None, options)
    try:
        before = passes_of(killed.more(cell("xs"), KS, passes=1)[2])
    finally:
        killed.close()
    with ProfilingSession(small_inventory, cache, lambda text: None, options) as session:
        found = passes_of(session.more(cell("xs"), KS, passes=1)[2])
    assert found[: len(before)] == before
    assert len(found) in (len(before) + 1, len(before) + 2)  # one more where they disagree


def test_more_prompts_stand_behind_the_first(small_inventory, cache):
    """Of every K, over the same prompts, whatever was timed. What does not ask for them is counted as the sweep is."""
    spec = replace(small_inventory.sweep.prompts, limit=3)
    inventory = replace(small_inventory, sweep=replace(small_inventory.sweep, prompts=spec))
    with ProfilingSession(inventory, cache, lambda text: None, ONE_THREAD) as session:
        first = session.rows(cell("xs"), KS)
        assert session.more_prompts.ask("tiny-llama", 2) == 2
        found = session.recounted(cell("xs"), list(first.values()), prompts=2)
        timed = session.more(cell("xs"), KS, passes=1, prompts=2)
        plain = [session.again(cell("xs"), KS), session.rows(cell("s"), KS), session.more(cell("s"), KS, passes=1)]
        assert session.more_prompts.ask("tiny-llama", 99, may_go_on=lambda: False) == 2
        assert session.more_prompts.ask("tiny-llama", 99) == 3
        assert not session.more_prompts.are_left("tiny-llama")
    for rows in plain:
        assert {row.acceptance.prompts_sha256 for row in rows.values()} == {first[1].acceptance.prompts_sha256}
    for row in found:
        counted, then = row.acceptance, first[row.k].acceptance
        assert counted.by_prompt[:3] == then.by_prompt
        assert counted.asked is not None
        assert (len(counted.by_prompt), counted.asked.prompts) == (5, 5)
        assert row.drafting == first[row.k].drafting
        assert timed[row.k].acceptance.by_prompt == counted.by_prompt
        assert counted.prompts_sha256 == timed[row.k].acceptance.prompts_sha256 != then.prompts_sha256
        assert [one.numbers for one in row.flags if one.code == "few_prompts"] == [(("prompts", 5), ("needed", 10))]


def test_more_prompts_that_do_not_fit_are_passed_over(small_inventory, cache, tmp_path):
    """The others are asked, and no error is made of it: the sweep's own are told before."""
    path = tmp_path / "two.jsonl"
    texts = {"a": "import os\n", "long": "def f(): pass\n" * 999, "b": "import sys\n", "c": "class A:\n"}
    path.write_text("".join(json.dumps({"id": name, "prompt": text}) + "\n" for name, text in texts.items()))
    sweep = replace(small_inventory.sweep, prompts=PromptsSpec(path=path, limit=1))
    with ProfilingSession(replace(small_inventory, sweep=sweep), cache, lambda text: None, ONE_THREAD) as session:
        assert session.more_prompts.ask("tiny-llama", 99) == 2
        family = session.workbench.family("tiny-llama")
        assert sorted(one.id for one in session.more_prompts.text(family, 99).prompts) == ["a", "b", "c"]


def passes_of(row: Row) -> list[tuple[float, ...]]:
    """The rounds of each."""
    return [one.round_samples_s for one in row.drafting.passes or ()]
