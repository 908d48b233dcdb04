"""The rows that `--refine` makes of what a session measures more: each device counts over the prompts that it asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from bare_run import bare_run
from example_rows import whole_row

from configspec.profiling.session import ProfilingSession
from configspec.pytest_plugin.refined_measuring import MeasuringRows, all_in_use
from configspec.records.row import Row
from configspec.testbed.prompts_spec import PromptsSpec
from configspec.theory.ids import Cell

SWEPT = 24  # prompts of the example rows
CONFIG = cast(pytest.Config, None)  # a session that is there needs none


def counted_over(row: Row, prompts: int) -> Row:
    """The row as it is counted over so many prompts behind those of its sweep: one round each, nothing accepted."""
    counted = whole_row(row.k, device=row.device).acceptance
    assert counted.rounds is not None
    assert counted.accepted is not None
    assert counted.asked is not None
    rounds = counted.rounds + prompts
    rate = counted.accepted / (rounds * row.k)
    return replace(
        row,
        acceptance=replace(
            counted,
            rounds=rounds,
            drafted=rounds * row.k,
            rate=replace(counted.rate, value=rate, low=0.0, high=1.0),
            by_prompt=(*counted.by_prompt, *[(1, 0)] * prompts),
            prompts_sha256=sha256_of(prompts),
            asked=replace(counted.asked, categories=(*counted.asked.categories, *[("more", 1)] * prompts)),
            prompts=SWEPT + prompts,
        ),
    )


def sha256_of(prompts: int) -> str | None:
    """Of the sweep's, and so many behind them."""
    swept = whole_row(2).acceptance.prompts_sha256
    return f"{prompts:064x}" if prompts else swept


@dataclass
class StandInSession:
    """Knows prompts by their number; `left` may still be asked."""

    left: int
    count: int = 0
    workbench: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(family=lambda name: name))

    @property
    def more_prompts(self) -> StandInSession:
        return self

    def asked(self, family: str) -> int:
        return self.count

    def are_left(self, family: str) -> bool:
        return self.left > 0

    def ask(self, family: str, count: int, *, may_go_on: Callable[[], bool]) -> int:
        while self.count < count and self.left and may_go_on():
            self.count, self.left = self.count + 1, self.left - 1
        return self.count

    def text(self, family: str, count: int) -> SimpleNamespace:
        count = min(count, self.count)
        return SimpleNamespace(prompts_sha256=sha256_of(count), prompts=[None] * (SWEPT + count))

    def recounted(self, cell: Cell, rows: Sequence[Row], *, prompts: int) -> list[Row]:
        return [counted_over(row, prompts) for row in rows]

    def more(self, cell: Cell, ks: Sequence[int], *, passes: int, prompts: int) -> dict[int, Row]:
        return {k: counted_over(whole_row(k, device=cell.device), prompts) for k in ks}


def measuring(session: StandInSession, device: str = "orin", rows: Sequence[Row] = ()) -> MeasuringRows:
    """Of a device whose sweep has K 2 and 4 of one cell, or of these rows."""
    swept = rows or [replace(whole_row(k, device=device), outcome="passed") for k in (2, 4)]
    run = bare_run()
    run.plan = replace(run.plan, ks={row.cell: (2, 4) for row in swept})
    run.session = cast(ProfilingSession, session)
    return MeasuringRows(run, CONFIG, {row.id: row for row in swept}, "goodput")


def go_on() -> bool:
    return True


def prompts_of(rows: MeasuringRows) -> set[tuple[int, int]]:
    """Of all rows, over how many they are counted, and how many of these are said to be more than the sweep's."""
    every = rows.rows.values()
    return {(len(row.acceptance.by_prompt), 0 if row.refined is None else row.refined.prompts) for row in every}


def test_each_device_counts_over_the_prompts_that_it_asked() -> None:
    """Though another one of the family, in the same process, has asked more; they are there when it asks itself."""
    session = StandInSession(left=9)
    first, second = measuring(session), measuring(session, "rpi5")
    first.ask("pair", 5, go_on)
    assert (prompts_of(first), prompts_of(second)) == ({(SWEPT + 5, 5)}, {(SWEPT, 0)})
    (cell,) = {row.cell for row in second.rows.values()}
    second.time(cell, 1)
    assert prompts_of(second) == {(SWEPT, 0)}
    second.ask("pair", 3, go_on)
    assert (prompts_of(second), session.count) == ({(SWEPT + 3, 3)}, 5)
    second.time(cell, 1)
    assert prompts_of(second) == {(SWEPT + 3, 3)}
    assert {row.outcome for row in second.rows.values()} == {"passed"}


def test_rows_that_differ_in_their_prompts_are_counted_over_the_same_ones() -> None:
    """As where some were resumed, and others measured again."""
    first = measuring(StandInSession(left=9))
    first.ask("pair", 4, go_on)
    resumed, again = first.rows.values()
    second = measuring(StandInSession(left=9), rows=[resumed, whole_row(again.k)])
    second.go_on(go_on)
    assert prompts_of(second) == {(SWEPT + 4, 4)}
    assert set(second.made) == {again.id}


def test_what_an_earlier_run_counted_over_more_prompts_stays() -> None:
    """Where these can no longer be asked, also where the cell is timed again."""
    first = measuring(StandInSession(left=9))
    first.ask("pair", 4, go_on)
    second = measuring(StandInSession(left=2), rows=list(first.rows.values()))
    second.go_on(go_on)
    second.time(next(iter(second.rows.values())).cell, 1)
    assert prompts_of(second) == {(SWEPT + 4, 4)}
    assert {row.refined.sweep_prompts_sha256 for row in second.rows.values() if row.refined} == {sha256_of(0)}


def test_no_more_is_asked_where_the_time_is_over() -> None:
    """What was asked till then counts."""
    session = StandInSession(left=9)
    rows = measuring(session)
    rows.ask("pair", 5, lambda: session.count < 2)
    assert prompts_of(rows) == {(SWEPT + 2, 2)}
    assert rows.no_prompts("pair") is None


@pytest.mark.parametrize(
    ("spec", "used", "told"),
    [
        (PromptsSpec(), 24, "all 24 prompts, of the set that configspec carries, are in use: name one that has more"),
        (PromptsSpec(limit=3), 20, "all 20 of 24 prompts that fit, of the set that configspec carries, are in use"),
    ],
)
def test_where_all_are_in_use_it_is_said_what_to_do(spec: PromptsSpec, used: int, told: str) -> None:
    """Of the set that everybody has."""
    assert all_in_use(spec, used).startswith(told)


def test_a_file_whose_prompts_are_all_in_use_is_named(tmp_path: Path) -> None:
    """With its categories, where only some are asked."""
    path = tmp_path / "p.jsonl"
    path.write_text('{"prompt": "a", "category": "x"}\n{"prompt": "b", "category": "y"}\n')
    assert all_in_use(PromptsSpec(path=path), 2) == (
        "all 2 prompts of p.jsonl are in use: add prompts to it (sweep.prompts)"
    )
    assert all_in_use(PromptsSpec(path=path, categories=("x",)), 1) == (
        "the only prompt of p.jsonl in its categories is in use: add prompts to it, or take more categories "
        "(sweep.prompts)"
    )
