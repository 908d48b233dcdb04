"""A night with a history behind it: what looks odd is measured again, twice, and then spoken of."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from configspec.histories.floors import CalibratedFloor
from configspec.histories.judge_metric import MetricRules
from configspec.pytest_plugin.baseline_again import FirstLook, packed_looks, unpacked_looks
from configspec.regression.accepted import AcceptedChange
from configspec.regression.metrics import DRAFTING
from configspec.regression.series import Measured, SeriesKey
from configspec.regression.spread import Spread
from configspec.theory.ids import Cell, Drafter, Setting

NOISE = (1.0, 1.004, 0.997, 1.002, 0.995, 1.003)  # of six nights
NAME = "test_bench.py::test_configuration[dev:fast:-pair-b-Q8_0-K4]"
SUSPECT = "dev:fast:-pair-b-Q8_0-K4-drafting"


def scale(times: float) -> None:
    """The device drafts so many times as fast as in the fixture."""
    profile = json.loads(Path("profile.json").read_text())
    for cell in profile["devices"]["fast"]["cells"]:
        own = 50.0 if cell["draft"] == "b" else 100.0
        cell["drafting_tokens_per_s"] = {"value": own * times, "low": own * times * 0.99, "high": own * times * 1.01}
    Path("profile.json").write_text(json.dumps(profile))


def dated(path: Path, days_ago: int) -> None:
    """A results file, as if it had been written earlier."""
    document = json.loads(path.read_text())
    document["datetime"] = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    path.write_text(json.dumps(document))


@pytest.fixture
def nights(testbed: Path, pytester: pytest.Pytester) -> Path:
    """A folder of six earlier nights."""
    folder = testbed / "history"
    folder.mkdir()
    for place, noise in enumerate(NOISE):
        scale(noise)
        path = folder / f"{place}.json"
        assert pytester.runpytest("--device", "fast", f"--benchmark-json={path}").ret == 0
        dated(path, len(NOISE) - place)
    return folder


def again_of(rows: dict[str, dict[str, object]], name: str) -> list[object]:
    extra = rows[name]["extra_info"]
    assert isinstance(extra, dict)
    found: list[object] = extra.get("configspec_measured_again", [])
    return found


@pytest.mark.real
@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_loss_is_spoken_of_after_two_more_runs(nights, pytester, rows_of, journal, workers):
    """Without them it is SUSPECT, which does not fail. Their rows stay beside the first one, in journal and results."""
    pytest.importorskip("xdist")
    scale(0.9)
    options = ("--device", "fast,slow", workers, "--baseline", "history")
    result = pytester.runpytest(*options)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*SUSPECT: fast: pair b Q8_0 K=4, drafting: *"])
    result = pytester.runpytest(*options, "--remeasure", "2", "--benchmark-json=r.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"FAILED baseline::{SUSPECT} *"])
    result.stdout.fnmatch_lines(["*runs 3 : 6*"])
    for rows in (rows_of("r.json"), rows_of(journal())):
        assert len(rows) == 12
        again = again_of(rows, NAME)
        assert [one["k"] for one in again] == [4, 4]  # type: ignore[index]
        assert not again_of(rows, NAME.replace("b-Q8_0", "a-Q8_0"))


@pytest.mark.real
def test_what_is_not_suspect_is_not_measured_again(nights, pytester, rows_of):
    """A night like the others."""
    scale(1.001)
    result = pytester.runpytest(
        "--device", "fast", "--baseline", "history", "--remeasure", "2", "--benchmark-json=r.json"
    )
    assert result.ret == 0
    assert not [name for name, row in rows_of("r.json").items() if "configspec_measured_again" in row["extra_info"]]


@pytest.mark.real
def test_only_what_was_selected_is_measured_again(nights, pytester, rows_of):
    """A test that does not run asks for nothing."""
    scale(0.9)
    options = ("--device", "fast", "--baseline", "history", "--remeasure", "2", "--benchmark-json=r.json")
    pytester.runpytest(*options, "-k", "test_configuration or choice")
    assert not [name for name, row in rows_of("r.json").items() if "configspec_measured_again" in row["extra_info"]]


@pytest.mark.real
def test_a_damaged_night_is_told(nights, pytester):
    """The others are compared with; one that cannot be read is named."""
    scale(1.0)
    Path(nights, "7.json").write_text('{"benchmarks": [')
    result = pytester.runpytest("--device", "fast", "--baseline", "history")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*history/7.json: the whole file: *"])


def test_what_a_first_look_needs_travels_whole():
    """To a worker: ids with settings, a spread whose freedom is infinite, an accepted change."""
    cell = Cell(
        device="orin",
        family="llama",
        drafter=Drafter(draft="xs", quant="Q4_K_M"),
        settings=(Setting(name="threads", value="2"),),
    )
    series = SeriesKey(configuration=cell.at(4), metric=DRAFTING)
    run = Measured(series=series, value=9.5, setup=(("device.board", "Orin"),), at_s=1.8e9, night="2027-01-15")
    change = AcceptedChange(pattern="*", reason="15 W", author="Kim", since_s=1.7e9)
    known = CalibratedFloor(pattern="*", floor=0.03, spread=Spread(log_sd=0.01, degrees=float("inf")))
    rules = MetricRules(floor=0.05, known=known, changes=(change,), together=7)
    looks = (FirstLook(name="dev:orin:-x", earlier=(run, run), rules=rules),)
    assert unpacked_looks(packed_looks(looks)) == looks


def test_a_first_look_suspects_a_loss_and_no_noise():
    """Six nights at about 100: 90 is odd, 99.8 is not."""
    series = SeriesKey(
        configuration=Cell(device="orin", family="llama", drafter=Drafter(draft="xs", quant="Q4_K_M")).at(4),
        metric=DRAFTING,
    )
    runs = [
        Measured(series=series, value=100 * noise, setup=(), at_s=1.8e9 + place * 86400.0, night=str(place))
        for place, noise in enumerate((*NOISE, 0.9, 0.998))
    ]
    look = FirstLook(name="", earlier=tuple(runs[:6]), rules=MetricRules(floor=0.03))
    assert [look.suspects(one) for one in runs[6:]] == [True, False]


DIES = """
import os, pathlib
from configspec.pytest_plugin import baseline_again
own = baseline_again.again_rows_of

def dies_once(*args):
    flag = pathlib.Path("died")
    if not flag.exists():
        flag.touch()
        os._exit(1)
    return own(*args)

baseline_again.again_rows_of = dies_once
"""


@pytest.mark.real
def test_a_worker_that_dies_meanwhile_fails_the_run_and_loses_no_row(nights, pytester, rows_of):
    """Nobody can say that the night was good; what it measured stays."""
    pytest.importorskip("xdist")
    scale(0.9)
    pytester.makeconftest(DIES)
    result = pytester.runpytest_subprocess(
        "--device", "fast,slow", "-n2", "--baseline", "history", "--remeasure", "2", "--benchmark-json=r.json"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["7 compared: 5 PASS, 2 SUSPECT", "1 of 8 not judged: *"])
    result.stdout.fnmatch_lines(["ERROR baseline::dev:fast:-pair-goodput-choice - worker *crashed*"])
    assert len(rows_of("r.json")) == 12
