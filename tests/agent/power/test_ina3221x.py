"""INA3221 by JetPack 4's driver: its channels count from 0, and its power is in mW."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

import pytest
from changed_files import DENIED, FAILED, GONE, Changed, Content, replay
from hypothesis import given
from hypothesis import strategies as st
from recorded_meters import Replayed

from configspec.agent.power.ina3221x import KIND, find
from configspec.agent.power.meter import Meter, NoMeterError, ReadingError
from configspec.agent.protocol import AgentError

CHIP = "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0"


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("nano"), "ina3221x/nano-load")


@pytest.fixture(scope="module")
def xavier(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("xavier"), "ina3221x/agx-xavier-load")


@pytest.fixture(scope="module")
def tx2(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("tx2"), "ina3221x/tx2-idle")


def found(inner: Replayed, files: dict[str, Content] | None = None, rails: list[str] | None = None) -> Meter:
    return find(Changed(inner, files), {} if rails is None else {"rails": rails})


def named(meter: Meter) -> dict[str, bool]:
    return {channel.name: channel.adds for channel in meter.facts.channels}


def test_it_is_looked_for():
    """`auto` takes it where it is there, with the rails that are asked for."""
    assert KIND.auto
    assert [(option.name, option.form) for option in KIND.options] == [("rails", "texts")]


def test_a_board_with_a_total_counts_that_alone(nano: Replayed, tx2: Replayed):
    """POM_5V_IN is all of a Nano; VDD_IN of a TX2 contains the rails of its other chip, too."""
    assert named(found(nano)) == {"POM_5V_IN": True, "POM_5V_GPU": False, "POM_5V_CPU": False}
    assert [name for name, adds in named(found(tx2)).items() if adds] == ["VDD_IN"]


def test_a_board_without_a_total_counts_all_parts(xavier: Replayed):
    """The six rails of an AGX Xavier add up; SYS5V is what the others leave, and no total."""
    assert named(found(xavier)) == dict.fromkeys(["GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"], True)


def test_rails_are_chosen_by_name(xavier: Replayed):
    """One that is misspelt gets the name that was meant; a total and its part are refused by `ina3221.py`'s rule."""
    assert [name for name, adds in named(found(xavier, rails=["GPU", "CV"])).items() if adds] == ["GPU", "CV"]
    with pytest.raises(AgentError, match="ina3221x has no rail 'SYSV5'") as caught:
        found(xavier, rails=["SYSV5"])
    assert "Did you mean 'SYS5V'?" in str(caught.value.hint)


def test_a_total_and_its_part_are_refused(tx2: Replayed):
    """They would count the part twice."""
    with pytest.raises(AgentError, match="VDD_IN contains VDD_SYS_GPU"):
        found(tx2, rails=["VDD_IN", "VDD_SYS_GPU"])


@pytest.mark.parametrize("label", ["NC", "", GONE])
def test_a_channel_that_is_connected_to_nothing_is_no_rail(nano: Replayed, label: Content):
    """Its name says so, or is missing, and nothing of it is read."""
    files: dict[str, Content] = {f"{CHIP}/rail_name_2": label, f"{CHIP}/in_power2_input": FAILED}
    assert list(named(found(nano, files))) == ["POM_5V_IN", "POM_5V_GPU"]


def test_a_board_without_the_driver_has_no_meter(tmp_path: Path):
    """As one of JetPack 5, where another driver has the chips."""
    with pytest.raises(NoMeterError, match=r"^no chip belongs to the driver ina3221x$"):
        find(replay(tmp_path, "ina3221/orin-nano-load"), {})


def test_a_board_whose_channels_are_all_unused_has_no_meter(nano: Replayed):
    """The reason says that there is a chip."""
    with pytest.raises(NoMeterError, match="every channel of the board's ina3221x is unused"):
        found(nano, {f"{CHIP}/rail_name_{number}": "NC" for number in (0, 1, 2)})


@pytest.mark.parametrize("file", ["rail_name_1", "in_power1_input"])
def test_whoever_is_no_root_is_told_what_would_do(nano: Replayed, file: str):
    """On some images the files are for root alone."""
    with pytest.raises(NoMeterError, match=r"only root may read (rail_name_1|POM_5V_GPU): .*chmod a\+r"):
        found(nano, {f"{CHIP}/{file}": DENIED})


