"""RAPL: which zones add up, where a counter begins again, and who may read it."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from changed_files import DENIED, FAILED, GONE, Changed, Content, replay
from hypothesis import example, given
from hypothesis import strategies as st
from recorded_meters import Replayed

from configspec.agent.power.meter import Meter, NoMeterError, ReadingError
from configspec.agent.power.rapl import KIND, find, joules
from configspec.agent.protocol import AgentError

ZONES = "sys/class/powercap"
FIRST = f"{ZONES}/intel-rapl:0"
SECOND = f"{ZONES}/intel-rapl:1"
REASON_LETTERS = 400  # of a reason, at most, in the table of what was looked for


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("laptop"), "rapl/laptop-before-wrap")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("server"), "rapl/server-two-packages")


def found(inner: Replayed, files: dict[str, Content] | None = None, rails: list[str] | None = None) -> Meter:
    return find(Changed(inner, files), {} if rails is None else {"rails": rails})


def named(meter: Meter) -> dict[str, bool]:
    return {channel.name: channel.adds for channel in meter.facts.channels}


def test_it_is_looked_for():
    """`auto` takes it where it is there, with the zones that are asked for."""
    assert KIND.auto
    assert [(option.name, option.form) for option in KIND.options] == [("rails", "texts")]


def test_packages_add_and_what_contains_or_repeats_them_does_not(laptop: Replayed):
    """No subzone, no psys, and nothing of intel-rapl-mmio, which has a package-0 of its own."""
    assert named(found(laptop)) == {"package-0": True, "psys": False}


def test_the_packages_of_a_machine_add_up(server: Replayed):
    """Each in the place that the number of its zone gives, whatever its name."""
    assert named(found(server)) == {"package-1": True, "package-0": True}


def test_a_die_is_a_package(server: Replayed):
    """Some processors have a zone a die."""
    files: dict[str, Content] = {f"{FIRST}/name": "package-0-die-0", f"{SECOND}/name": "package-0-die-1"}
    assert named(found(server, files)) == {"package-0-die-0": True, "package-0-die-1": True}


def test_the_tenth_zone_comes_after_the_second(tmp_path_factory: pytest.TempPathFactory):
    """Zones are in the order of their numbers."""
    inner = replay(tmp_path_factory.mktemp("many"), "rapl/server-two-packages")
    (inner.root / FIRST).rename(inner.root / f"{ZONES}/intel-rapl:10")
    assert list(named(found(inner))) == ["package-0", "package-1"]


def test_psys_is_taken_alone_where_it_is_asked_for(laptop: Replayed):
    """It contains the packages, and is the board."""
    meter = found(laptop, rails=["psys"])
    assert named(meter) == {"package-0": False, "psys": True}
    assert meter.facts.boundary == "board"
    assert found(laptop).facts.boundary == "rail"


@pytest.mark.parametrize("rails", [["psys", "package-0"], ["package-0", "psys"]])
def test_psys_and_packages_are_refused(laptop: Replayed, rails: list[str]):
    """They would count the packages twice."""
    with pytest.raises(AgentError, match="psys contains the packages"):
        found(laptop, rails=rails)


def test_one_package_may_be_asked_for(server: Replayed):
    """As where a run is bound to its cores; a name that is not there gets the one that was meant."""
    assert named(found(server, rails=["package-0"])) == {"package-1": False, "package-0": True}
    with pytest.raises(AgentError, match="rapl has no rail 'pakage-0'") as caught:
        found(server, rails=["pakage-0"])
    assert "Did you mean 'package-0'?" in str(caught.value.hint)


def test_a_machine_with_psys_alone_has_to_be_asked_for_it(laptop: Replayed):
    """What another board shows by default is something else."""
    with pytest.raises(NoMeterError, match=r"power.rails could name psys"):
        found(laptop, {f"{FIRST}/name": "psys", f"{SECOND}/name": GONE})


@pytest.mark.parametrize("name", ["package", "package-0-core", "dram", "package-0-die-", "xpackage-0"])
def test_another_zone_of_the_upper_level_does_not_add(laptop: Replayed, name: str):
    """Only what is known to be beside the packages may be added to them."""
    with pytest.raises(NoMeterError, match="no package here"):
        found(laptop, {f"{FIRST}/name": name})


def test_a_machine_without_zones_is_told_what_may_be_missing(laptop: Replayed):
    """A module of the kernel, or the processor."""
    with pytest.raises(NoMeterError, match="no module intel_rapl_msr"):
        found(laptop, {f"{FIRST}/name": GONE, f"{SECOND}/name": GONE})


def test_whoever_may_not_read_is_told_how_to_grant_it_and_what_that_exposes(laptop: Replayed):
    """CVE-2020-8694 made the counters root's."""
    with pytest.raises(NoMeterError) as caught:
        found(laptop, {f"{FIRST}/energy_uj": DENIED})
    assert "sudo chmod a+r" in str(caught.value)
    assert "CVE-2020-8694" in str(caught.value)
    assert "what other programs compute" in str(caught.value)
    assert len(str(caught.value)) <= REASON_LETTERS


