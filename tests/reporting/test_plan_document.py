"""What a plan says of cells, texts and time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from configspec.profiling.earlier_times import EarlierTimes
from configspec.profiling.preview import DraftPreview, TextPreview, Unasked
from configspec.reporting.plan_document import PlannedCell, PlannedRefinement, RunPlan, plan_document
from configspec.reporting.terminal import as_text
from configspec.theory.ids import Cell, Drafter

KEPT = DraftPreview(file="kept", acceptance="kept")
TO_MAKE = DraftPreview(file="to make", acceptance="to make")
TEXT = TextPreview(family="pair", prompts=24, new_tokens=96, state="kept", usd=None)


def cell(device: str, draft: str = "xs") -> Cell:
    return Cell(device=device, family="pair", drafter=Drafter(draft=draft, quant="Q8_0"))


def planned(device: str, draft: str = "xs", *, decoded: tuple[int, ...] = ()) -> PlannedCell:
    return PlannedCell(cell=cell(device, draft), ks=(1, 2, 3, 4), decoded=decoded, draft=KEPT)


PLAN = RunPlan(
    cells=(planned("a"), planned("b")),
    texts=(TEXT,),
    earlier=EarlierTimes(),
    bounds_s={"a": 600.0, "b": 600.0},
    beside=1,
)


def said(plan: RunPlan) -> str:
    return as_text(plan_document(plan))


def test_without_earlier_rows_the_time_is_a_bound():
    """One device after the other, or beside each other with workers for both."""
    assert "time: at most 20 min" in said(PLAN)
    assert "2 by the bound on the rounds of a pass, sweep.seconds_per_cell" in said(PLAN)
    assert "time: at most 10 min, 2 devices beside each other" in said(replace(PLAN, beside=2))


def test_each_device_has_its_own_bound():
    """A power meter takes time on the device that has one, and on no other."""
    told = said(replace(PLAN, bounds_s={"a": 1200.0, "b": 600.0}))
    assert "time: at most 30 min" in told
    assert "a: 20 min" in told
    assert "b: 10 min" in told


def test_earlier_rows_take_the_place_of_the_bound_and_are_named():
    """Of cells and of decodings; what they lack is said."""
    cells = (planned("a", decoded=(2, 4)), planned("a", "s"))
    one, other = cells[0].cell, cells[1].cell
    earlier = EarlierTimes(
        cells={one: 120.0, other: 60.0}, decodings={one.at(2): 300.0}, files=[Path("20261124T042547-1-000001.jsonl")]
    )
    told = said(replace(PLAN, cells=cells, earlier=earlier))
    assert "time: about 8 min" in told
    assert "2 of 2 cells as in earlier rows: 20261124T042547-1-000001.jsonl" in told
    assert "1 of 2 real decodings as in earlier rows" in told
    assert "not known: the time of 1 real decoding, which no earlier row has" in told


def test_a_plan_counts_cells_configurations_and_decodings():
    """As the run would."""
    told = said(replace(PLAN, cells=(planned("a", decoded=(1, 4)), planned("b"))))
    assert "2 cells with 8 configurations, of which 2 are also decoded for real; nothing is run now" in told
    assert "1 to 4" in told
    assert "1, 4" in told


def test_a_servers_text_has_a_price():
    """Of all its tokens, since whether they are in the cache is not known before it is asked."""
    served = TextPreview(family="served", prompts=100, new_tokens=500, state="not known", usd=0.03)
    told = said(replace(PLAN, texts=(TEXT, served)))
    assert "at most 50,000 tokens are to be written; at most $0.0300 at the declared price" in told
    assert "nothing is to be written: all is kept" in said(PLAN)


def test_what_only_a_hub_or_a_server_could_tell_is_named_once_with_why():
    """A line for each reason, with all that it is true of; of what is all here there is none."""
    served = TextPreview(
        family="served",
        prompts=1,
        new_tokens=1,
        state="not known",
        usd=0.1,
        unasked=(Unasked(why="token ids", of="served"), Unasked(why="template", of="served")),
    )
    other = replace(served, family="other", unasked=(Unasked(why="template", of="other"),))
    branch, absent = Unasked(why="branch", of="o/here@main"), Unasked(why="absent", of="o/gone@main")
    gone = DraftPreview(file="not known", acceptance="not known", unasked=(absent,))
    drafts = (replace(KEPT, unasked=(branch,)), gone, gone)
    cells = tuple(replace(planned("a", f"d{number}"), draft=draft) for number, draft in enumerate(drafts))
    lines = [line.strip() for line in said(replace(PLAN, cells=cells, texts=(TEXT, served, other))).splitlines()]
    assert [line for line in lines if line.startswith("not known")][-4:] == [
        "not known: what is missing or not whole in the hub's cache (configspec models pull fetches it, as the run "
        "would): o/gone@main",
        "not known: whether these branches of the hub still are what is cached of them: o/here@main",
        "not known: the texts of families whose servers are asked for token ids, as they declare no `tokenizer`: "
        "served",
        "not known: the texts of families whose servers are asked for their chat template, by `chat: auto`: served, "
        "other",
    ]
    assert "hub" not in said(PLAN)
    assert "server" not in said(PLAN)


def test_rows_to_resume_are_looked_at_when_their_turn_comes():
    """So a plan does not know which of them are measured again."""
    assert "not known: which of 30 rows to resume still hold" in said(replace(PLAN, resumable=30))
    assert "resume" not in said(PLAN)


def test_recorded_figures_take_nothing():
    """A plan of them alone has neither texts nor a time."""
    recorded = replace(planned("paper"), draft=None)
    told = said(replace(PLAN, cells=(recorded,), texts=()))
    assert "nothing: recorded" in told
    assert "time:" not in told


def test_what_refining_may_take_is_told_with_what_its_prompts_cost():
    """Its budget, in how many passes and prompts, and the price of these at a server."""
    served = TextPreview(family="served", prompts=100, new_tokens=500, state="not known", usd=0.03)
    one = PlannedRefinement(objective="cost", devices=("a", "b"), budget_s=1800.0, passes=90, prompts=50)
    told = said(replace(PLAN, texts=(TEXT, served), refinement=one))
    assert "refining by cost" in told
    assert "at most 30 min more of each of a, b" in told
    assert "until each was timed 90 times at most; targets write after 50 more prompts at most" in told
    assert "for these prompts: at most $0.0150 at the declared price" in told
    assert "no more prompts: all of the set are in use" in said(replace(PLAN, refinement=replace(one, prompts=0)))
