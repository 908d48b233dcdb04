"""The gate from files: what fails, what does not, and what cannot be compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from judged_runs import BEGIN_S, DAY_S, SETUP, TRUE, configuration, goodput, history, made_run, scaled, with_setup

from configspec.errors import UsageError
from configspec.histories.check_series import OF_A_CHOICE, Asked
from configspec.histories.floors import CalibratedFloor, Floors, parse_floors
from configspec.histories.judging import CheckRequest, check, checked
from configspec.histories.run import Run
from configspec.regression.accepted import AcceptedChange
from configspec.regression.metrics import ACCEPTANCE, DRAFTING, GOODPUT, METRICS, Metric
from configspec.regression.series import Measured, SeriesKey
from configspec.regression.spread import Spread
from configspec.regression.states import Outcome, State, Verdict

PLAIN = CheckRequest()
BASE = made_run(0)


def of(found: Outcome, metric: str, *, against_choice: bool = False, k: int = 4) -> Verdict:
    """The verdict of the chosen configuration's metric, or of the choice."""
    (one,) = [
        one
        for one in found.verdicts
        if one.series.metric.name == metric
        and (one.against == "choice") == against_choice
        and one.series.configuration == configuration(k)
    ]
    return one


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def nights(seed: int = 1, count: int = 14) -> list[Run]:
    return history(count, rng=rng(seed))


def test_what_did_not_change_passes():
    """By default the chosen configuration is judged: choice, goodput, drafting speed, acceptance."""
    found = check([made_run(1)], [BASE], PLAIN)
    assert found.ok
    assert {(one.series.configuration.k, one.series.metric.name, one.against) for one in found.verdicts} == {
        (4, "goodput", "choice"),
        (4, "goodput", "run"),
        (4, "drafting", "run"),
        (4, "acceptance", "run"),
    }


@pytest.mark.parametrize("by", [one for one in METRICS if one not in (GOODPUT, DRAFTING, ACCEPTANCE)])
def test_a_metric_that_has_a_floor_is_judged(by: Metric):
    """Whatever objective is registered: of the chosen configuration, and only where somebody named it."""
    base, new = (with_metric(made_run(day), by, 1.0 if day == 0 else 0.5) for day in (0, 1))
    named = replace(PLAIN, floors=parse_floors(f"{by.name}:5%"))
    assert by.name in {one.series.metric.name for one in check([new], [base], named).verdicts}
    asked = {one.series.metric.name for one in check([new], [base], PLAIN).verdicts}
    assert (by.name in asked) == (by in OF_A_CHOICE)


def with_metric(run: Run, by: Metric, value: float) -> Run:
    """The run, with a value of one more metric for each configuration."""
    more = {
        key: Measured(series=key, value=value, setup=SETUP, at_s=run.at_s or 0.0, night=run.night)
        for key in (SeriesKey(configuration=one, metric=by) for one in TRUE)
    }
    return replace(run, measured={**run.measured, **more})


def test_a_large_loss_against_one_run_fails():
    """By the rule for a single earlier run, whose assumption is named."""
    found = check([made_run(1, scaled(0.8))], [BASE], PLAIN)
    assert not found.ok
    assert of(found, "goodput").state == "REGRESSED"
    assert "nobody measured" in of(found, "goodput").reason


def test_a_small_loss_against_one_run_is_told_and_does_not_fail():
    """It is no further than chance takes it."""
    found = check([made_run(1, scaled(0.95))], [BASE], PLAIN)
    assert found.ok
    assert of(found, "goodput").state == "UNDECIDED"


def test_a_choice_that_is_beaten_by_far_fails():
    """Though none of its own metrics changed: another configuration is better by more than is allowed."""
    found = check([made_run(1, scaled(1.5, 2))], [BASE], PLAIN)
    verdict = of(found, "goodput", against_choice=True)
    assert verdict.state == "REGRESSED"
    assert "no longer among the best: orin: llama xs Q4_K_M K=2" in verdict.reason
    assert of(found, "goodput").state == "PASS"
    assert found.failed == (verdict,)


