"""What docs/power.md says of meters, windows, doubts and heat is what the program does."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from recorded_meters import Recording, Replayed, recordings

from configspec.agent.power.meter import BOUNDARIES
from configspec.agent.power.metering import names, with_boundary
from configspec.agent.power.registry import METERS
from configspec.profiling.power_window import Load, guard_s, planned
from configspec.records.meter import MeterFacts
from configspec.selection.ranking import BARRED
from configspec.theory.flags import NUMBERS
from configspec.theory.power.doubts import REASONS, WORDS

PAGE = (Path(__file__).parents[2] / "docs" / "power.md").read_text(encoding="utf-8")
KINDS = {kind.name: kind for kind in METERS}


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its own heading."""
    section = PAGE[PAGE.index(f"{heading}\n") :]
    lines = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert lines
    return [re.split(r" *(?<!\\)\| *", line)[1:-1] for line in lines[0].splitlines()[2:]]


def test_every_kind_has_an_example():
    """Somebody who has that meter copies its lines; each of them is checked with all other examples."""
    shown: set[str] = set()
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        devices: dict[str, Any] = yaml.safe_load(block).get("devices", {})
        powers = [one["power"] for one in devices.values() if "power" in one]
        shown |= {power if isinstance(power, str) else power["meter"] for power in powers}
    assert shown == set(names())


def test_every_boundary_is_explained():
    """From little to all, as the program has them."""
    assert [row[0] for row in table("## What is inside a figure")] == [f"`{one}`" for one in BOUNDARIES]


def test_every_doubt_is_in_the_table():
    """With what it does: it takes the watts away, or is a flag."""
    rows = table("### When there are none")
    assert [row[0].strip("`") for row in rows] == list(WORDS)
    assert {row[0].strip("`") for row in rows if row[1] == "none"} == set(REASONS)
    assert {row[1] for row in rows} == {"none", "flagged"}


def test_every_flag_of_heat_exists():
    """And those that keep a row out of rankings are named as such."""
    codes = {row[0].strip("`") for row in table("## Heat")}
    assert codes <= set(NUMBERS)
    said = re.search(r"\*\*A row that is (.*?) is kept, flagged and left out of rankings\.\*\*", PAGE)
    assert said
    assert set(re.findall(r"`(\w+)`", said[1])) == set(BARRED) <= codes


def seconds(cell: str) -> list[float]:
    return [float(one) for one in re.findall(r"(\d+) s\b", cell)]


@pytest.mark.parametrize("recording", recordings(), ids=lambda one: one.name)
def test_a_window_takes_as_long_as_the_table_says(recording: Recording, tmp_path: Path):
    """Of every board that was recorded, with what is read before and behind."""
    meter = KINDS[recording.meter].find(Replayed(tmp_path, recording), recording.options)
    meter.close()
    facts = msgspec.convert(with_boundary(meter.facts, recording.expect.boundary).as_json(), MeterFacts)
    plan = planned(facts, Load(k=1, budget_s=math.inf))
    total_s = plan.total_s + 2 * guard_s(facts)
    (row,) = [row for row in table("### How long it takes") if f"`{recording.meter}`" in row[0]]
    assert plan.window_s in seconds(row[1])
    shown_s = seconds(row[2])
    assert any(total_s == pytest.approx(one, abs=0.6) for one in shown_s) or (
        row[2].endswith("and more") and total_s > max(shown_s)
    )
