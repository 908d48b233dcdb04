"""A whole run with a power meter whose files are made up: the energy ranking is the one by hand, of the rows alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from made_up_board import BUSY_W, IDLE_W, made_up_power

from configspec.records.reader import read_rows
from configspec.records.row import Row
from configspec.records.samples import PowerSamples, read_samples

pytest.importorskip("llama_cpp")
pytest.importorskip("torch")
pytestmark = pytest.mark.real

SVG = "{http://www.w3.org/2000/svg}"
FAMILY = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama"
INVENTORY = """
devices:
  board: {{connection: local, llama_cpp: {{threads: 1, context: 256}}, power: {power}}}
families:
  tiny-llama:
    target: {{transformers: '{family}/target', threads: 1}}
    drafts: {{xs: '{family}/xs'}}
    quants: [Q8_0]
sweep: {{k: 1..2, prompts: prompts.jsonl, new_tokens: 12, depth: 32, rounds: 4, warmup_rounds: 1, passes: 1}}
"""
BENCHMARK = """
import pytest

@pytest.mark.hil
def test_configuration(hil_benchmark):
    hil_benchmark()
"""


class Testbed:
    """A folder with one board, whose power is what its files say."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        prompts = [{"id": f"p{n}", "prompt": f"def f{n}(x):\n    return"} for n in range(3)]
        (folder / "prompts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in prompts))
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "test_bench.py").write_text(BENCHMARK)

    def declare(self, **power: object) -> None:
        """Write devices.yaml with that `power`."""
        (self.folder / "devices.yaml").write_text(INVENTORY.format(power=json.dumps(power), family=FAMILY))

    def run(self, *words: str) -> str:
        """Python with these words, in the folder; what it prints."""
        cache = str(self.folder / "cache")
        own = {"CONFIGSPEC_CACHE_DIR": cache, "CONFIGSPEC_LOCK_FILE": str(self.folder / "lock"), "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(
            [sys.executable, *words], cwd=self.folder, env={**os.environ, **own}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def measure(self, results: str, *flags: str) -> list[Row]:
        """One run; its rows."""
        self.run("-m", "pytest", "--device", "board", "--end-to-end", "none", f"--benchmark-json={results}", *flags)
        return list(read_rows(self.folder / results))

    def rank(self, results: str, *flags: str) -> str:
        """What `configspec rank` prints."""
        return self.run("-m", "configspec.cli", "rank", results, *flags)


@pytest.fixture(scope="module")
def testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Testbed]:
    """A board whose power follows the processor time of its agent."""
    here = Testbed(tmp_path_factory.mktemp("testbed"))
    with made_up_power(here.root, "follow", str(here.folder / "cache" / "agent")):
        yield here


@pytest.fixture(scope="module")
def rows(testbed: Testbed) -> list[Row]:
    """The rows of a run with the meter."""
    testbed.declare(meter="auto", root=str(testbed.root), window_s=1)
    return testbed.measure("r.json")


def test_both_k_have_the_watts_of_one_window(rows: list[Row]) -> None:
    """Between idle and busy, as the files showed; idle is lower; the pass drafted for a second."""
    first, second = rows
    power = first.power
    assert power == second.power
    assert power.watts is not None
    assert power.idle_w is not None
    assert IDLE_W < power.watts.value <= BUSY_W + 0.01
    assert power.idle_w.value < power.watts.value
    assert power.reason is None
    (one,) = power.passes
    assert (one.counted, one.k) == (True, 2)
    assert one.window_s == pytest.approx(1.0, abs=0.2)
    assert power.looked_for[0].meter == "ina238"


