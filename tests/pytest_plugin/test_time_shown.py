"""What a run shows of the time that is left, by what comes with the reports of its tests."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from configspec.progress import Finished
from configspec.pytest_plugin.asked import Asked
from configspec.pytest_plugin.plan import Plan, choose
from configspec.pytest_plugin.run import MeasuringRun
from configspec.pytest_plugin.time_shown import OVER, PARTS, TODO, TimeShown, planned
from configspec.reporting.live_text import AtWork

ASKED = Asked(
    devices=("local", "paper-rpi5"),
    families=("tiny-llama", "qwen*"),
    drafts=(),
    quants=(),
    k="2,5",
    inventory=Path(__file__).parents[2] / "devices.yaml",
    separate_k=False,
    end_to_end="sample",
    journals=Path("nowhere"),
)


@pytest.fixture
def plan() -> Plan:
    """Nine cells of this machine at two K, three of them decoded at both; and recorded figures."""
    return choose(ASKED)


class Live:
    """A line that is shown, as far as `TimeShown` knows it."""

    is_shown = True

    def __init__(self, told: list[AtWork]) -> None:
        self.left = told.append


class Controller:
    """The process that shows it; a second passes as often as it is told."""

    def __init__(self, plan: Plan, live: Live | None = None) -> None:
        self.plan = plan
        self.now_s = 0.0
        self.said: list[str] = []
        run = MeasuringRun(asked=ASKED, plan=plan)
        self.shown = TimeShown(run, self.said.append, live, clock_s=lambda: self.now_s)
        self.places = {one: place for place, one in enumerate(plan.configurations)}

    def report(self, **values: object) -> None:
        """A report of a test that a worker ran, with what it put there."""
        report = pytest.TestReport("t", ("t.py", 1, "t"), {}, outcome="passed", longrepr=None, when="teardown")
        for name, value in values.items():
            setattr(report, name, json.dumps(value))
        self.shown.pytest_runtest_logreport(report)
        assert not any(hasattr(report, name) for name in values)  # pytest keeps all reports to the end

    def todo(self) -> list[tuple[int, bool]]:
        measured = [(self.places[one], False) for one in self.plan.configurations]
        return measured + [(self.places[one], True) for one in self.plan.end_to_end]

    def finish(self, place: int, seconds: float | None) -> dict[str, object]:
        cell = self.plan.configurations[place].cell
        self.now_s += seconds or 0.0
        return asdict(Finished(work="cell", name=str(cell), device=cell.device, seconds=seconds))


def test_recorded_figures_are_no_part_of_what_is_left(plan):
    """They cost nothing. Texts and drafts are the host's, each once."""
    found = planned(plan, [(one, False) for one in plan.configurations] + [(one, True) for one in plan.end_to_end])
    assert {device: len(names) for device, names in found.cells.items()} == {"local": 9}
    assert {device: len(names) for device, names in found.decodings.items()} == {"local": 6}
    assert found.texts == {"tiny-llama"}
    assert len(found.drafts) == 9


def test_workers_report_what_there_is_to_do_and_what_is_finished(plan):
    """With the reports of their tests, whatever tests those are of."""
    controller = Controller(plan)
    controller.report(**{TODO: controller.todo()})
    controller.report(**{PARTS: [controller.finish(0, 20.0)]})
    controller.report(**{TODO: controller.todo(), PARTS: [controller.finish(2, 40.0)]})  # another worker's first
    assert controller.said == [
        "configspec: 1 of 9 cells, 0 of 6 real decodings; about 3 min left, without the real decodings",
        "configspec: 2 of 9 cells, 0 of 6 real decodings; about 4 min left, without the real decodings",
    ]


def test_tests_that_are_over_without_a_measurement_are_done_for_nothing(plan):
    """Resumed rows: the time of the others is theirs alone."""
    controller = Controller(plan)
    controller.report(**{TODO: controller.todo()})
    for place in (2, 3, 4):  # both K of the second cell, one of the third
        controller.report(**{OVER: (place, False)})
    controller.report(**{PARTS: [controller.finish(0, 30.0)]})
    assert controller.said[0].startswith("configspec: 2 of 9 cells, 0 of 6 real decodings; about 4 min left")
    for one in plan.end_to_end:
        controller.report(**{OVER: (controller.places[one], True)})
    controller.report(**{PARTS: [controller.finish(6, 30.0)]})
    assert controller.said[1].startswith("configspec: 3 of 9 cells, 6 of 6 real decodings; about 3 min left")


def test_a_run_of_recorded_figures_says_nothing(plan):
    """Nor does one whose tests are not known."""
    controller = Controller(plan)
    controller.report(**{PARTS: [controller.finish(0, 30.0)]})
    recorded = [(place, False) for one, place in controller.places.items() if one.device == "paper-rpi5"]
    controller.report(**{TODO: recorded, PARTS: [controller.finish(recorded[0][0], 30.0)]})
    assert controller.said == []


def test_a_live_line_tells_recorded_figures_too(plan):
    """They are cells like others, and done when their tests are over; nothing is said in lines then."""
    told: list[AtWork] = []
    controller = Controller(plan, Live(told))
    controller.report(**{TODO: controller.todo()})
    assert (told[-1].done, told[-1].cells) == (0, len({one.cell for one in plan.configurations}))
    recorded = [place for one, place in controller.places.items() if one.device == "paper-rpi5"]
    for place in recorded:
        controller.report(**{OVER: (place, False)})
    controller.report(**{PARTS: [controller.finish(0, 30.0)]})
    cells = {one.cell for one in plan.configurations}
    replayed = {one.cell for one in plan.configurations if one.device == "paper-rpi5"}
    assert (told[-1].done, told[-1].cells) == (len(replayed) + 1, len(cells))
    assert (told[-1].decoded, told[-1].decodings) == (0, 6)
    assert told[-1].ends_s == controller.now_s + 8 * 30.0
    assert controller.said == []


@pytest.mark.real
def test_what_is_said_reaches_the_terminal(testbed, pytester):
    """Though pytest makes its terminal only after this plugin is configured."""
    pytester.makeconftest(
        """
        def pytest_runtest_teardown(item):
            shown = item.config.pluginmanager.get_plugin("configspec time left")
            shown._say("configspec: 1 of 2 cells; about 3 min left")
        """
    )
    result = pytester.runpytest("--device", "fast", "--k", "1", "--draft", "a")
    result.stdout.fnmatch_lines(["configspec: 1 of 2 cells; about 3 min left"])
