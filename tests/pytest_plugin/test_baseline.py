"""A run that is compared with an earlier one: which tests fail, which are skipped, and what ends the run."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

pytest.importorskip("xdist")
pytestmark = pytest.mark.real

DEVICES = ("--device", "fast,slow")
OF_A_DEVICE = 8  # by goodput and by cost: a choice each, and three series of what was chosen
COMPARING = 2 * OF_A_DEVICE
MEASURING = 12
WORKERS = pytest.mark.parametrize("workers", ["-n0", "-n2"])
DRAFTING = "baseline::dev:fast:-pair-b-Q8_0-K4-drafting"
CHOICE = "baseline::dev:fast:-pair-goodput-choice"


def scale(device: str, times: float, *drafts: str) -> None:
    """The device drafts so many times as fast from now on, with these drafts; none named: with all."""
    profile = json.loads(Path("profile.json").read_text())
    for cell in profile["devices"][device]["cells"]:
        if not drafts or cell["draft"] in drafts:
            speed = cell["drafting_tokens_per_s"]
            cell["drafting_tokens_per_s"] = {key: value * times for key, value in speed.items()}
    Path("profile.json").write_text(json.dumps(profile))


def accept_fewer(draft: str, k: int) -> None:
    """One in fifty of the tokens is no longer accepted."""
    profile = json.loads(Path("profile.json").read_text())
    for one in profile["families"]["pair"]["acceptance"]:
        if (one["draft"], one["k"]) == (draft, k):
            one["rate"] = {key: value * 0.98 for key, value in one["rate"].items()}
    Path("profile.json").write_text(json.dumps(profile))


def outcomes(result: pytest.RunResult) -> dict[str, int]:
    found: dict[str, int] = result.parseoutcomes()
    return found


def failed(result: pytest.RunResult) -> list[str]:
    """The tests that the short summary names."""
    lines = (line for line in result.stdout.lines if line.startswith("FAILED "))
    return sorted(line.split(" ")[1] for line in lines)


@pytest.fixture
def base(testbed: Path, pytester: pytest.Pytester) -> Path:
    """A results file of both devices."""
    assert pytester.runpytest(*DEVICES, "--benchmark-json=base.json").ret == 0
    return testbed / "base.json"


@WORKERS
def test_what_did_not_change_passes(base, pytester, workers):
    """Choices and series of each device, each a test; the summary counts them."""
    result = pytester.runpytest(*DEVICES, workers, "--baseline", "base.json")
    assert result.ret == 0
    assert outcomes(result) == {"passed": MEASURING + COMPARING}
    result.stdout.fnmatch_lines(["*configspec: against the baseline *base.json*", f"{COMPARING} compared: * PASS"])


@WORKERS
def test_a_loss_is_a_failed_test_in_junit(base, pytester, workers):
    """Not an error, and not an exception at the end; with figures, and with what would accept it."""
    scale("fast", 0.5)
    result = pytester.runpytest(*DEVICES, workers, "--baseline", "base.json", "--junitxml=junit.xml")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    suite = ElementTree.parse("junit.xml").getroot()[0]
    assert (suite.get("failures"), suite.get("errors")) == ("2", "0")
    text = {case.get("name"): case.findtext("failure") for case in suite}["dev:fast:-pair-b-Q8_0-K4-drafting"]
    assert text is not None
    assert "REGRESSED: fast: pair b Q8_0 K=4, drafting: -50.0 %" in text
    assert "was 50.0 tokens/s, is 25.0" in text
    assert 'series = "dev:fast:-pair-b-Q8_0-K4/drafting"' in text
    assert DRAFTING in failed(result)
    result.stdout.fnmatch_lines(["*REGRESSED: fast: pair b*", "again, without a device: configspec check *"])


@WORKERS
def test_resumed_rows_are_judged_too(base, pytester, workers):
    """A night that was killed and resumed is not greener than it was."""
    scale("fast", 0.5)
    pytester.runpytest(*DEVICES)
    result = pytester.runpytest(*DEVICES, workers, "--resume", "last", "--baseline", "base.json")
    assert outcomes(result) == {"resumed": MEASURING, "passed": COMPARING - 2, "failed": 2}


def test_a_choice_that_is_beaten_fails(base, pytester):
    """Another draft is better by more than is allowed."""
    scale("fast", 0.1, "b")
    scale("fast", 10, "a")
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json", "--fail-on", "drafting:off,acceptance:off")
    assert CHOICE in failed(result)
    result.stdout.fnmatch_lines(["*no longer among the best: fast: pair a*"])


def test_regret_that_is_allowed_does_not_fail(base, pytester):
    """`regret` is a floor like the others."""
    scale("fast", 0.1, "b")
    scale("fast", 10, "a")
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json", "--fail-on", "regret:90%")
    assert CHOICE not in failed(result)


def test_acceptance_that_changed_at_all_fails(base, pytester):
    """Nothing here samples, so 2 % are no chance."""
    accept_fewer("b", 4)
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json")
    assert "baseline::dev:fast:-pair-b-Q8_0-K4-acceptance" in failed(result)


def test_a_switched_off_metric_has_no_test(base, pytester):
    """`off` in --fail-on."""
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json", "--fail-on", "drafting:off,acceptance:off")
    assert outcomes(result) == {"passed": MEASURING + COMPARING - 8}


def test_k_selects_among_them(base, pytester):
    """By device, metric or `choice`, as all tests; what was left out is counted."""
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json", "-k", "fast: and (Q8_0-K or choice)", "-v")
    result.stdout.fnmatch_lines([f"{CHOICE} PASSED*"])
    result.stdout.fnmatch_lines(["8 of 16 not judged: *"])


@pytest.mark.parametrize("selection", [["-m", "hil"], ["--benchmark-only"]])
@WORKERS
def test_what_selects_measuring_tests_keeps_them(base, pytester, selection, workers):
    """They are marked `hil`, and are about what the others measure."""
    result = pytester.runpytest(*DEVICES, workers, "--baseline", "base.json", *selection)
    assert outcomes(result) == {"passed": MEASURING + COMPARING}


def test_nothing_compared_is_a_failure(base, pytester):
    """A gate that is green because nothing ran is none."""
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json", "-k", "test_configuration")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["0 compared", "nothing was compared, and a comparison was asked for*"])


def test_collecting_is_no_comparison(base, pytester):
    """The tests are listed, and nothing fails."""
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json", "--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines([CHOICE, DRAFTING])


def test_none_switches_the_ini_files_baseline_off(base, pytester):
    """For a run that compares nothing, in a project that does."""
    ini = ("-o", "configspec_baseline=base.json")
    assert outcomes(pytester.runpytest(*DEVICES, *ini)) == {"passed": MEASURING + COMPARING}
    assert outcomes(pytester.runpytest(*DEVICES, *ini, "--baseline", "none")) == {"passed": MEASURING}
    assert pytester.runpytest(*ini).ret == 0  # nothing is measured, and nothing was asked for


@WORKERS
def test_what_the_baseline_has_and_this_run_lacks_fails(base, pytester, workers):
    """The chosen draft was left out by a filter: MISSING, which fails unless the person says otherwise."""
    narrow = (*DEVICES, workers, "--draft", "a", "--baseline", "base.json")
    result = pytester.runpytest(*narrow)
    assert DRAFTING in failed(result)
    result.stdout.fnmatch_lines(["*MISSING: *K=4*it was there before; this run was not asked to measure it"])
    result = pytester.runpytest(*narrow, "--also-fail", "none")
    assert (result.ret, failed(result)) == (0, [])
    assert outcomes(result)["skipped"] > 0


@WORKERS
def test_tests_that_failed_to_measure_leave_something_missing(base, pytester, workers):
    """No row of the device: each of its tests that compare fails, and says why."""
    pytester.makeconftest(
        """
        import pytest
        from configspec.errors import TestbedError

        @pytest.fixture
        def measured(measured, configuration):
            if configuration.device == "fast":
                raise TestbedError("the board is gone")
            return measured
        """
    )
    result = pytester.runpytest(*DEVICES, workers, "--baseline", "base.json")
    assert outcomes(result) == {"passed": 6 + OF_A_DEVICE, "errors": 6, "failed": OF_A_DEVICE}
    result.stdout.fnmatch_lines(["*MISSING: fast: *nothing that the baseline has of its device was measured*"])


def test_other_devices_of_the_baseline_are_told_and_not_judged(base, pytester):
    """One job a board, one baseline of all."""
    result = pytester.runpytest("--device", "slow", "--baseline", "base.json")
    assert outcomes(result) == {"passed": 6 + OF_A_DEVICE}
    result.stdout.fnmatch_lines(["1 device of the baseline not asked for here: fast"])


def test_an_accepted_change_begins_a_new_history(base, pytester):
    """What it concerns is skipped until a baseline is newer; all else is judged."""
    scale("fast", 0.5)
    series = '[[accepted]]\nseries = "dev:fast:-*/drafting"\nsince = {}\nreason = "15 W"\nauthor = "Kim"\n'
    options = (*DEVICES, "--baseline", "base.json", "--accepted", "accepted.toml")
    Path("accepted.toml").write_text(series.format("2020-01-01"))
    assert len(failed(pytester.runpytest(*options))) == 2
    began = json.loads(base.read_text())["datetime"].rpartition("+")[0]
    Path("accepted.toml").write_text(series.format(f"{began[:-3]}999Z"))
    result = pytester.runpytest(*options)
    assert (result.ret, outcomes(result)["skipped"]) == (0, 2)


def test_a_device_that_was_renamed_is_compared_by_its_alias(base, pytester):
    """Without the alias nothing is in common, which is an error."""
    testbed = Path("devices.yaml")
    testbed.write_text(testbed.read_text().replace("  fast:", "  quick:"))
    result = pytester.runpytest("--device", "quick", "--baseline", "base.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the base is of devices fast, slow, the new side of device quick.*"])
    Path("names.toml").write_text('[[renamed]]\nold = "dev:fast:"\nnew = "dev:quick:"\n')
    result = pytester.runpytest("--device", "quick", "--baseline", "base.json", "--aliases", "names.toml")
    assert outcomes(result) == {"passed": 6 + OF_A_DEVICE}


def test_they_run_last_whatever_shuffles_the_tests(base, pytester):
    """A device is judged when all of it was measured."""
    pytester.makeconftest("def pytest_collection_modifyitems(items): items.reverse()")
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json")
    assert outcomes(result) == {"passed": MEASURING + COMPARING}


def test_a_failure_is_one_for_the_rest_of_pytest(base, pytester):
    """`-x` ends the run at it, and `--lf` runs it again."""
    scale("fast", 0.5)
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json", "-x")
    assert outcomes(result)["failed"] == 1
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json", "--lf")
    assert outcomes(result)["deselected"] == MEASURING + COMPARING - 1


def test_a_plan_is_without_them(base, pytester):
    """It says what would be measured."""
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json", "--plan")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*baseline::*")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--baseline", "nowhere.json"], "*--baseline nowhere.json: no such file or folder*"),
        (["--baseline", "v9.9:base.json"], "*--baseline *v9.9*"),
        (["--baseline", "0042"], "*--baseline 0042: *has no such run*"),
        (["--baseline", "profile.json"], "*--baseline *profile.json: no run of configspec in it*"),
        (["--baseline", "pipe"], "*--baseline *pipe: a pipe or a device*"),
        (["--baseline", "base.json", "--resume", "base.json"], "*--baseline *base.json: --resume takes its rows*"),
        (["--baseline", "base.json", "--fail-on", "goodput:0%"], "*a floor of 0 % calls every loss*"),
        (["--baseline", "base.json", "--fail-on", "speed:5%"], "*no metric is called 'speed'*"),
        (["--baseline", "base.json", "--also-fail", "PASS"], "*--also-fail: 'PASS' is no state that fails*"),
        (["--baseline", "base.json", "--remeasure", "1"], "*--remeasure is '1'. It takes 0 or 2*"),
        (["--baseline", "base.json", "--remeasure", "ever"], "*--remeasure is 'ever'. It takes 0 or 2*"),
        (["--baseline", "base.json", "--accepted", "none.toml"], "*none.toml: cannot be read*"),
        (["--baseline", "base.json", "--floors", "base.json"], "*base.json: not TOML*"),
        (["--baseline", "base.json", "--aliases", "circle.toml"], "*circle.toml: *lead in a circle*"),
        (
            ["--baseline", "base.json", "--fail-on", "goodput:off,drafting:off,acceptance:off"],
            "*--fail-on switches off every metric*",
        ),
        (["--fail-on", "goodput:5%"], "*--fail-on is about a comparison*--baseline*"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_a_mistake_is_told_before_anything_is_measured(base, pytester, options, told):
    """Exit code 4, one line, no journal."""
    names = [("a", "b"), ("b", "a")]
    Path("circle.toml").write_text("\n".join(f'[[renamed]]\nold = "dev:{a}:"\nnew = "dev:{b}:"' for a, b in names))
    os.mkfifo("pipe")
    journals = len(list(Path(".configspec/journal").iterdir()))
    result = pytester.runpytest(*DEVICES, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()
    assert len(list(Path(".configspec/journal").iterdir())) == journals


def test_a_baseline_without_a_device_is_a_mistake(base, pytester):
    """Nothing would be compared, in a run that is green."""
    result = pytester.runpytest("--baseline", "base.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--baseline compares what is measured: name the devices with --device*"])


def rewritten(path: Path, change: str) -> None:
    """The baseline as it should not be."""
    document = json.loads(path.read_text())
    if change == "newer":
        document["datetime"] = "2099-01-01T00:00:00+00:00"
    elif change == "empty":
        document["benchmarks"] = []
    else:
        for row in document["benchmarks"]:
            row["extra_info"]["configspec"]["version"] = 99
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("newer", "*the base is not older than the new run*"),
        ("empty", "*base.json: *none measured by configspec*"),
        ("version", "*base.json: *no row is left*"),
    ],
)
def test_a_baseline_that_compares_with_nothing_is_a_mistake(base, pytester, change, told):
    """Never a silent pass."""
    rewritten(base, change)
    result = pytester.runpytest(*DEVICES, "--baseline", "base.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])
    assert "Traceback" not in result.stderr.str()
