"""INA3221 by hwmon: which rails add up, what is no rail, and what is no reading."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

import pytest
from changed_files import DENIED, FAILED, GONE, NO_DATA, Changed, Content, replay
from hypothesis import example, given
from hypothesis import strategies as st
from recorded_meters import Replayed

from configspec.agent.power.ina3221 import KIND, checked, find, watts
from configspec.agent.power.meter import Channel, Meter, NoMeterError, ReadingError
from configspec.agent.protocol import AgentError

CHIP = "sys/class/hwmon/hwmon1"
SECOND = "sys/class/hwmon/hwmon2"


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("nano"), "ina3221/orin-nano-load")


@pytest.fixture(scope="module")
def agx(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("agx"), "ina3221/agx-orin-load")


def found(inner: Replayed, files: dict[str, Content] | None = None, rails: list[str] | None = None) -> Meter:
    return find(Changed(inner, files), {} if rails is None else {"rails": rails})


def named(meter: Meter) -> dict[str, bool]:
    return {channel.name: channel.adds for channel in meter.facts.channels}


def test_it_is_looked_for():
    """`auto` takes it where it is there, with the rails that are asked for."""
    assert KIND.auto
    assert [(option.name, option.form) for option in KIND.options] == [("rails", "texts")]


def test_the_total_of_a_board_adds_alone(nano: Replayed):
    """VDD_IN contains the other rails, which are kept beside it."""
    assert named(found(nano)) == {"VDD_IN": True, "VDD_CPU_GPU_CV": False, "VDD_SOC": False}


def test_a_part_of_a_counted_rail_does_not_add(agx: Replayed):
    """VDDQ_VDD2_1V8AO is inside VIN_SYS_5V0; where that is not there, nothing else counts it."""
    assert [name for name, adds in named(found(agx)).items() if not adds] == ["VDDQ_VDD2_1V8AO"]
    assert all(named(found(agx, {f"{CHIP}/in3_enable": "0"})).values())


def test_another_rail_than_the_total_is_a_rail(nano: Replayed):
    """`power.rails` chooses what adds up, and the boundary goes with it."""
    meter = found(nano, rails=["VDD_SOC"])
    assert named(meter) == {"VDD_IN": False, "VDD_CPU_GPU_CV": False, "VDD_SOC": True}
    assert meter.facts.boundary == "rail"


@pytest.mark.parametrize(("total", "boundary"), [("VDD_IN", "module"), ("POM_5V_IN", "board")])
def test_a_total_says_what_is_inside(nano: Replayed, total: str, boundary: str):
    """By default or by name, the total of a Jetson is its module or its board."""
    files: dict[str, Content] = {f"{CHIP}/in1_label": total}
    assert found(nano, files).facts.boundary == boundary
    assert found(nano, files, [total]).facts.boundary == boundary


@pytest.mark.parametrize("rails", [["VDD_IN", "VDD_SOC"], ["VDD_SOC", "VDD_IN"]])
def test_a_total_and_its_part_are_refused(nano: Replayed, rails: list[str]):
    """They would count the part twice."""
    with pytest.raises(AgentError, match="VDD_IN contains VDD_SOC"):
        found(nano, rails=rails)


def test_a_rail_and_what_is_inside_it_are_refused(agx: Replayed):
    """So would these."""
    with pytest.raises(AgentError, match="VIN_SYS_5V0 contains VDDQ_VDD2_1V8AO"):
        found(agx, rails=["VDDQ_VDD2_1V8AO", "VIN_SYS_5V0"])
    assert found(agx, rails=["VDDQ_VDD2_1V8AO", "VDD_CPU_CV"]).facts.boundary == "rail"


def test_the_carrier_of_a_tx2_is_beside_its_module(nano: Replayed):
    """VDD_MUX and VDD_IN have no part in common, and may be added."""
    meter = found(nano, {f"{CHIP}/in3_label": "VDD_MUX"}, ["VDD_IN", "VDD_MUX"])
    assert named(meter) == {"VDD_IN": True, "VDD_CPU_GPU_CV": False, "VDD_MUX": True}
    assert meter.facts.boundary == "rail"


def test_a_rail_that_is_not_there_is_answered_with_those_that_are(nano: Replayed):
    """A slip of the pen gets the name that was meant."""
    with pytest.raises(AgentError, match="ina3221 has no rail 'VDD_SOCK'") as caught:
        found(nano, rails=["VDD_SOCK"])
    assert caught.value.kind == "usage"
    assert "Did you mean 'VDD_SOC'?" in str(caught.value.hint)


@pytest.mark.parametrize("label", ["NC", "nc", "", "unused", "NOT_CONNECTED", GONE])
def test_a_channel_that_is_connected_to_nothing_is_no_rail(nano: Replayed, label: Content):
    """Its label says so, or is missing."""
    assert "VDD_SOC" not in named(found(nano, {f"{CHIP}/in3_label": label}))
    assert len(named(found(nano, {f"{CHIP}/in3_label": label}))) == 2


@pytest.mark.parametrize("file", ["in2_input", "curr2_input"])
def test_a_disabled_channel_is_no_rail(nano: Replayed, file: str):
    """The driver says ENODATA, or 0 in in2_enable."""
    assert list(named(found(nano, {f"{CHIP}/{file}": NO_DATA}))) == ["VDD_IN", "VDD_SOC"]
    assert list(named(found(nano, {f"{CHIP}/in2_enable": "0", f"{CHIP}/{file}": FAILED}))) == ["VDD_IN", "VDD_SOC"]


@pytest.mark.parametrize("content", [DENIED, FAILED, "", "text"])
def test_a_rail_that_cannot_be_read_is_not_left_out_of_a_sum(agx: Replayed, content: Content):
    """A sum without it would be smaller, and look like one."""
    with pytest.raises(NoMeterError, match=r"VDD_CPU_CV cannot be read: ('(text)?' is no whole|Permission|Input)"):
        found(agx, {f"{CHIP}/curr2_input": content})


def test_the_sum_of_shunt_voltages_is_no_rail(nano: Replayed):
    """in7_label is a name, of something else."""
    assert not any("shunt" in name for name in named(found(nano)))


def test_a_board_without_the_driver_has_no_meter(tmp_path: Path):
    """As one of JetPack 4, where another driver has the chips."""
    with pytest.raises(NoMeterError, match=r"^no hwmon chip is named ina3221$"):
        find(replay(tmp_path, "ina3221x/nano-load"), {})


def test_a_board_whose_channels_are_all_disabled_has_no_meter(nano: Replayed):
    """The reason says that there is a chip."""
    with pytest.raises(NoMeterError, match="every channel of the board's ina3221"):
        found(nano, {f"{CHIP}/in{number}_enable": "0" for number in (1, 2, 3)})


def test_the_lag_is_the_chips_averaging(nano: Replayed, agx: Replayed):
    """It is `update_interval`, the longest of several chips; a value is new after a quarter of it."""
    facts = found(nano).facts
    assert (facts.lag_s, facts.period_s) == (0.43, 0.1075)
    assert found(agx, {f"{SECOND}/update_interval": "860"}).facts.lag_s == 0.86


@pytest.mark.parametrize("interval", ["0", "-430", "7", "", GONE])
def test_a_chip_without_averaging_is_read_twenty_times_a_second(nano: Replayed, interval: Content):
    """Without the board's boot script a cycle takes 7 ms, and older drivers say nothing."""
    facts = found(nano, {f"{CHIP}/update_interval": interval}).facts
    assert facts.period_s == 0.05
    assert facts.lag_s == (0.007 if interval == "7" else 0)