def test_the_energy_ranking_is_the_one_by_hand(testbed: Testbed, rows: list[Row]) -> None:
    """P * round_s / (K * alpha + 1) of each row, and its boundary stands above it."""
    by_hand = {
        row.k: row.power.watts.value * row.drafting.round_s.value / (row.k * row.acceptance.rate.value + 1)
        for row in rows
        if row.power.watts is not None
    }
    assert sorted(by_hand) == [1, 2]
    (ranking,) = json.loads(testbed.rank("r.json", "--objective", "energy", "--format", "json"))["rankings"]
    assert {one["k"]: one["value"] for one in ranking["choices"]} == pytest.approx(by_hand)
    assert ranking["power_kind"] == "module, ina3221, measured"
    heading = next(line for line in testbed.rank("r.json", "--objective", "energy").splitlines() if "energy" in line)
    assert "module" in heading


def test_the_readings_lie_beside_results_and_journal(testbed: Testbed, rows: list[Row]) -> None:
    """By their hash, and with the parts of the visit: the same for both K."""
    sha256 = rows[0].samples.power
    assert sha256 is not None
    assert rows[1].samples.power == sha256
    (journal,) = (testbed.folder / ".configspec" / "journal").glob("*.jsonl")
    assert sha256 in journal.read_text()
    for beside in (testbed.folder / "r.json", journal):
        read = read_samples(beside, sha256, PowerSamples)
        (one,) = read.passes
        assert read.channels == ("VDD_IN",)
        assert set(one.spans_s) == {"idle before", "window", "idle after"}
        assert len(one.t_s) == len(one.values[0]) > 20


def test_the_readings_are_drawn(testbed: Testbed, rows: list[Row]) -> None:
    """From the files of the meter to a picture: one trace, with a point for each reading and the parts of the visit."""
    sha256 = rows[0].samples.power
    assert sha256 is not None
    (one,) = read_samples(testbed.folder / "r.json", sha256, PowerSamples).passes
    told = testbed.run("-m", "configspec.cli", "plot", "power", "r.json", "-o", "power.svg")
    assert "power.svg: " in told
    assert "board" in told
    root = ElementTree.parse(testbed.folder / "power.svg").getroot()
    text = " ".join(root.itertext())
    assert "tiny-llama" in text
    for part in ("idle before", "window", "idle after"):
        assert part in text
    ways = [line.attrib["d"] for line in root.iter(f"{SVG}path")]
    drawn = max((_heights(way) for way in ways if re.fullmatch("M[-0-9. L]+", way)), key=len)
    busy, idle = min(drawn), max(drawn)  # in a picture, up is less
    assert len(drawn) >= 20
    assert len(drawn) <= len(one.t_s)
    assert busy < idle


def _heights(way: str) -> list[float]:
    return [float(point.split()[1]) for point in way.removeprefix("M").split("L")]


def test_a_row_is_measured_again_where_its_meter_changed(testbed: Testbed, rows: list[Row]) -> None:
    """The same key: no row is measured. Another window, or another root: all are."""
    testbed.declare(meter="auto", root=str(testbed.root), window_s=1)
    resumed = testbed.measure("same.json", "--resume", "r.json")
    assert [row.power for row in resumed] == [row.power for row in rows]
    assert None not in [row.resumed for row in resumed]
    testbed.declare(meter="auto", root=f"{testbed.root}/../root", window_s=1)
    changed = testbed.measure("other.json", "--resume", "r.json")
    assert [row.resumed for row in changed] == [None, None]
    assert changed[0].power.asked != rows[0].power.asked


def test_without_a_meter_speed_and_acceptance_are_ranked_and_energy_says_why(testbed: Testbed, rows: list[Row]) -> None:
    """A root that holds no sysfs: throughput and acceptance stand, and what was looked for is told."""
    testbed.declare(meter="auto", root=str(testbed.folder / "nowhere"))
    dead = testbed.measure("dead.json")
    assert [row.acceptance.rate.value for row in dead] == [row.acceptance.rate.value for row in rows]
    assert all(row.drafting.tokens_per_s.value > 0 for row in dead)
    assert {row.power.watts for row in dead} == {None}
    told = testbed.rank("dead.json")
    assert "goodput" in told
    assert re.search(r"not available.*no power meter was found", told, re.DOTALL)
    assert "ina3221: no hwmon chip is named ina3221" in " ".join(told.split())
