"""A recording is sent to strangers: what tells whose board it is is taken out, and no figure is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.profiling.masks import Masks

NOTHING = Masks({})


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"mac":"A8032ABE54DC","apower":9.1}', '{"mac":"masked","apower":9.1}'),
        ("a8:03:2a:be:54:dc", "00:00:00:00:00:00"),
        ("A8-03-2A-BE-54-DC", "00:00:00:00:00:00"),
        ("at 192.168.1.20:80", "at 192.0.2.1:80"),
        ("fe80::1ff:fe23:4567:890a on eth0", "2001:db8::1 on eth0"),
        ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "2001:db8::1"),
        ('{"ssid": "Smith \\"family\\"", "rssi": -60}', '{"ssid": "masked", "rssi": -60}'),
        ('{"attributes":{"friendly_name":"Ann\'s lab"}}', '{"attributes":{"friendly_name":"masked"}}'),
        ("Serial number: 1421721034567", "Serial number: 0000"),
        ("shellyplus1pm-a8032abe54dc", "shellyplus1pm-000000000000"),
        ("GPU-8d6f2c5e-1b2a-4c3d-9e8f-0123456789ab", "GPU-00000000-0000-0000-0000-000000000000"),
        ('{"x": "142172103456"}', '{"x": "000000000000"}'),
        ("0123456789abcdef0123456789abcdef", "000000000000"),
    ],
)
def test_what_tells_whose_it_is_is_masked(text: str, masked: str) -> None:
    """Addresses, serial numbers, names that people gave, long identifiers."""
    assert NOTHING.text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "262143328850",  # µJ of RAPL
        "9223372036854775807",
        "-1234567890123456",
        '{"aenergy": {"total": 123456789012.5}, "id": 0, "minute_ts": 1732866000}',
        "RAM 2448/7620MB CPU [3%@1510,off,0%@1510] VDD_IN 4990mW/4990mW",
        "EXT5V_V volt(24)=5.15100000V",
        "5000",
        "ina3221",
        "10:20:30",
        "0000:01:00.0",
        "2026-11-29T07:00:00+00:00",
        "VDD_CPU_GPU_CV",
        "deadbeef",
    ],
)
def test_figures_and_what_names_a_part_stay(text: str) -> None:
    """Else the recording would be read to another figure, or to none."""
    assert NOTHING.text(text) == text


@given(st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_is_masked(number: float) -> None:
    """As a file of the kernel, and as a value of JSON."""
    for text in (str(number), f'{{"apower": {number}, "total": [{number}]}}'):
        assert NOTHING.text(text) == text


def test_a_file_whose_name_says_so_holds_a_serial_number() -> None:
    """Whatever it looks like; others keep what they hold, and one that cannot be read stays so."""
    files = {
        "sys/class/power_supply/BAT0/serial_number": "4711",
        "sys/class/power_supply/BAT0/power_now": "9100000",
        "proc/device-tree/serial-number": None,
    }
    assert NOTHING.of({"files": files}) == {
        "files": {**files, "sys/class/power_supply/BAT0/serial_number": "0000"},
    }


def test_names_of_folders_are_masked_as_what_they_point_to() -> None:
    """A battery of a mouse has its address for a name; link and target stay one."""
    name = "hid-a8:03:2a:be:54:dc-battery"
    found = NOTHING.of(
        {"files": {f"sys/class/power_supply/{name}/type": "Battery"}, "links": {f"a/{name}": f"../b/{name}"}}
    )
    assert name not in str(found)
    assert found["links"] == {"a/hid-00:00:00:00:00:00-battery": "../b/hid-00:00:00:00:00:00-battery"}  # type: ignore[index]


def test_the_owners_words_are_masked_wherever_they_stand() -> None:
    """As words of their own; the longest first; numbers and nothing are left alone."""
    masks = Masks({"lab-plug": "plug.invalid", "sensor.lab": "sensor.plug_power", "sensor.lab_2": "x", "": "y"})
    plain = ["/api/states/sensor.lab", 200, '{"entity_id":"sensor.lab_2","host":lab-plug, "a":"lab-plugs"}', None]
    assert masks.of(plain) == [
        "/api/states/sensor.plug_power",
        200,
        '{"entity_id":"x","host":plug.invalid, "a":"lab-plugs"}',
        None,
    ]


@given(st.text(), st.text(min_size=1))
def test_masking_twice_is_masking_once_and_never_fails(text: str, word: str) -> None:
    """Whatever the text, and whatever the owner wrote."""
    Masks({word: "secret"}).text(text)
    once = NOTHING.text(text)
    assert NOTHING.text(once) == once