def test_the_step_is_one_of_the_current(nano: Replayed, agx: Replayed):
    """40 µV over 5 mOhm are 8 mA, at 4.984 V; those of several rails add up, where they do."""
    assert found(nano).facts.step == pytest.approx(0.008 * 4.984)
    assert found(agx).facts.step == pytest.approx(0.02 * (12.008 + 12.008 + 4.968))
    assert found(nano, {f"{CHIP}/shunt1_resistor": "0"}).facts.step == 0
    assert found(nano, {f"{CHIP}/shunt1_resistor": GONE}).facts.step == 0


def test_how_the_chip_is_set_goes_into_the_record(agx: Replayed):
    """Addresses, shunts and averaging tell one set-up from another."""
    assert found(agx).facts.sensor == {
        "i2c": "1-0040 1-0041",
        "shunt_uohm": [2000, 2000, 2000, 2000],
        "chip_samples": [512, 512],
        "update_interval_ms": [430, 430],
    }
    assert "chip_samples" not in (found(agx, {f"{one}/samples": GONE for one in (CHIP, SECOND)}).facts.sensor or {})
    assert (found(agx, {f"{CHIP}/samples": GONE}).facts.sensor or {})["chip_samples"] == [None, 512]


def test_a_chip_without_an_address_goes_by_its_folder(tmp_path: Path):
    """A chip that hangs on no I2C bus has none."""
    folder = tmp_path / CHIP
    inner = replay(tmp_path, "ina3221/orin-nano-load")
    target = folder.resolve()
    (tmp_path / "sys/class/hwmon/hwmon1").unlink()
    target.rename(tmp_path / "sys/class/hwmon/hwmon1")
    assert (found(inner).facts.sensor or {})["i2c"] == "hwmon1"


