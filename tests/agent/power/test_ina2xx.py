"""INA2xx in a lead: which chip, what it shows, and wires the wrong way round."""

from __future__ import annotations

import math
import os
from contextlib import suppress

import pytest
from changed_files import DENIED, FAILED, GONE, Changed, Content, replay
from hypothesis import example, given
from hypothesis import strategies as st
from recorded_meters import Replayed

from configspec.agent.power.ina2xx import KIND, find, watts
from configspec.agent.power.meter import Meter, NoMeterError, ReadingError
from configspec.agent.protocol import AgentError

CHIP = "sys/class/hwmon/hwmon3"


@pytest.fixture(scope="module")
def pi5(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("pi5"), "ina2xx/pi5-ina226-idle")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("two"), "ina2xx/two-chips-named")


def found(inner: Replayed, files: dict[str, Content] | None = None, chip: str | None = None) -> Meter:
    return find(Changed(inner, files), {} if chip is None else {"chip": chip})


def test_only_its_owner_knows_what_is_behind_it():
    """So the owner has to say, and `auto` does not take it."""
    assert KIND.asks_boundary
    assert not KIND.auto
    assert [option.name for option in KIND.options] == ["chip"]


@pytest.mark.parametrize("name", ["ina219", "ina220", "ina226", "ina230", "ina231", "ina238", "ina260"])
def test_all_chips_of_the_drivers_are_known(pi5: Replayed, name: str):
    """Each gives the channel its name."""
    assert found(pi5, {f"{CHIP}/name": name}).facts.channels[0].name == name


def test_another_chip_is_none(pi5: Replayed):
    """An INA3221 has three channels, and its own reader."""
    with pytest.raises(NoMeterError, match=r"no hwmon chip is named ina219, .*device-tree overlay"):
        found(pi5, {f"{CHIP}/name": "ina3221"})


@pytest.mark.parametrize(("chip", "name"), [("4-0041", "ina260"), ("ina260", "ina260"), ("4-0045", "ina231")])
def test_one_of_several_is_chosen_by_address_or_name(two: Replayed, chip: str, name: str):
    """The numbers of hwmon change from boot to boot; these do not."""
    assert found(two, chip=chip).facts.channels[0].name == name


def test_several_that_nobody_chose_from_are_listed(two: Replayed):
    """Taking the first would measure something else than is meant."""
    with pytest.raises(AgentError, match="2 chips fit") as caught:
        found(two)
    assert caught.value.kind == "usage"
    assert caught.value.hint == "Name one by its I2C address: 4-0041 (ina260), 4-0045 (ina231)."


def test_two_chips_of_a_name_are_told_apart_by_address(two: Replayed):
    """The name alone does not do then."""
    with pytest.raises(AgentError, match="2 chips fit"):
        found(two, {"sys/class/hwmon/hwmon1/name": "ina260"}, "ina260")


def test_a_chip_that_is_not_there_is_answered_with_those_that_are(two: Replayed):
    """A slip of the pen gets the name that was meant."""
    with pytest.raises(AgentError, match="no chip is '4-0042'") as caught:
        found(two, chip="4-0042")
    assert "Did you mean '4-004" in str(caught.value.hint)
    assert "There are: 4-0041, 4-0045, ina231, ina260." in str(caught.value.hint)


def test_a_chip_averages_blocks_of_its_interval(pi5: Replayed):
    """A value is new when a block is full, and is as old as the block."""
    facts = found(pi5).facts
    assert (facts.lag_s, facts.period_s) == (0.141, 0.141)


@pytest.mark.parametrize(("interval", "lag_s"), [(GONE, 0), ("2", 0.002), ("-141", 0), ("", 0)])
def test_a_chip_that_hardly_averages_is_read_twenty_times_a_second(pi5: Replayed, interval: Content, lag_s: float):
    """An INA219 has no interval."""
    facts = found(pi5, {f"{CHIP}/update_interval": interval}).facts
    assert (facts.lag_s, facts.period_s) == (lag_s, 0.05)


@pytest.mark.parametrize(
    ("name", "shunt_uohm", "step_a"),
    [
        ("ina219", 2000, 5e-3),
        ("ina220", 2000, 5e-3),
        ("ina226", 1000, 2.5e-3),
        ("ina230", 1000, 2.5e-3),
        ("ina231", 1000, 2.5e-3),
        ("ina238", 2000, 2.5e-3),
        ("ina226", 10_000, 1e-3),
        ("ina219", 100_000, 1e-3),
        ("ina260", 2000, 0),
        ("ina226", 0, 0),
        ("ina226", -2000, 0),
        ("ina226", "", 0),
    ],
)
def test_the_step_is_one_of_the_current(pi5: Replayed, name: str, shunt_uohm: object, step_a: float):
    """One of the shunt's voltage by its data sheet, or the mA of the driver; 0 where that is not known."""
    facts = found(pi5, {f"{CHIP}/name": name, f"{CHIP}/shunt_resistor": str(shunt_uohm)}).facts
    assert facts.step == pytest.approx(step_a * 5.089)


