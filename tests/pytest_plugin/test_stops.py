"""Which cells are visited on the way there: those whose tests will measure, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from configspec.pytest_plugin.asked import Asked
from configspec.pytest_plugin.plan import choose
from configspec.pytest_plugin.run import MeasuringRun
from configspec.pytest_plugin.stops import stops_from
from configspec.theory.ids import Cell

ASKED = Asked(
    devices=("local", "paper-rpi5"),
    families=(),
    drafts=(),
    quants=(),
    k="1,2",
    inventory=Path(__file__).parents[2] / "devices.yaml",
    separate_k=False,
    end_to_end="none",
    journals=Path("nowhere"),
)


@dataclass
class CallSpec:
    """As pytest hands it to a test that was parametrised."""

    params: dict[str, object]


@dataclass
class Collected:
    """What is asked of a test: its id and its configuration."""

    nodeid: str
    callspec: CallSpec


def run_of(*drafts: str) -> MeasuringRun:
    """A run of these drafts; a test of replayed figures stands before theirs."""
    run = MeasuringRun(asked=ASKED, plan=choose(ASKED))
    cells = [cell_of(run, draft) for draft in drafts]
    chosen = [cell.at(k) for cell in cells for k in (1, 2)]
    others = [one for one in run.plan.configurations if one.device == "paper-rpi5"][:1]
    tests = [Collected(one.id, CallSpec({"configuration": one})) for one in (*others, *chosen)]
    run.measuring = cast(Any, tests)
    return run


def cell_of(run: MeasuringRun, draft: str) -> Cell:
    return next(cell for cell in run.plan.ks if (cell.drafter.draft, cell.drafter.quant) == (draft, "Q8_0"))


def test_the_cells_of_the_device_are_visited_in_the_order_of_their_tests():
    """With every K of each; those before the one that is asked for have been measured."""
    run = run_of("m", "xs", "s")
    stops = stops_from(run, cell_of(run, "xs"), (1, 2))
    assert stops == [(cell_of(run, "xs"), (1, 2)), (cell_of(run, "s"), (1, 2))]


def test_a_cell_that_nobody_collected_is_its_only_stop():
    """As where a test is asked for by itself."""
    run = run_of("s")
    assert stops_from(run, cell_of(run, "xs"), (1,)) == [(cell_of(run, "xs"), (1,))]