def test_a_reading_is_of_the_middle_of_its_time(nano: Replayed):
    """Six files of 10 ms each: the figures belong to 30 ms after the beginning."""
    around = Changed(nano, tick_s=0.01)
    meter = find(around, {})
    begin_s = around.now_s()
    assert meter.read().t_s == pytest.approx(begin_s + 0.03)
    meter.close()


@pytest.mark.parametrize("content", ["", "text", "nan", "3,5", "1856 720", "0x740", "1.8", "9" * 21, FAILED, GONE])
@pytest.mark.parametrize("file", ["in1_input", "curr1_input"])
def test_what_is_no_number_is_no_reading(nano: Replayed, file: str, content: Content):
    """The reason names the rail, and nothing becomes 0."""
    around = Changed(nano)
    meter = find(around, {})
    around.files[f"{CHIP}/{file}"] = content
    with pytest.raises(ReadingError, match=r"^VDD_IN: ('.*' is no whole number|Input/output|No such)"):
        meter.read()


@pytest.mark.parametrize("millivolts", [399, 30001, -5000])
def test_a_voltage_that_feeds_no_board_is_no_reading(millivolts: int):
    """A current at it is a fault of the chip."""
    with pytest.raises(ValueError, match="V is no voltage"):
        watts(millivolts, 8)


@given(st.integers(400, 30_000), st.integers(0, 100_000))
@example(400, 1)
@example(30_000, 1)
def test_power_is_voltage_times_current(millivolts: int, milliamps: int):
    """From mV and mA, at the bounds too."""
    assert watts(millivolts, milliamps) == pytest.approx(millivolts * milliamps / 1e6)


def test_a_rail_that_is_off_shows_nothing():
    """No volts and no amperes are 0 W, and no failure."""
    assert watts(0, 0) == 0


CHANNELS = (Channel("A"), Channel("B"), Channel("C", adds=False))


@pytest.mark.parametrize("values", [(-0.501, 3.0, 0.0), (3.0, -0.6, 0.0), (3.0, 3.0, -1.0)])
def test_a_rail_whose_current_flows_backwards_is_no_reading(values: tuple[float, ...]):
    """More than the chip's offset is another wiring."""
    with pytest.raises(ReadingError, match=r"^[ABC] shows -[\d.]+ W"):
        checked(CHANNELS, values)


def test_a_sum_below_nothing_is_no_reading():
    """A board that runs takes power; a rail that does not add does not make up for it."""
    with pytest.raises(ReadingError, match=r"add up to -0.2 W"):
        checked(CHANNELS, (-0.3, 0.1, 9.0))


def test_the_offset_of_an_idle_rail_stays():
    """Left out, the sum would be too large by what other rails show too much; half a watt is the most."""
    assert checked(CHANNELS, (-0.5, 0.5, -0.1)) == (-0.5, 0.5, -0.1)


@given(st.lists(st.tuples(st.integers(50, 3750), st.integers(0, 2000)), min_size=3, max_size=3))
def test_whatever_the_chip_shows_comes_back(nano: Replayed, steps: list[tuple[int, int]]):
    """A state in steps of 8 mV and 8 mA, written as the driver does, reads as its powers, each on its rail."""
    around = Changed(nano)
    for number, (volt_steps, ampere_steps) in enumerate(steps, 1):
        around.files[f"{CHIP}/in{number}_input"] = str(8 * volt_steps)
        around.files[f"{CHIP}/curr{number}_input"] = str(8 * ampere_steps)
    values = find(around, {}).read().values
    assert values == tuple(pytest.approx(64e-6 * volts * amperes) for volts, amperes in steps)


@given(st.dictionaries(st.sampled_from(["in1_input", "curr1_input", "in3_input", "in2_label", "update_interval",
                                        "shunt1_resistor", "samples", "in1_enable"]), st.text()))  # fmt: skip
def test_no_text_of_a_file_breaks_it(nano: Replayed, contents: dict[str, str]):
    """Whatever the files hold, there is a reading, none, or no meter."""
    around = Changed(nano, {f"{CHIP}/{file}": text for file, text in contents.items()})
    with suppress(ReadingError, NoMeterError):
        assert all(map(math.isfinite, find(around, {}).read().values))
