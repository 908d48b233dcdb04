"""A laptop's battery: the whole board while nothing else feeds it."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from changed_files import DENIED, FAILED, GONE, Changed, Content, replay
from hypothesis import example, given
from hypothesis import strategies as st
from recorded_meters import Replayed

from configspec.agent.power.battery import KIND, find
from configspec.agent.power.meter import NoMeterError, ReadingError

SUPPLIES = "sys/class/power_supply"
BAT0 = f"{SUPPLIES}/BAT0"
BAT1 = f"{SUPPLIES}/BAT1"
AC = f"{SUPPLIES}/AC"


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("laptop"), "battery/laptop-power-discharging")


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("older"), "battery/laptop-current-discharging")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replay(tmp_path_factory.mktemp("two"), "battery/laptop-two-batteries")


def values(inner: Replayed, files: dict[str, Content]) -> tuple[float, ...]:
    return find(Changed(inner, files), {}).read().values


def refused(inner: Replayed, files: dict[str, Content], match: str) -> None:
    """Both a first reading and a later one are refused, for that reason."""
    with pytest.raises(NoMeterError, match=match):
        find(Changed(inner, files), {})
    around = Changed(inner)
    meter = find(around, {})
    around.files.update(files)
    with pytest.raises(ReadingError, match=match):
        meter.read()


def test_it_is_looked_for():
    """`auto` takes it where it is there."""
    assert KIND.auto


def test_a_machine_without_a_battery_is_told_so(laptop: Replayed):
    """A mouse's is not meant."""
    with pytest.raises(NoMeterError, match=r"^no power supply here is a battery$"):
        find(Changed(laptop, {f"{BAT0}/type": "Mains"}), {})


@pytest.mark.parametrize("power", ["8472000", "-8472000"])
def test_the_status_tells_the_direction_of_a_power(laptop: Replayed, power: str):
    """Drivers do not agree on the sign."""
    assert values(laptop, {f"{BAT0}/power_now": power}) == (8.472,)


@pytest.mark.parametrize("current", ["800000", "-800000"])
def test_the_status_tells_the_direction_of_a_current(older: Replayed, current: str):
    """The document wants a negative one, and older drivers show a positive one."""
    assert values(older, {f"{BAT1}/current_now": current}) == pytest.approx((9.184,))


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging", "Unknown"])
def test_a_battery_that_does_not_feed_the_board_is_no_meter(laptop: Replayed, status: str):
    """What it shows is something else than what the board takes."""
    refused(laptop, {f"{BAT0}/status": status}, f"BAT0 (is|shows 8.472 W while it is) {status}")


@pytest.mark.parametrize("status", ["", "discharging", GONE, FAILED])
def test_a_status_that_is_none_is_no_reading(laptop: Replayed, status: Content):
    """The kernel writes a few words, and these are not among them."""
    refused(laptop, {f"{BAT0}/status": status}, "BAT0 is (discharging|in no known state): it must be Discharging")


@pytest.mark.parametrize("online", ["1", "2", "", GONE])
def test_a_charger_gives_a_part_even_where_the_battery_is_emptied(laptop: Replayed, online: Content):
    """A weak one leaves a battery Discharging; a charger that is gone meanwhile is not known to be unplugged."""
    around = Changed(laptop)
    meter = find(around, {})
    around.files[f"{AC}/online"] = online
    with pytest.raises(ReadingError, match="AC is plugged in"):
        meter.read()


@pytest.mark.parametrize("kind", ["Mains", "USB", "Wireless"])
def test_every_kind_of_charger_counts(laptop: Replayed, kind: str):
    """One that is plugged in is told at once."""
    with pytest.raises(NoMeterError, match="AC is plugged in"):
        find(Changed(laptop, {f"{AC}/type": kind, f"{AC}/online": "1"}), {})


@pytest.mark.parametrize("files", [{f"{AC}/type": "UPS"}, {f"{AC}/scope": "Device"}, {f"{AC}/online": GONE}])
def test_what_feeds_something_else_is_no_charger(laptop: Replayed, files: dict[str, Content]):
    """Another kind of supply, one of a pen, and one that does not say."""
    assert values(laptop, {f"{AC}/online": "1", **files}) == (8.472,)


def test_the_battery_of_a_mouse_is_none(laptop: Replayed):
    """Its scope is Device."""
    assert [channel.name for channel in find(laptop, {}).facts.channels] == ["BAT0"]


