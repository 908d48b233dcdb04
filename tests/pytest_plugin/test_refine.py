"""`--refine`: its options, its tests, and what becomes of the rows; real boards are in `test_refine_run.py`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bare_run import bare_run
from example_rows import measured_row

from configspec.pytest_plugin.refine_asked import RefineAsked
from configspec.pytest_plugin.refined_rows import RefinedRows, as_text, from_text, lines_of
from configspec.pytest_plugin.refining import SPENT, Refinement
from configspec.pytest_plugin.run_lines import NO_REFINE_TEST, lines_of_run
from configspec.records.row import Refined
from configspec.theory.figures import Estimate

TIME = Estimate(value=0.5, low=0.4, high=0.6, confidence=0.95, n=8)

OUTCOME = Refinement(
    device="orin",
    objective="goodput",
    ended=SPENT,
    seconds=61.0,
    passes={"orin: llama xs Q8_0": 3},
    before=4,
    after=1,
    problems={"orin: llama s Q8_0": "the fan stopped"},
)


@pytest.mark.real
@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_device_that_replays_is_skipped_and_the_run_passes(testbed, pytester, rows_of, workers):
    """Each has its test behind all that measure; recorded figures say the same again, which the summary says too."""
    pytest.importorskip("xdist")
    result = pytester.runpytest(
        "--device", "fast,slow", workers, "--refine", "goodput", "-m", "hil", "-rs", "--benchmark-json=r.json"
    )
    assert result.ret == 0
    result.assert_outcomes(passed=12, skipped=2)
    result.stdout.fnmatch_lines(["SKIPPED * fast replays recorded figures, which say the same again"])
    result.stdout.fnmatch_lines(["not refined: fast, slow: recorded figures say the same again"])
    assert not any(row["extra_info"]["configspec"].get("refined") for row in rows_of("r.json").values())


def test_its_tests_are_collected_behind_all_that_measure(testbed, pytester):
    """One a device, also where the ini file asks; they can be deselected."""
    pytester.makeini("[pytest]\nconfigspec_refine = cost\n")
    result = pytester.runpytest("--device", "fast,slow", "--collect-only", "-q")
    lines = [line for line in result.outlines if "::" in line]
    assert lines[-2:] == ["refine::dev:fast:-cost", "refine::dev:slow:-cost"]
    assert len(lines) == 14
    result = pytester.runpytest("--device", "fast,slow", "--collect-only", "-q", "-k", "test_configuration")
    assert not any("refine" in line for line in result.outlines)
    result = pytester.runpytest("--device", "fast", "--collect-only", "-q", "--refine", "none")
    assert not any("refine" in line for line in result.outlines)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--refine", "godput"], "--refine: no objective is called 'godput'. Did you mean 'goodput'?*"),
        (["--refine", "\x1b[31mgoodput"], "--refine: no objective is called *"),
        (["--refine", ""], "--refine is empty*"),
        (["--refine-budget", "10m"], "--refine-budget is about --refine*"),
        *(
            (["--refine", "goodput", "--refine-budget", one], f"--refine-budget is {one!r}*at most 168h.")
            for one in ("soon", "0", "-1", "1e3", "nan", "999999999h", "1d")
        ),
    ],
)
def test_a_wrong_value_is_a_usage_error(testbed, pytester, options, told):
    """Before anything is measured, with exit code 4."""
    result = pytester.runpytest("--device", "fast", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {told}"])


def test_without_a_device_it_is_a_usage_error_where_it_was_typed(testbed, pytester):
    """In the ini file it waits for a run that measures."""
    result = pytester.runpytest("--refine", "goodput")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --refine measures again: name the devices with --device."])
    pytester.makeini("[pytest]\nconfigspec_refine = goodput\n")
    assert pytester.runpytest().ret == 0


@pytest.mark.parametrize(("ran", "devices"), [((), "a, b"), (("a",), "b"), (("a", "b"), None)])
def test_a_device_that_has_rows_and_no_test_of_refine_is_told(ran, devices):
    """`-k` and `-m` may have left the test out; one that ran and failed is told by pytest."""
    run = bare_run()
    run.asked = replace(run.asked, refine=RefineAsked(objective="goodput", budget_s=60.0))
    board = replace(run.plan.inventory.devices["paper-rpi5"], replay=None)
    inventory = replace(run.plan.inventory, devices={"a": board, "b": board})
    run.plan = replace(run.plan, inventory=inventory)
    run.refine_ran.update(ran)
    told = [line.text for line in lines_of_run(run, [measured_row(2, device=one) for one in ("a", "b")])]
    found = [line for line in told if "refined:" in line]
    assert found == ([] if devices is None else [f"not refined: {devices}: {NO_REFINE_TEST}"])


def test_what_travels_comes_back_whole():
    """Rows and how it went."""
    row = replace(measured_row(2), outcome="passed", refined=Refined(objective="goodput", passes=3, sweep_round_s=TIME))
    found = RefinedRows(rows={row.id: row}, outcome=OUTCOME)
    assert from_text(as_text(bare_run(), found)) == found


def test_the_summary_tells_the_budget_and_what_failed() -> None:
    """A cell that could not be timed has its own line."""
    assert list(lines_of(OUTCOME, 3600.0)) == [
        "refined by goodput: orin: 3 more passes over 1 cell in 60 s, of 60 min at most; 4 could not be told from the "
        "best, 1 still cannot: the budget is spent",
        "orin: llama s Q8_0 was not measured again: the fan stopped",
    ]
    nothing = replace(OUTCOME, passes={}, problems={})
    assert list(lines_of(nothing, 45.0)) == [
        "refined by goodput: orin: nothing more was measured: the budget is spent",
    ]
    asked = replace(OUTCOME, prompts={"llama": 1}, problems={})
    assert next(lines_of(asked, 45.0)).startswith(
        "refined by goodput: orin: 3 more passes over 1 cell and 1 more prompt of llama in 60 s, of 45 s at most; "
    )
    (line,) = lines_of(replace(asked, passes={}, prompts={"llama": 12, "qwen": 2}), 45.0)
    assert "orin: 12 more prompts of llama and 2 more prompts of qwen in 60 s" in line