def test_a_choice_that_is_no_longer_first_does_not_fail():
    """Of two equals the first changes every second night: a lead that runs of one build may have is UNDECIDED."""
    found = check([made_run(1, scaled(1.17, 2))], [BASE], PLAIN)
    assert of(found, "goodput", against_choice=True).state == "UNDECIDED"
    tied = check([made_run(1, scaled(1.12, 2))], [BASE], PLAIN)
    assert of(tied, "goodput", against_choice=True).state == "PASS"
    assert tied.ok


def test_regret_that_is_allowed_does_not_fail():
    """As much as the user says."""
    request = replace(PLAIN, floors=parse_floors("regret:40%"))
    assert of(check([made_run(1, scaled(1.5, 2))], [BASE], request), "goodput", against_choice=True).state == "PASS"


def test_one_lucky_night_makes_no_other_choice():
    """What was among the best in most of the earlier runs is the choice; the last night had another one."""
    base = [*(made_run(day) for day in range(6)), made_run(6, scaled(1.3, 2))]
    found = check([made_run(7)], base, PLAIN)
    assert of(found, "goodput", against_choice=True).state == "PASS"


def test_a_run_that_measured_few_cells_again_does_not_save_a_choice():
    """There it is the best of one; nor does such a run of an earlier night make another choice."""
    only = {configuration(4): 100.0}
    found = check([made_run(1, scaled(1.5, 2)), made_run(1.1, only)], [BASE], PLAIN)
    assert of(found, "goodput", against_choice=True).state == "REGRESSED"
    other = made_run(0.1, {configuration(2): 90.0}, night="night 0")
    assert of(check([made_run(1)], [BASE, other], PLAIN), "goodput", against_choice=True).state == "PASS"


def test_counts_that_change_at_all_fail_with_the_first_prompt():
    """Greedy decoding of equal files is exact."""
    found = check([made_run(1, accepted=31)], [BASE], PLAIN)
    assert of(found, "acceptance").state == "IMPROVED"
    found = check([made_run(1, accepted=29)], [BASE], PLAIN)
    assert of(found, "acceptance").state == "REGRESSED"
    assert of(found, "acceptance").reason.startswith("prompt 'p0': accepted was 3, is 2")
    assert not found.ok


def test_changed_counts_stay_a_failure_until_they_are_accepted():
    """The next night is not compared with the one that failed."""
    base = [made_run(0), made_run(1, accepted=29), made_run(2, accepted=29)]
    tonight = [made_run(3, accepted=29)]
    assert of(check(tonight, base, PLAIN), "acceptance").state == "REGRESSED"
    since = AcceptedChange(pattern="*/acceptance", reason="new kernel", author="Kim", since_s=BEGIN_S + DAY_S)
    assert of(check(tonight, base, replace(PLAIN, changes=(since,))), "acceptance").state == "PASS"


def test_counts_that_go_and_come_back_are_nondeterministic():
    """The build disagrees with itself, so nothing follows from a difference of one token."""
    base = [made_run(0), made_run(1, accepted=29), made_run(2)]
    found = check([made_run(3, accepted=29)], base, PLAIN)
    assert of(found, "acceptance").state == "NONDETERMINISTIC"
    assert found.ok


def test_counts_of_sampling_are_compared_as_rates():
    """One token less of 30 is chance; a third less is not."""
    setup = (("target.decoding", "temperature 0.8, match-sample, seed 1"),)
    base = made_run(0, setup=setup)
    assert of(check([made_run(1, setup=setup, accepted=29)], [base], PLAIN), "acceptance").state != "REGRESSED"
    assert of(check([made_run(1, setup=setup, accepted=20)], [base], PLAIN), "acceptance").state == "REGRESSED"


