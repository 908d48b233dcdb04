"""The INA238 of an AGX Thor: the one with the label, and no other."""

from __future__ import annotations

import pytest
from changed_files import GONE, Changed, Content, replay
from recorded_meters import Replayed

from configspec.agent.power.ina238 import KIND, find
from configspec.agent.power.meter import Channel, NoMeterError, ReadingError

CHIP = "sys/class/hwmon/hwmon3"


@pytest.fixture(scope="module")
def thor(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("thor"), "ina238/agx-thor-load")


def test_it_is_looked_for():
    """`auto` takes it where it is there."""
    assert KIND.auto


def test_the_chip_of_the_carrier_is_the_whole_board(thor: Replayed):
    """Its label is VIN; no power supply of USB-C is looked at."""
    facts = find(thor, {}).facts
    assert facts.channels == (Channel("VIN"),)
    assert facts.boundary == "board"
    assert facts.sensor == {"chip": "ina238", "i2c": "2-0044", "shunt_uohm": 2000}
    assert facts.step == pytest.approx(2.5e-3 * 20.5)


def test_power_is_that_of_the_chips_own_file_in_watts(thor: Replayed):
    """Volts times amperes are what power1_input says in µW, where nothing is rounded."""
    shown_w = int(thor.text(thor.root / CHIP / "power1_input")) / 1_000_000
    assert find(thor, {}).read().values == pytest.approx((shown_w,))


def test_the_label_may_be_the_chips(thor: Replayed):
    """The kernel has a label of the chip beside that of a channel."""
    around = Changed(thor, {f"{CHIP}/in1_label": GONE, f"{CHIP}/label": "VIN"})
    assert find(around, {}).facts.channels == (Channel("VIN"),)


@pytest.mark.parametrize("label", ["VDD_5V0", "", GONE])
def test_an_ina238_without_the_label_is_somebodys_own(thor: Replayed, label: Content):
    """What lies behind that only its owner knows."""
    with pytest.raises(NoMeterError, match="no INA238 has the label VIN; `meter: ina2xx`"):
        find(Changed(thor, {f"{CHIP}/in1_label": label}), {})


def test_another_chip_of_that_label_is_not_meant(thor: Replayed):
    """VIN is a common name."""
    with pytest.raises(NoMeterError, match="no hwmon chip is named ina238"):
        find(Changed(thor, {f"{CHIP}/name": "ina226"}), {})


def test_the_chip_with_the_label_is_taken_of_several(thor: Replayed):
    """Even where another comes first."""
    around = Changed(thor, {"sys/class/hwmon/hwmon0/name": "ina238", "sys/class/hwmon/hwmon0/in1_input": "5000"})
    assert find(around, {}).read().values == (61.5,)


def test_a_chip_that_cannot_be_read_is_no_meter(thor: Replayed):
    """And later, no reading."""
    around = Changed(thor)
    meter = find(around, {})
    around.files[f"{CHIP}/curr1_input"] = "3,0"
    with pytest.raises(ReadingError, match="curr1_input: '3,0'"):
        meter.read()
    with pytest.raises(NoMeterError, match="ina238 at 2-0044: curr1_input"):
        find(around, {})
