"""Runs of two commands in turn: the order, what is kept, and what is made again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.histories.interleaved_runs import PLAN, Plan, Slot, make_plan, planned, run_missing, slots

A, B = "measure --out {out}", "measure 'b b' --out={out}"


@given(st.integers(1, 60), st.integers(0, 2**32))
def test_the_order_is_in_turn(sessions, seed):
    """As many of each; no more than two of one side one after another; the same for the same seed."""
    plan = make_plan(A, B, sessions=sessions, seed=seed)
    assert plan.order.count("base") == plan.order.count("new") == sessions
    text = "".join(side[0] for side in plan.order)
    assert "bbb" not in text
    assert "nnn" not in text
    assert make_plan(A, B, sessions=sessions, seed=seed) == plan


def test_which_side_begins_is_drawn():
    """Over many seeds each does."""
    first = {make_plan(A, B, sessions=2, seed=seed).order[0] for seed in range(20)}
    assert first == {"base", "new"}


@pytest.mark.parametrize(
    ("base", "sessions", "says"),
    [
        ("measure", 2, "the first command does not say where its results go"),
        ("measure '{out}", 2, "cannot be split into words"),
        (A, 0, "1 to 60 runs a side"),
        (A, 61, "1 to 60 runs a side"),
    ],
)
def test_what_cannot_be_run_is_refused(base, sessions, says):
    """Before anything is."""
    with pytest.raises(UsageError, match=says):
        make_plan(base, B, sessions=sessions, seed=1)


def writing(slot: Slot) -> int:
    """A command that works."""
    slot.partial.write_text(slot.name, encoding="utf-8")
    return 0


def heard(_: Slot) -> None:
    """Nobody listens."""


def plan_in(folder: Path, sessions: int = 2) -> Plan:
    return planned(folder, make_plan(A, B, sessions=sessions, seed=5), seed_given=True)


def test_every_run_is_made_in_its_place(tmp_path):
    """With its command's words, and no shell."""
    plan = plan_in(tmp_path)
    found = [one.slot for one in run_missing(tmp_path, plan, writing, heard)]
    assert [one.name[:-3] for one in found] == list(plan.order)
    assert sorted(path.name for path in tmp_path.glob("*.json")) == [
        *("base-01.json", "base-02.json", "new-01.json", "new-02.json")
    ]
    of_new = next(one for one in slots(tmp_path, plan) if one.name == "new-01")
    assert of_new.arguments == ("measure", "b b", f"--out={of_new.partial}")


def test_what_is_finished_is_kept_and_what_failed_is_made_again(tmp_path):
    """A failure is told, and what it left is no run."""
    plan = plan_in(tmp_path)

    def failing(slot: Slot) -> int:
        slot.partial.write_text("half", encoding="utf-8")
        return 1 if slot.name == "base-02" else 0

    problems = {one.slot.name: one.problem for one in run_missing(tmp_path, plan, failing, heard)}
    assert problems.pop("base-02") == "its command ended with 1"
    assert not any(problems.values())
    assert not list(tmp_path.glob("*.partial"))
    assert [one.slot.name for one in run_missing(tmp_path, plan, writing, heard)] == ["base-02"]


def test_a_command_that_writes_nothing_failed(tmp_path):
    """Though it ended with 0."""
    first = next(run_missing(tmp_path, plan_in(tmp_path), lambda _: 0, heard))
    assert first.problem == "its command wrote nothing to {out}"


def test_two_failures_in_a_row_stop(tmp_path):
    """Nothing works then, and hours on a board would be lost."""
    assert len(list(run_missing(tmp_path, plan_in(tmp_path, 8), lambda _: 3, heard))) == 2


def test_an_interruption_keeps_what_is_finished(tmp_path):
    """The run that was at work is made again."""
    plan = plan_in(tmp_path)

    def interrupted(slot: Slot) -> int:
        if slot.name == "new-02":
            raise KeyboardInterrupt
        return writing(slot)

    with pytest.raises(KeyboardInterrupt):
        list(run_missing(tmp_path, plan, interrupted, heard))
    assert not (tmp_path / "new-02.json").exists()
    assert list(run_missing(tmp_path, plan, writing, heard))


def test_the_plan_of_a_folder_goes_on(tmp_path):
    """Its own seed, where none is given; other commands or another number of sessions are other runs."""
    first = plan_in(tmp_path)
    again = make_plan(A, B, sessions=2, seed=99)
    assert planned(tmp_path, again, seed_given=False) == first
    with pytest.raises(UsageError, match="is of other runs: 2 sessions"):
        planned(tmp_path, again, seed_given=True)
    with pytest.raises(UsageError, match="is of other runs"):
        planned(tmp_path, make_plan(A, A, sessions=2, seed=5), seed_given=False)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 2}', "\x00", '{"format": 1, "base": 3}', "[" * 9999])
def test_a_damaged_plan_is_told(tmp_path, text):
    """And nothing is run."""
    (tmp_path / PLAN).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="Name another folder"):
        plan_in(tmp_path)