def test_acceptance_with_a_floor_is_compared_as_a_rate():
    """Also where decoding is greedy, since the user says so."""
    request = replace(PLAIN, floors=parse_floors("acceptance:5%"))
    found = of(check([made_run(1, accepted=29)], [BASE], request), "acceptance")
    assert (found.state, found.floor) != ("REGRESSED", 0.0)
    assert found.floor == 0.05


def test_runs_without_counts_are_compared_by_their_rate():
    """Exactly, as far as that goes; no prompt can be told."""
    base, new = replace(BASE, counted={}), replace(made_run(1, accepted=29), counted={})
    found = of(check([new], [base], PLAIN), "acceptance")
    assert found.state == "REGRESSED"
    assert "the rate was 0.75, is 0.725" in found.reason


def test_what_was_not_measured_is_missing_and_fails():
    """Unless the user says that it may be."""
    new = made_run(1, {one: value for one, value in TRUE.items() if one.k != 4})
    found = check([new], [BASE], PLAIN)
    assert [one.state for one in found.failed] == ["MISSING"] * 4
    lenient = check([new], [BASE], replace(PLAIN, also=()))
    assert not lenient.failed
    assert not lenient.ok, "nothing was compared"


def test_what_somebody_accepted_as_gone_is_not_missing():
    """A change that is newer than its last run."""
    asked = Asked(patterns=("*K8/goodput",))
    new = made_run(2, {one: value for one, value in TRUE.items() if one.k != 8})
    assert check([new], [BASE], replace(PLAIN, asked=asked)).counts[-1] == ("MISSING", 1)
    gone = AcceptedChange(pattern="*K8/*", reason="not served", author="Kim", since_s=BEGIN_S + DAY_S)
    assert check([new], [BASE], replace(PLAIN, asked=asked, changes=(gone,))).ok


def test_another_setup_is_incomparable_with_the_field():
    """And nothing compared is no pass; the choice within the run is, as it needs no other run."""
    found = check([with_setup(made_run(1), power_mode="15W")], [BASE], PLAIN)
    assert of(found, "goodput").state == "INCOMPARABLE"
    assert of(found, "goodput").reason == "device.power_mode was MAXN, is 15W"


def test_fields_that_may_vary_compare():
    """Another build of llama.cpp is what a release changes."""
    new = with_setup(made_run(1, scaled(0.8), accepted=29), llama_cpp_version="0.3.40")
    request = replace(PLAIN, varies=("device.llama_cpp_*",))
    found = check([new], [BASE], request)
    assert of(found, "goodput").state == "REGRESSED"
    assert of(found, "acceptance").state == "REGRESSED"


def test_a_history_sees_what_one_run_does_not():
    """A loss of 8 %, measured three times, against 14 nights that spread by 1 %."""
    tonight = [made_run(14 + part / 10, scaled(0.92), night="x") for part in range(3)]
    found = check(tonight, nights(), PLAIN)
    assert of(found, "goodput").state == "REGRESSED"
    assert of(found, "goodput").against == "history"


def test_one_look_at_a_loss_is_suspect_and_asks_for_two_more():
    """It speaks only after exactly two more runs."""
    found = checked([made_run(14, scaled(0.92))], nights(), PLAIN)
    assert of(found.outcome, "goodput").state == "SUSPECT"
    assert any("measure again, exactly twice" in note for note in found.notes)
    with pytest.raises(UsageError, match="until it is green"):
        check([made_run(14 + part / 10) for part in range(4)], nights(), PLAIN)


