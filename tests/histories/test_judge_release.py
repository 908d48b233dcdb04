"""Two builds by interleaved runs, runs side by side, and what a calibration finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from judged_runs import TRUE, configuration, goodput, history, made_run, scaled, with_setup
from made_runs import write_run

from configspec.errors import UsageError
from configspec.histories.baseline import BUILD
from configspec.histories.check_series import Asked
from configspec.histories.floors import Floors, parse_floors
from configspec.histories.judge_calibration import calibrate_runs
from configspec.histories.judge_release import DevicePair, judge_ab
from configspec.histories.judge_side_by_side import side_by_side
from configspec.histories.judging import Checked, CheckRequest
from configspec.histories.reading import read_run
from configspec.histories.run import Run
from configspec.regression.states import State
from configspec.theory.objectives.server_time import ServerTime

REQUEST = CheckRequest(varies=BUILD)
ORDER = "abbaabbaabbaabba"


def build(side: str, factor: float = 1.0, *, accepted: int = 30, seed: int = 3, device: str = "orin") -> list[Run]:
    """Eight runs of one side, in turn with the other's."""
    rng = np.random.default_rng([seed, ord(side)])
    values = {configuration(one.k, device): value for one, value in scaled(factor).items()}
    runs = [
        made_run(place / 100, values, rng=rng, session=0.01, own=0.003, accepted=accepted, source=f"{side}{place}")
        for place, turn in enumerate(ORDER)
        if turn == side
    ]
    return [with_setup(one, llama_cpp_version="0.3.36" if side == "a" else "0.3.40") for one in runs]


def states(found: Checked) -> dict[tuple[str, int], State]:
    return {(one.series.metric.name, one.series.configuration.k): one.state for one in found.outcome.verdicts}


def test_another_build_that_is_slower_fails():
    """By 8 % at 1 % between runs, with p among the declared series; the build itself may differ."""
    found = judge_ab(build("a"), build("b", 0.92), REQUEST)
    assert states(found)["goodput", 4] == "REGRESSED"
    verdict = next(one for one in found.outcome.failed if one.series == goodput())
    assert verdict.p is not None
    assert verdict.p < 0.01
    assert verdict.ratio == pytest.approx(0.92, abs=0.02)
    assert (verdict.runs, verdict.base_runs, verdict.floor) == (8, 8, 0.03)
    base, new = found.medians[goodput()]
    assert new / base == pytest.approx(0.92, abs=0.02)


def test_the_same_build_passes():
    """Nothing is shown, and the counts are equal."""
    found = judge_ab(build("a"), build("b"), REQUEST)
    assert found.outcome.ok
    assert states(found) == {("goodput", 4): "PASS", ("drafting", 4): "PASS", ("acceptance", 4): "PASS"}
    assert not found.notes


def test_acceptance_between_builds_is_exact():
    """0.75 and 0.52 for the same file: the first prompt is told."""
    found = judge_ab(build("a"), build("b", accepted=21), REQUEST)
    assert states(found)["acceptance", 4] == "REGRESSED"
    reason = next(one.reason for one in found.outcome.failed if one.series.metric.name == "acceptance")
    assert reason.startswith("prompt 'p0': accepted was 3, is 2")


def test_without_the_build_among_what_varies_nothing_compares():
    """And nothing compared is a failure."""
    found = judge_ab(build("a"), build("b"), replace(REQUEST, varies=()))
    assert set(states(found).values()) == {"INCOMPARABLE"}
    assert not found.outcome.ok


def test_each_metric_has_its_own_floor_and_all_are_corrected_together():
    """A loss of 8 % within a floor of 10 % is told, and does not fail."""
    found = judge_ab(build("a"), build("b", 0.92), replace(REQUEST, floors=parse_floors("goodput:10%")))
    assert states(found)["goodput", 4] == "WORSE_WITHIN_FLOOR"
    assert states(found)["drafting", 4] == "REGRESSED"
    assert {one.series.metric.floor for one in found.outcome.verdicts if one.series.metric.name == "goodput"} == {0.03}


@pytest.mark.parametrize(
    ("runs", "asked", "says"),
    [
        (5, Asked(), "6 to 60 runs a side, not 5"),
        (6, Asked(every=True), "show nothing among 60 declared series.* make 7 runs a side"),
    ],
)
def test_what_cannot_succeed_is_refused(runs, asked, says):
    """With how many runs would do."""
    values = {configuration(k): 100.0 - k for k in range(2, 32)}
    sides = [
        [made_run((2 * place + shift) / 100, values, source=f"{shift}-{place}") for place in range(runs)]
        for shift in (0, 1)
    ]
    with pytest.raises(UsageError, match=says):
        judge_ab(sides[0], sides[1], replace(REQUEST, asked=asked))


def test_two_devices_of_one_machine_are_two_builds():
    """Also where each file holds both."""
    base, new = build("a", device="old"), build("b", 0.9, device="new")
    found = judge_ab(base, new, REQUEST, pair=DevicePair(old="old", new="new"))
    assert {one.series.configuration.device for one in found.outcome.verdicts} == {"new"}
    assert not found.outcome.ok
    both = [_together(one, other) for one, other in zip(base, new, strict=True)]
    assert not judge_ab(both, both, REQUEST, pair=DevicePair(old="old", new="new")).outcome.ok
    with pytest.raises(UsageError, match=r"no run of this side measured device 'odl'\. Did you mean 'old'"):
        judge_ab(base, new, REQUEST, pair=DevicePair(old="odl", new="new"))