@pytest.mark.parametrize("content", [FAILED, "", "text"])
def test_a_rail_that_cannot_be_read_is_not_left_out_of_a_sum(nano: Replayed, content: Content):
    """A sum without it would be smaller, and look like one."""
    with pytest.raises(NoMeterError, match=r"^POM_5V_CPU cannot be read: ('(text)?' is no whole|Input)"):
        found(nano, {f"{CHIP}/in_power2_input": content})


def test_the_older_name_of_the_folder_is_known(nano: Replayed, tmp_path_factory: pytest.TempPathFactory):
    """Before JetPack 4.4 it was iio_device."""
    inner = replay(tmp_path_factory.mktemp("older"), "ina3221x/nano-load")
    (inner.root / CHIP).rename(inner.root / CHIP.replace("iio:device0", "iio_device"))
    assert find(inner, {}).read().values == find(nano, {}).read().values


def test_what_the_driver_averages_is_its_lag(xavier: Replayed):
    """64 conversions of 6 voltages of 1.1 ms are 0.42 s, and a quarter of that shows something new."""
    facts = found(xavier).facts
    assert facts.lag_s == pytest.approx(0.4224)
    assert facts.period_s == pytest.approx(0.1056)
    assert facts.sensor == {"i2c": "1-0040 1-0041", "running_mode": [1, 1]}


def test_a_mode_that_is_not_shown_is_not_known(nano: Replayed, tx2: Replayed):
    """0 is a mode: the chip sleeps between readings."""
    assert (found(tx2).facts.sensor or {})["running_mode"] == [0, 0]
    assert (found(nano, {f"{CHIP}/running_mode": GONE}).facts.sensor or {})["running_mode"] == [None]


def test_a_reading_is_of_the_middle_of_its_time(nano: Replayed):
    """Three files of 10 ms each: the figures belong to 15 ms after the beginning."""
    around = Changed(nano, tick_s=0.01)
    meter = find(around, {})
    begin_s = around.now_s()
    assert meter.read().t_s == pytest.approx(begin_s + 0.015)
    meter.close()


@pytest.mark.parametrize(
    "content", ["", "mW", "nan", "3,5", "4320 mw", "4320 240", "4.32", "-501", FAILED, GONE, DENIED]
)
def test_what_is_no_power_is_no_reading(nano: Replayed, content: Content):
    """The reason names the rail, and nothing becomes 0."""
    around = Changed(nano)
    meter = find(around, {})
    around.files[f"{CHIP}/in_power1_input"] = content
    with pytest.raises(ReadingError, match=r"^POM_5V_GPU"):
        meter.read()


def test_a_rail_that_is_off_shows_nothing(nano: Replayed):
    """0 mW are 0 W, and no failure."""
    assert found(nano, {f"{CHIP}/in_power1_input": "0"}).read().values == (4.32, 0.0, 1.6)


@given(st.lists(st.integers(0, 60_000), min_size=6, max_size=6))
def test_whatever_the_chips_show_comes_back(xavier: Replayed, milliwatts: list[int]):
    """A state, written as the driver does, reads as its powers, each on its rail."""
    around = Changed(xavier)
    for place, value in enumerate(milliwatts):
        chip, channel = divmod(place, 3)
        folder = f"sys/bus/i2c/drivers/ina3221x/1-004{chip}/iio:device{chip}"
        around.files[f"{folder}/in_power{channel}_input"] = str(value)
    assert find(around, {}).read().values == tuple(pytest.approx(value / 1000) for value in milliwatts)


@given(st.dictionaries(st.sampled_from(["in_power0_input", "rail_name_0", "rail_name_2", "running_mode"]), st.text()))
def test_no_text_of_a_file_breaks_it(nano: Replayed, contents: dict[str, str]):
    """Whatever the files hold, there is a reading, none, or no meter."""
    around = Changed(nano, {f"{CHIP}/{file}": text for file, text in contents.items()})
    with suppress(ReadingError, NoMeterError):
        assert all(map(math.isfinite, find(around, {}).read().values))