def test_a_loss_that_stays_does_not_become_the_baseline():
    """A week later it still fails, though each of its nights is in the folder; accepting it ends that."""
    base, drawn = nights(), rng(5)
    for day in range(14, 21):
        base += [
            made_run(day + part / 10, scaled(0.9), rng=drawn, session=0.01, own=0.003, night=f"n{day}")
            for part in range(3 if day % 2 == 0 else 1)
        ]
    tonight = [made_run(21 + part / 10, scaled(0.9)) for part in range(3)]
    assert of(check(tonight, base, PLAIN), "goodput").state == "REGRESSED"
    accepted = AcceptedChange(pattern="*", reason="15 W", author="Kim", since_s=BEGIN_S + 14 * DAY_S)
    assert of(check(tonight, base, replace(PLAIN, changes=(accepted,))), "goodput").state == "PASS"


@pytest.mark.parametrize("earlier", [1, 2, 3, 4])
def test_few_nights_are_judged_by_the_newest(earlier):
    """Fewer than five are no history, and no reason to let a loss of 30 % pass."""
    found = check([made_run(9, scaled(0.7))], [made_run(day) for day in range(earlier)], PLAIN)
    assert of(found, "goodput").state == "REGRESSED"
    assert of(found, "goodput").base_runs == 1


def test_a_calibration_tells_more_than_an_assumption():
    """A spread of half a percent shows 5 %."""
    known = CalibratedFloor(
        pattern="dev:orin:-*/goodput", floor=0.03, spread=Spread(log_sd=0.005, degrees=20), visible=0.02
    )
    request = replace(PLAIN, floors=Floors(calibrated=(known,)))
    assert of(check([made_run(1, scaled(0.95))], [BASE], request), "goodput").state == "REGRESSED"


def test_a_floor_below_the_noise_is_told():
    """As a note, with what could be seen."""
    known = CalibratedFloor(
        pattern="dev:orin:-*/goodput", floor=0.07, spread=Spread(log_sd=0.03, degrees=20), visible=0.064
    )
    request = replace(PLAIN, floors=replace(parse_floors("goodput:1%"), calibrated=(known,)))
    notes = checked([made_run(1)], [BASE], request).notes
    assert any("the floor is 1 %, but a loss under 6.4 % is mostly not seen here" in note for note in notes)
    assert (
        not checked([made_run(1)], [BASE], replace(PLAIN, floors=Floors(calibrated=(known,))))
        .notes[0]
        .startswith("dev")
    )


def test_disturbed_runs_are_unstable():
    """Neither a pass nor a regression."""
    found = check([made_run(1, scaled(0.5), disturbed=("throttled",))], [BASE], PLAIN)
    assert of(found, "goodput").state == "UNSTABLE"


def test_a_choice_that_throttled_is_unstable_and_not_missing():
    """What throttled is in no ranking; its value is there, and says why."""
    new = replace(made_run(1, disturbed=("throttled",)), chosen=())
    verdict = of(check([new], [BASE], PLAIN), "goodput", against_choice=True)
    assert (verdict.state, verdict.reason) == ("UNSTABLE", "the new run is throttled")


def test_new_runs_that_differ_among_themselves_do_not_compare():
    """A board that changed its power mode between tonight's runs."""
    again = with_setup(made_run(14.1), power_mode="15W")
    found = check([made_run(14), again], nights(), PLAIN)
    assert of(found, "goodput").state == "INCOMPARABLE"
    assert "differ among themselves: device.power_mode" in of(found, "goodput").reason


def test_an_empty_night_of_a_history_is_left_out_and_told():
    """A board that died needs no hand."""
    dead = replace(made_run(3, source="dead.json"), measured={}, counted={}, chosen=())
    found = checked([made_run(14)], [*nights(), dead], PLAIN)
    assert found.outcome.ok
    assert any("dead.json holds no row" in note for note in found.notes)