def _together(one: Run, other: Run) -> Run:
    return replace(
        one,
        measured={**one.measured, **other.measured},
        counted={**one.counted, **other.counted},
        chosen=(*one.chosen, *other.chosen),
    )


def test_runs_that_were_not_interleaved_are_told():
    """First all of the one, then all of the other."""
    base = [made_run(place / 100, source=f"a{place}") for place in range(6)]
    new = [made_run(1 + place / 100, source=f"b{place}") for place in range(6)]
    assert any("not interleaved" in note for note in judge_ab(base, new, REQUEST).notes)


def test_runs_side_by_side_have_ratios_and_what_the_first_choice_costs():
    """To the first run, in the order in which they were named."""
    runs = [made_run(2, source="A"), made_run(0, scaled(1.5, 2), source="B"), made_run(1, scaled(0.7), source="C")]
    found = side_by_side(runs, names={}, varies=(), floors=Floors())
    assert found.sources == ("A", "B", "C")
    line = next(one for one in found.lines if one.series == goodput())
    assert list(line.values) == pytest.approx([100.0, 100.0, 70.0])
    assert [one.ratio for one in line.verdicts if one is not None] == pytest.approx([1.0, 0.7])
    assert [None if one is None else one.state for one in line.verdicts] == [None, "PASS", "REGRESSED"]
    (choices,) = found.choices
    assert choices.first == configuration(4)
    second = choices.runs[1]
    assert second is not None
    assert (second.best, second.holds) == (configuration(2), False)
    assert second.regret == pytest.approx(1 - 100 / 135)


def test_runs_of_another_setup_are_shown_without_an_interval():
    """And with the field."""
    runs = [made_run(0), with_setup(made_run(1, scaled(0.7)), power_mode="15W")]
    found = side_by_side(runs, names={}, varies=(), floors=Floors())
    verdict = next(one for one in found.lines if one.series == goodput()).verdicts[1]
    assert verdict is not None
    assert (verdict.state, verdict.low) == ("INCOMPARABLE", None)
    assert verdict.ratio == pytest.approx(0.7)


def test_one_run_is_no_comparison():
    """Two are."""
    with pytest.raises(UsageError, match="two runs or more"):
        side_by_side([made_run(0)], names={}, varies=(), floors=Floors())


def test_a_calibration_finds_the_spread_and_what_can_be_seen():
    """Of 20 nights with 2 %: the spread to a third, and a floor that is no smaller than what is seen."""
    runs = history(20, rng=np.random.default_rng(2), session=0.02, own=0.0)
    found = calibrate_runs(runs, parse_floors("goodput:1%"))
    group = next(one for one in found.groups if one.metric.name == "goodput")
    assert group.spread.log_sd == pytest.approx(0.02, rel=0.35)
    assert group.spread.degrees == 19, "three series that share a run's luck are known no better than one"
    assert 0.02 < group.nightly < 0.12
    assert group.nightly <= group.floor <= group.nightly + 0.001
    assert group.warning is not None
    assert "the floor is 1 %" in group.warning
    assert (found.counted, found.unsteady) == (3, ())
    assert group.as_floor.pattern == "dev:orin:-*/goodput"


def test_a_calibration_tells_drift_and_counts_that_differ():
    """Neither is a testbed that can be trusted."""
    runs = [made_run(day, scaled(1 - 0.01 * day), accepted=30 - day % 2) for day in range(10)]
    found = calibrate_runs(runs, Floors())
    assert all(one.drifts == one.series for one in found.groups)
    assert len(found.unsteady) == len(TRUE)


def test_too_few_runs_or_two_setups_are_no_calibration():
    """Five of one setup."""
    with pytest.raises(UsageError, match="5 runs of one build or more; found 4"):
        calibrate_runs(history(4, rng=np.random.default_rng(1)), Floors())
    mixed = [*history(4, rng=np.random.default_rng(1)), with_setup(made_run(9), power_mode="15W")]
    with pytest.raises(UsageError, match=r"a calibration is of one setup; device\.power_mode"):
        calibrate_runs(mixed, Floors())


def test_a_field_that_may_differ_and_is_none_is_told():
    """Misspelt, it allows nothing; the nearest one is named. The builds' own patterns are nobody's spelling."""
    runs = [made_run(0), made_run(1)]
    (note,) = side_by_side(runs, names={}, varies=("device.boards", *BUILD), floors=Floors()).notes
    assert note.startswith("--varies 'device.boards' is no field of these runs' setups. Did you mean 'device.board'?")


def test_runs_are_shown_by_the_usual_metrics_and_those_that_have_a_floor(tmp_path: Path):
    """An objective that waits to be named is no line more."""
    runs = [read_run(write_run(tmp_path / f"{day}.json", day), choices=True) for day in (1, 2)]
    name = ServerTime().name

    def metrics(floors: Floors) -> set[str]:
        return {one.series.metric.name for one in side_by_side(runs, names={}, varies=(), floors=floors).lines}

    assert metrics(parse_floors(f"{name}:5%")) - metrics(Floors()) == {name}