def test_how_the_chip_is_set_goes_into_the_record(pi5: Replayed):
    """A wrong shunt scales every figure: it has to be seen."""
    assert found(pi5).facts.sensor == {
        "chip": "ina226",
        "i2c": "1-0044",
        "shunt_uohm": 10_000,
        "update_interval_ms": 141,
    }
    bare: dict[str, Content] = {f"{CHIP}/shunt_resistor": GONE, f"{CHIP}/update_interval": "text"}
    assert found(pi5, bare).facts.sensor == {"chip": "ina226", "i2c": "1-0044"}


def test_a_chip_without_an_address_goes_by_its_folder(tmp_path_factory: pytest.TempPathFactory):
    """Its driver may hang on no I2C bus."""
    inner = replay(tmp_path_factory.mktemp("bare"), "ina2xx/pi5-ina226-idle")
    link = inner.root / CHIP
    target = link.resolve()
    link.unlink()
    os.rename(target, link)
    assert (found(inner, chip="hwmon3").facts.sensor or {})["i2c"] == "hwmon3"


def test_wires_the_wrong_way_round_are_no_reading():
    """The power of an INA219 has no sign and says +0.176 W here (networkupstools/nut#2960): the current has."""
    with pytest.raises(ReadingError, match=r"-40 mA: the current flows backwards. Swap the wires"):
        watts(4228, -40)


def test_wires_the_wrong_way_round_are_said_at_once(pi5: Replayed):
    """Before anything is measured, with the chip that is meant."""
    with pytest.raises(NoMeterError, match="ina226 at 1-0044: -1 mA"):
        found(pi5, {f"{CHIP}/curr1_input": "-1"})


@pytest.mark.parametrize("millivolts", [399, 30_001, 0, -5000])
def test_a_voltage_that_feeds_no_board_is_no_reading(millivolts: int):
    """A loose wire, or a chip that is not in the lead."""
    with pytest.raises(ReadingError, match="feeds no board"):
        watts(millivolts, 100)


@given(st.integers(400, 30_000), st.integers(0, 100_000))
@example(400, 1)
@example(30_000, 1)
def test_power_is_voltage_times_current(millivolts: int, milliamps: int):
    """From mV and mA, at the bounds too; no current is no power."""
    assert watts(millivolts, milliamps) == pytest.approx(millivolts * milliamps / 1e6)


def test_the_power_file_is_not_read(pi5: Replayed):
    """What it holds or lacks changes nothing."""
    assert found(pi5, {f"{CHIP}/power1_input": FAILED}).read().values == found(pi5).read().values


def test_a_reading_is_of_the_middle_of_its_time(pi5: Replayed):
    """Two files of 10 ms each: the figure belongs to 10 ms after the beginning."""
    around = Changed(pi5, tick_s=0.01)
    meter = find(around, {})
    begin_s = around.now_s()
    assert meter.read().t_s == pytest.approx(begin_s + 0.01)
    meter.close()


@pytest.mark.parametrize("content", ["", "text", "nan", "3,5", "585 585", "5.89", FAILED, GONE, DENIED])
@pytest.mark.parametrize("file", ["in1_input", "curr1_input"])
def test_what_is_no_number_is_no_reading(pi5: Replayed, file: str, content: Content):
    """The reason names the file, and nothing becomes 0; the same at the first reading is no meter."""
    around = Changed(pi5)
    meter = find(around, {})
    around.files[f"{CHIP}/{file}"] = content
    with pytest.raises(ReadingError, match=f"^{file}: ('.*' is no whole number|Input/output|No such|Permission)"):
        meter.read()
    with pytest.raises(NoMeterError, match=f"ina226 at 1-0044: {file}: "):
        find(around, {})


@given(st.integers(0, 20), st.integers(320, 24_000), st.integers(0, 32_767))
def test_whatever_the_chip_shows_comes_back(pi5: Replayed, shunt_mv: int, volt_steps: int, milliamps: int):
    """A state in steps of the bus voltage, 1.25 mV, rounded as the driver does, reads as its power."""
    millivolts = (volt_steps * 1250) // 1000
    files: dict[str, Content] = {f"{CHIP}/in0_input": str(shunt_mv), f"{CHIP}/in1_input": f"{millivolts}"}
    files[f"{CHIP}/curr1_input"] = f"{milliamps}"
    assert found(pi5, files).read().values == pytest.approx((millivolts * milliamps / 1e6,))


@given(st.dictionaries(st.sampled_from(["in1_input", "curr1_input", "update_interval", "shunt_resistor"]), st.text()))
def test_no_text_of_a_file_breaks_it(pi5: Replayed, contents: dict[str, str]):
    """Whatever the files hold, there is a reading, none, or no meter."""
    around = Changed(pi5, {f"{CHIP}/{file}": text for file, text in contents.items()})
    with suppress(ReadingError, NoMeterError):
        assert all(map(math.isfinite, find(around, {}).read().values))