@pytest.mark.parametrize("content", [FAILED, GONE, "", "text", "-1", "262143328851"])
def test_a_counter_that_cannot_be_read_is_no_meter(laptop: Replayed, content: Content):
    """The reason names the zone."""
    with pytest.raises(NoMeterError, match=r"^package-0: "):
        found(laptop, {f"{FIRST}/energy_uj": content})


@pytest.mark.parametrize("content", [FAILED, DENIED, "text", "262143328851"])
def test_a_counter_beside_the_sum_that_cannot_be_read_is_left_out(laptop: Replayed, content: Content):
    """It is no part of the figure."""
    assert named(found(laptop, {f"{SECOND}/energy_uj": content})) == {"package-0": True}


@pytest.mark.parametrize("range_uj", ["65532610987", GONE, "0", "text"])
def test_a_counter_beside_the_sum_of_another_range_is_left_out(laptop: Replayed, range_uj: Content):
    """One range is told for all: another's turn would be read wrongly."""
    assert named(found(laptop, {f"{SECOND}/max_energy_range_uj": range_uj})) == {"package-0": True}


def test_packages_of_different_ranges_are_no_meter(server: Replayed):
    """Their sum cannot be unwrapped; one of them can."""
    files: dict[str, Content] = {f"{SECOND}/max_energy_range_uj": "262143328850"}
    with pytest.raises(NoMeterError, match="different ranges"):
        found(server, files)
    assert found(server, files, ["package-0"]).facts.range_j == pytest.approx(262143.32885)


def test_a_counter_begins_again_at_its_range(laptop: Replayed):
    """From 262000 J over 262143.32885 J to 150 J are 293.32885 J."""
    around = Changed(laptop)
    meter = find(around, {})
    before_j = meter.read().values[0]
    around.files[f"{FIRST}/energy_uj"] = "150000000"
    range_j = meter.facts.range_j
    assert range_j is not None
    assert meter.read().values[0] - before_j + range_j == pytest.approx(293.32885)


@pytest.mark.parametrize("range_uj", [GONE, DENIED, "", "0", "-5"])
def test_a_range_that_nobody_says_is_none(laptop: Replayed, range_uj: Content):
    """And nothing is beyond it."""
    files: dict[str, Content] = {f"{FIRST}/max_energy_range_uj": range_uj, f"{FIRST}/energy_uj": "999999999999"}
    meter = found(laptop, files)
    assert meter.facts.range_j is None
    assert meter.read().values[0] == pytest.approx(999999.999999)


def test_it_counts_every_millisecond(laptop: Replayed):
    """So that a second of it is a window: what its edges miss is a thousandth."""
    assert found(laptop).facts.period_s == 0.001
    assert found(laptop).facts.lag_s == 0


def test_a_reading_is_of_the_middle_of_its_time(laptop: Replayed):
    """Two files of 10 ms each: the figures belong to 10 ms after the beginning."""
    around = Changed(laptop, tick_s=0.01)
    meter = find(around, {})
    begin_s = around.now_s()
    assert meter.read().t_s == pytest.approx(begin_s + 0.01)
    meter.close()


@pytest.mark.parametrize(
    "content", ["", "text", "nan", "3,5", "1 2", "1.5", "-1", "262143328851", FAILED, GONE, DENIED]
)
def test_what_is_no_energy_is_no_reading(laptop: Replayed, content: Content):
    """The reason names the zone, and nothing becomes 0."""
    around = Changed(laptop)
    meter = find(around, {})
    around.files[f"{FIRST}/energy_uj"] = content
    with pytest.raises(ReadingError, match=r"^package-0: "):
        meter.read()


@given(st.integers(0, 262143328850))
@example(0)
@example(262143328850)
def test_a_counter_is_in_microjoules(microjoules: int):
    """From 0 to its range, both included."""
    assert joules(str(microjoules), 262143328850 / 1e6) == pytest.approx(microjoules / 1_000_000)


@given(st.integers(0, 65532610987), st.integers(0, 65532610987))
def test_whatever_the_zones_show_comes_back(server: Replayed, first_uj: int, second_uj: int):
    """Each on its own channel."""
    around = Changed(server, {f"{FIRST}/energy_uj": str(first_uj), f"{SECOND}/energy_uj": str(second_uj)})
    assert find(around, {}).read().values == pytest.approx((first_uj / 1e6, second_uj / 1e6))


@given(st.dictionaries(st.sampled_from(["name", "energy_uj", "max_energy_range_uj"]), st.text()))
def test_no_text_of_a_file_breaks_it(laptop: Replayed, contents: dict[str, str]):
    """Whatever the files hold, there is a reading, none, or no meter."""
    around = Changed(laptop, {f"{FIRST}/{file}": text for file, text in contents.items()})
    with suppress(ReadingError, NoMeterError):
        assert all(map(math.isfinite, find(around, {}).read().values))
