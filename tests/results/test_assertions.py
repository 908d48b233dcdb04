"""What people assert of a run: on a file, in a notebook, in a test of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from judged_runs import TRUE, made_run, scaled
from run_files import board_run

from configspec.errors import RecordError, UsageError
from configspec.results import Results, assert_choice, assert_no_regression, assert_regret, regret_of

GOODPUT = ("orin", "llama", "goodput")


def results(*, values: dict[object, float] | None = None) -> Results:
    """K 2, 4 and 8 with a goodput of 90, 100 and 70."""
    return Results.of(made_run(1, TRUE if values is None else values))  # type: ignore[arg-type]


def test_the_choice_is_the_best_with_all_that_cannot_be_told_from_it():
    """And with the value of each configuration."""
    found = results().choice(*GOODPUT)
    assert (found.best.k, [one.k for one in found.tied]) == (4, [4])
    assert found.values[found.best].value == 100


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("orim", "llama", "goodput"), "no device 'orim' in these results. Did you mean 'orin'?"),
        (("orin", "lama", "goodput"), "no family 'lama' in these results. Did you mean 'llama'?"),
        (("orin", "llama", "energy"), "no objective that could be ranked by 'energy' in these results. Known: goodput"),
    ],
)
def test_a_name_that_is_not_there_is_a_mistake_and_no_failure(names, told):
    """The message names those that are."""
    with pytest.raises(UsageError) as raised:
        results().choice(*names)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    "wanted", [{}, {"draft": "xs"}, {"k": 4}, {"k": range(3, 9)}, {"draft": ("s", "xs"), "quant": "Q4_K_M", "k": {4}}]
)
def test_a_choice_that_holds_passes(wanted):
    """A name or several, a number or a range; what is not named may be anything."""
    assert_choice(results(), *GOODPUT, **wanted)


def test_a_choice_that_does_not_hold_says_what_is_best():
    """K=2 is 10 % worse."""
    with pytest.raises(AssertionError, match=r"none of k range\(1, 4\) is among the best: orin: llama xs Q4_K_M K=4"):
        assert_choice(results(), *GOODPUT, k=range(1, 4))


def test_a_choice_that_is_tied_holds():
    """Of two equals the first changes every second night."""
    run = made_run(1, scaled(1.11, 2))  # 99.9 and 100
    assert_choice(Results.of(run), *GOODPUT, k=2)
    assert_choice(Results.of(run), *GOODPUT, k=4)


def test_what_was_not_measured_is_a_mistake():
    """A draft that is mistyped would fail for ever, or pass for nothing."""
    for check in (assert_choice, assert_regret):
        with pytest.raises(UsageError, match=r"none of draft 'xz' was measured. Drafts: xs; K: 2, 4, 8"):
            check(results(), *GOODPUT, draft="xz")


def test_regret_is_a_share_of_the_best():
    """90 of 100 is 10 % worse; where less is better, 100 instead of 90 is."""
    found = results().choice(*GOODPUT)
    by_k = {one.k: one for one in found.values}
    assert regret_of(found, by_k[2]) == pytest.approx(0.1)
    assert regret_of(found, by_k[4]) == 0
    assert regret_of(replace(found, better="lower", best=by_k[2]), by_k[4]) == pytest.approx(0.1)


def test_regret_that_is_allowed_passes_and_more_fails():
    """K=2 costs 10 %."""
    assert_regret(results(), *GOODPUT, k=2, at_most=0.11)
    assert_regret(results(), *GOODPUT, k=4, at_most=0)
    with pytest.raises(AssertionError, match=r"K=2, goodput: 10 % worse than the best, .*K=4; 2 % allowed"):
        assert_regret(results(), *GOODPUT, k=2)
    with pytest.raises(UsageError, match="at_most is 2"):
        assert_regret(results(), *GOODPUT, k=2, at_most=2)


def test_a_regret_that_is_not_shown_does_not_fail():
    """Tied, and 5 % worse by its value: nothing shows it."""
    run = made_run(1)
    (chosen,) = run.chosen
    two = next(one for one in chosen.values if one.k == 2)
    tied = replace(run, chosen=(replace(chosen, tied=(chosen.best, two)),))
    assert_regret(Results.of(tied), *GOODPUT, k=2, at_most=0.01)


def test_a_stricter_regret_than_ties_have_is_told_by_the_intervals():
    """1 % worse counts as tied; with intervals apart it is shown."""
    run = made_run(1, scaled(1.1, 2))  # 99 and 100
    with pytest.raises(AssertionError, match=r"0\.5 % allowed"):
        assert_regret(Results.of(run), *GOODPUT, k=2, at_most=0.005)
    (chosen,) = run.chosen
    wide = {one: replace(value, low=value.value - 2, high=value.value + 2) for one, value in chosen.values.items()}
    assert_regret(
        Results.of(replace(run, chosen=(replace(chosen, values=wide),))), *GOODPUT, k=2, at_most=0.005
    )  # fmt: skip


def test_no_regression_is_the_gate_of_the_command(tmp_path):
    """Against a file: equal passes, a fifth slower fails with what and how much."""
    base = board_run(tmp_path / "base.json")
    now = Results.read(board_run(tmp_path / "now.json", 1.001, day=1))
    assert_no_regression(now, base)
    assert_no_regression(now, Path(base))
    assert_no_regression(now, [Results.read(base)])
    slow = Results.read(board_run(tmp_path / "slow.json", 1.5, day=1))
    with pytest.raises(
        AssertionError, match=r"(?s)4 of 8 series failed: .*REGRESSED: orin: pair xs Q8_0 K=4, drafting: -33"
    ):
        assert_no_regression(slow, base)
    assert_no_regression(slow, base, fail_on="goodput:60%,cost:off,energy:90%,drafting:60%,regret:60%")


def test_what_is_missing_fails_unless_the_person_says_otherwise(tmp_path):
    """Of the devices that are named, where some are."""
    base, now = made_run(0), made_run(1)
    other = {replace(one, cell=replace(one.cell, device="rpi5")): value for one, value in TRUE.items()}
    both = Results.of(made_run(0, {**TRUE, **other}))
    assert_no_regression(Results.of(now), Results.of(base))
    with pytest.raises(AssertionError, match="MISSING: rpi5"):
        assert_no_regression(Results.of(now), both)
    assert_no_regression(Results.of(now), both, also_fail=())
    assert_no_regression(Results.of(now), both, devices=["orin"])


def test_nothing_compared_is_no_pass(tmp_path):
    """Another build: no series compares."""
    base = board_run(tmp_path / "base.json", build="0.3.35")
    now = Results.read(board_run(tmp_path / "now.json", day=1))
    choices = "regret:99%"
    with pytest.raises(AssertionError, match=r"nothing was compared|failed"):
        assert_no_regression(now, base, fail_on=choices, also_fail=("INCOMPARABLE",))


def test_a_file_that_is_none_is_an_error_with_its_name(tmp_path):
    """Damaged, of something else, gone, or a folder of several runs."""
    damaged, other = tmp_path / "damaged.json", tmp_path / "package.json"
    damaged.write_text('{"benchmarks": [')
    other.write_text('{"name": "x"}')
    with pytest.raises(RecordError, match=r"damaged\.json"):
        Results.read(damaged)
    with pytest.raises(UsageError, match=r"package\.json: no run of configspec in it"):
        Results.read(other)
    with pytest.raises(UsageError, match="no such file"):
        Results.read(tmp_path / "gone.json")
    folder = tmp_path / "two"
    folder.mkdir()
    for day in (0, 1):
        board_run(folder / f"{day}.json", 1 + day / 100, day=day)
    with pytest.raises(UsageError, match="holds 2 runs, and one is asked for"):
        Results.read(tmp_path / "two")


@pytest.mark.parametrize("k", ["4", 4.0])
def test_a_k_that_is_no_whole_number_is_a_mistake(k):
    """It says what would do."""
    with pytest.raises(UsageError, match=r"it takes a whole number or several: k=4, k=range\(4, 9\)"):
        assert_choice(results(), *GOODPUT, k=k)


@pytest.mark.parametrize(
    ("devices", "told"),
    [
        ([], "devices names none. Known: orin."),
        (["orin", "orim"], "devices: no earlier run measured 'orim'. Did you mean 'orin'?"),
        ("ori", "devices: no earlier run measured 'ori'"),
    ],
)
def test_a_device_that_the_baseline_lacks_is_no_silent_pass(devices, told):
    """Also where another one is there, and where a name is a part of another."""
    with pytest.raises(UsageError) as raised:
        assert_no_regression(results(), Results.of(made_run(0)), devices=devices)
    assert told in str(raised.value)


def test_one_device_may_be_named_without_a_list():
    """It is that device, and no letter of it."""
    assert_no_regression(results(), Results.of(made_run(0)), devices="orin")