def test_an_empty_bay_is_no_battery(two: Replayed):
    """`present` says so; a driver that does not say has one."""
    assert values(two, {f"{BAT0}/present": "0", f"{BAT0}/status": "Charging"}) == (6.105,)
    assert values(two, {f"{BAT0}/present": GONE}) == (0.0, 6.105)


@pytest.mark.parametrize("status", ["Not charging", "Full", "Unknown", "Discharging"])
def test_several_batteries_add_and_one_that_rests_gives_nothing(two: Replayed, status: str):
    """Laptops empty one after another: a true 0 stays."""
    meter = find(Changed(two, {f"{BAT0}/status": status}), {})
    assert meter.read().values == (0.0, 6.105)
    assert all(channel.adds for channel in meter.facts.channels)


def test_a_battery_that_charges_another_is_no_meter(two: Replayed):
    """Then what the first gives is more than the board takes."""
    refused(two, {f"{BAT0}/status": "Charging"}, "BAT0 is Charging: it must be Discharging")


def test_no_board_runs_on_nothing(laptop: Replayed):
    """Some batteries show 0 until they know."""
    refused(laptop, {f"{BAT0}/power_now": "0"}, "there is no figure yet")


@pytest.mark.parametrize("content", ["", "text", "nan", "8,472", "1 2", "8.472", FAILED, DENIED])
def test_what_is_no_number_is_no_reading(laptop: Replayed, content: Content):
    """The reason names the battery; power_now that fails is not made up for by something older."""
    files: dict[str, Content] = {f"{BAT0}/power_now": content, f"{BAT0}/current_now": "700000"}
    refused(laptop, files, r"^BAT0: ('.*' is no whole number|Input/output|Permission)")


@pytest.mark.parametrize("content", ["", "text", FAILED, GONE, DENIED])
@pytest.mark.parametrize("file", ["current_now", "voltage_now"])
def test_a_current_or_a_voltage_alone_is_no_power(older: Replayed, file: str, content: Content):
    """Both are needed where there is no power_now."""
    refused(older, {f"{BAT1}/{file}": content}, r"^BAT1: ('.*' is no whole number|Input/output|No such|Permission)")


@pytest.mark.parametrize("microvolts", ["399999", "30000001", "11480", "-11480000"])
def test_a_voltage_of_no_battery_is_no_reading(older: Replayed, microvolts: str):
    """One in mV, say."""
    refused(older, {f"{BAT1}/voltage_now": microvolts}, r"^BAT1: .* is no voltage of a battery")


def test_a_battery_tells_something_new_once_a_second(laptop: Replayed):
    """It computes its figures itself."""
    facts = find(laptop, {}).facts
    assert (facts.period_s, facts.lag_s, facts.step) == (1.0, 0.0, 0.0)


def test_a_reading_is_of_the_middle_of_its_time(laptop: Replayed):
    """Three files of 10 ms each: the figures belong to 15 ms after the beginning."""
    around = Changed(laptop, tick_s=0.01)
    meter = find(around, {})
    begin_s = around.now_s()
    assert meter.read().t_s == pytest.approx(begin_s + 0.015)
    meter.close()


@given(st.integers(0, 200_000_000), st.integers(1, 200_000_000))
def test_whatever_batteries_show_comes_back(two: Replayed, first_uw: int, second_uw: int):
    """From µW, each on its own channel."""
    files: dict[str, Content] = {f"{BAT0}/status": "Discharging", f"{BAT0}/power_now": str(first_uw)}
    files[f"{BAT1}/power_now"] = str(second_uw)
    assert values(two, files) == pytest.approx((first_uw / 1e6, second_uw / 1e6))


@given(st.integers(1, 20_000_000), st.integers(400_000, 30_000_000))
@example(1, 400_000)
@example(20_000_000, 30_000_000)
def test_power_is_voltage_times_current(older: Replayed, microamps: int, microvolts: int):
    """From µA and µV, at the bounds too."""
    files: dict[str, Content] = {f"{BAT1}/current_now": str(-microamps), f"{BAT1}/voltage_now": str(microvolts)}
    assert values(older, files) == pytest.approx((microamps * microvolts / 1e12,))


@given(st.dictionaries(st.sampled_from(["type", "status", "present", "power_now", "scope"]), st.text()))
def test_no_text_of_a_file_breaks_it(laptop: Replayed, contents: dict[str, str]):
    """Whatever the files hold, there is a reading, none, or no meter."""
    around = Changed(laptop, {f"{BAT0}/{file}": text for file, text in contents.items()})
    with suppress(ReadingError, NoMeterError):
        assert all(map(math.isfinite, find(around, {}).read().values))