@pytest.mark.parametrize(
    ("new", "base", "says"),
    [
        ([], [BASE], "there is no new run"),
        ([made_run(1)], [], "there is no earlier run"),
        ([made_run(1, {})], [BASE], "the new side has nothing to compare: run-1.json holds no row"),
        ([made_run(1)], [made_run(0, {})], "the earlier side has nothing to compare"),
        ([BASE], [BASE], "are one file"),
        ([made_run(1)], [made_run(2)], "the base is not older than the new run"),
        (
            [made_run(1)],
            [made_run(0, {configuration(4, "rpi5"): 1.0})],
            "the base is of device rpi5, .* of device orin",
        ),
        ([made_run(1)], [made_run(0, {configuration(4, draft="small"): 1.0})], r"renamed, say so .*--aliases"),
        ([made_run(1)], [made_run(0, choices=False)], "the base chose nothing"),
    ],
)
def test_what_cannot_be_compared_is_an_error(new, base, says):
    """Never a silent pass."""
    with pytest.raises(UsageError, match=says):
        check(new, base, PLAIN)


def test_a_folder_of_all_runs_may_hold_the_new_one_and_newer_ones():
    """They are taken out of the base, and told."""
    found = checked([made_run(3)], [*(made_run(day) for day in range(6))], PLAIN)
    assert len(found.base) == 3
    assert any("2 runs of the base not older" in note for note in found.notes)
    assert any("on the new side as well" in note for note in found.notes)


def test_two_names_of_one_file_are_one_run():
    """It is told."""
    found = checked([made_run(1)], [BASE, replace(BASE, source="copy.json")], PLAIN)
    assert len(found.base) == 1
    assert any("copy.json is run-0.json once more" in note for note in found.notes)


@pytest.mark.parametrize(
    ("names", "old"),
    [
        ({"dev:orin:-llama-small-Q4_K_M": "dev:orin:-llama-xs-Q4_K_M"}, {"draft": "small"}),
        ({"dev:jetson:": "dev:orin:"}, {"device": "jetson"}),
    ],
)
def test_renamed_cells_and_devices_continue(names, old):
    """Under the names that the new runs have: values, counts and choices."""
    base = made_run(0, {configuration(one.k, **old): value for one, value in TRUE.items()})
    found = check([made_run(1, scaled(0.8), accepted=29)], [base], replace(PLAIN, names=names))
    assert of(found, "goodput").state == "REGRESSED"
    assert of(found, "acceptance").state == "REGRESSED"
    assert of(found, "goodput", against_choice=True).state == "PASS"


def test_all_series_can_be_judged_and_metrics_switched_off():
    """Three configurations, three metrics; one metric off."""
    request = replace(PLAIN, asked=Asked(every=True), floors=parse_floors("drafting:off"))
    states = [one.series.metric.name for one in check([made_run(1)], [BASE], request).verdicts]
    assert (states.count("goodput"), states.count("drafting"), states.count("acceptance")) == (4, 0, 3)


def test_a_pattern_that_matches_nothing_is_an_error():
    """With names that there are."""
    with pytest.raises(UsageError, match="--series '\\*gootput' matches no series"):
        check([made_run(1)], [BASE], replace(PLAIN, asked=Asked(patterns=("*gootput",))))


def test_an_accepted_change_without_effect_is_told():
    """Mistyped, or too old."""
    change = AcceptedChange(pattern="dev:orim:*", reason="x", author="Kim", since_s=BEGIN_S)
    notes = checked([made_run(1)], [BASE], replace(PLAIN, changes=(change,))).notes
    assert any("'dev:orim:*' concerns no run" in note for note in notes)


def test_the_night_of_an_accepted_change_has_no_baseline_and_says_why():
    """History restarts there."""
    change = AcceptedChange(pattern="*/goodput", reason="x", author="Kim", since_s=BEGIN_S + 0.5 * DAY_S)
    found = check([made_run(1, scaled(0.8))], [BASE], replace(PLAIN, changes=(change,)))
    assert of(found, "goodput").state == "NO_BASELINE"
    assert "accepted change" in of(found, "goodput").reason
    assert of(found, "goodput", against_choice=True).state == "NO_BASELINE"
    assert of(found, "drafting").state == "REGRESSED", "the pattern does not match it"


def test_runs_without_a_date_are_compared():
    """And told: their order is that of the command line."""
    base = [replace(made_run(day), at_s=None) for day in range(2)]
    new = replace(made_run(2, scaled(0.5)), at_s=None)
    found = checked([new], base, PLAIN)
    assert of(found.outcome, "goodput").state == "REGRESSED"
    assert any("without a date" in note for note in found.notes)


def test_simulated_weeks_raise_few_alarms_and_find_a_loss():
    """40 weeks of a board with 1 % between runs, some nights dead: at most 1 alarm in 20 nights, and 10 % is found."""
    alarms, found, looks = 0, 0, 0
    drawn = rng(7)
    for _ in range(40):
        base = [one for one in history(14, rng=drawn, session=0.01, own=0.005) if drawn.random() > 0.1]
        for factor in (1.0, 0.9):
            tonight = [
                made_run(20 + part / 10, scaled(factor), rng=drawn, session=0.01, own=0.005) for part in range(3)
            ]
            failed = {one.state for one in check(tonight, base, PLAIN).failed}
            alarms += factor == 1.0 and bool(failed)
            found += factor == 0.9 and "REGRESSED" in failed
        looks += 1
    assert alarms <= looks / 20
    assert found >= 0.8 * looks


def test_states_of_one_night_are_all_counted():
    """Each verdict in one state."""
    found = check([made_run(1, scaled(0.8))], [BASE], replace(PLAIN, asked=Asked(every=True)))
    counts: dict[State, int] = dict(found.counts)
    assert sum(counts.values()) == len(found.verdicts)
    assert SeriesKey(configuration=configuration(4), metric=ACCEPTANCE) in {one.series for one in found.verdicts}
    assert goodput() in {one.series for one in found.failed}


def test_rows_that_could_not_be_read_are_in_the_notes():
    """Of both sides: whoever reads the summary and not standard error knows it too."""
    partly = replace(made_run(1), left_out=("run-1.json: K8: the record is of version 99",))
    found = checked([partly], [BASE], PLAIN)
    assert "run-1.json: 1 row of it left out (K8: the record is of version 99)" in found.notes


SMALL, XS = "dev:orin:-llama-small-Q4_K_M", "dev:orin:-llama-xs-Q4_K_M"
RENAMED = made_run(
    0, {configuration(k, draft="small"): value for k, value in zip((2, 4, 8), TRUE.values(), strict=True)}
)


@pytest.mark.parametrize("old", [f"{SMALL}-K4", "dev:orim:", "dev:orin:-llama-smal-Q4_K_M"])
def test_an_alias_that_renames_nothing_is_told(old):
    """It is mistyped, or names one K: the cells of the base are missing, and the reader learns why."""
    names = {SMALL: XS, old: f"{XS}-K4"}
    notes = checked([made_run(1)], [RENAMED], replace(PLAIN, names=names)).notes
    assert [note for note in notes if "concerns no earlier run" in note] == [
        f"the alias of '{old}' concerns no earlier run, or leads to no cell of the new one: mistyped, with its K, or "
        "too old?"
    ]


def test_an_alias_of_two_cells_that_become_one_is_told():
    """Only one of them can count, so the other is neither compared nor missing."""
    both = made_run(0, {**TRUE, **{configuration(k, draft="small"): 50.0 for k in (2, 4, 8)}})
    notes = checked([made_run(1)], [both], replace(PLAIN, names={SMALL: XS})).notes
    assert any(f"leads to '{XS}'; earlier runs that have both: 1" in note for note in notes)


def test_aliases_that_are_followed_need_no_word():
    """Of a device, and of a cell."""
    for names, base in (
        ({SMALL: XS}, RENAMED),
        ({"dev:old:": "dev:orin:"}, made_run(0, {configuration(4, "old"): 1.0})),
    ):
        notes = checked([made_run(1)], [base], replace(PLAIN, names=names)).notes
        assert not any("alias" in note for note in notes)
