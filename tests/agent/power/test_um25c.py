"""UM24C, UM25C and UM34C: units by model, answers that are damaged, and a real pseudo-terminal."""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from recorded_meters import Replayed, recordings

from configspec.agent.power.channels.serial_port import Port
from configspec.agent.power.meter import NoMeterError, ReadingError
from configspec.agent.power.metering import check_options
from configspec.agent.power.surroundings import Board
from configspec.agent.power.um25c import FRAME_BYTES, KIND, find, parse_frame
from configspec.agent.protocol import AgentError

UM24C, UM25C, UM34C = 0x0963, 0x09C9, 0x0D4C
END = b"\xff\xf1"
PORT = {"port": "/dev/rfcomm0"}


def frame(model: int, volts: int, amps: int, milliwatts: int, end: bytes = END) -> bytes:
    """An answer of the meter, with its raw numbers."""
    head = struct.pack(">HHHIH", model, volts, amps, milliwatts, 27)
    return head + bytes(FRAME_BYTES - len(head) - len(end)) + end


GOOD = frame(UM25C, 5012, 12345, 6187)


def answering(folder: Path, *frames: bytes) -> Replayed:
    """A board with a meter on its port that answers so, one after another."""
    return Replayed(folder, replace(recordings("um25c")[0], ports=[(b"\xf0", one) for one in frames]))


@pytest.mark.parametrize(
    ("model", "name", "volts", "amps", "milliwatts"),
    [(UM25C, "UM25C", 5012, 12345, 6187), (UM24C, "UM24C", 502, 1230, 6174), (UM34C, "UM34C", 905, 1477, 13366)],
)
def test_power_is_in_milliwatts_at_every_model(model: int, name: str, volts: int, amps: int, milliwatts: int):
    """UM25C counts 1 mV and 0.1 mA, the others 10 mV and 1 mA; the power is mW at all."""
    shown, watts = parse_frame(frame(model, volts, amps, milliwatts))
    assert shown == name
    assert watts == pytest.approx(milliwatts / 1000)


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (b"", "0 of 130 bytes"),
        (GOOD[:-1], "129 of 130"),
        (GOOD + b"\0", "131 of 130"),
        (GOOD[1:] + b"\0", "model 0xc913"),
        (frame(0x1234, 5012, 12345, 6187), "model 0x1234"),
        (frame(UM24C, 5012, 12345, 6187), "UM24C shows 50.12 V"),
        (frame(UM24C, 1500, 12345, 18517), "15 V, 12.345 A and 18.517 W, which do not fit"),
        (frame(UM25C, 502, 1230, 6174), "0.502 V, 0.123 A and 6.174 W, which do not fit"),
        (frame(UM25C, 0, 0, 0), "UM25C shows 0 V"),
        (frame(UM25C, 399, 0, 0), "UM25C shows 0.399 V"),
        (frame(UM25C, 30001, 0, 0), "UM25C shows 30.001 V"),
        (frame(UM25C, 5012, 12345, 61_870), "which do not fit"),
        (frame(UM25C, 5012, 12345, 0), "which do not fit"),
        (frame(UM25C, 5012, 12345, 6187, b"\xff\xf0"), "UM25C ends in fff0, and not in fff1"),
        (frame(UM24C, 502, 1230, 6174, b"\0\0"), "UM24C ends in 0000"),
    ],
)
def test_a_damaged_answer_is_no_reading(damaged: bytes, reason: str):
    """Bytes lost or shifted, another model's units, no cable plugged in: the cross-check and the end tell."""
    with pytest.raises(ReadingError, match=reason):
        parse_frame(damaged)


def test_the_last_bytes_of_um34c_are_not_looked_at():
    """They are a checksum, and how it is made is not documented."""
    assert parse_frame(frame(UM34C, 905, 1477, 13366, b"\x00\x5b"))[1] == pytest.approx(13.366)


@pytest.mark.parametrize(("milliwatts", "fits"), [(10_229, True), (10_235, False), (9_775, True), (9_770, False)])
def test_voltage_times_current_may_miss_the_power_by_its_rounding(milliwatts: int, fits: bool):
    """By 30 mW and two hundredths of the power, at 10 V and 1 A."""
    answer = frame(UM25C, 10_000, 10_000, milliwatts)
    if fits:
        assert parse_frame(answer)[1] == pytest.approx(milliwatts / 1000)
    else:
        with pytest.raises(ReadingError, match="do not fit"):
            parse_frame(answer)


def test_the_limits_of_the_voltage_and_a_true_zero_are_read():
    """0.4 V and 30 V are allowed, and no current is 0 W."""
    assert parse_frame(frame(UM25C, 400, 0, 0)) == ("UM25C", 0.0)
    assert parse_frame(frame(UM25C, 30_000, 0, 0)) == ("UM25C", 0.0)


@given(
    st.sampled_from([(UM24C, 1e-2, 1e-3), (UM25C, 1e-3, 1e-4), (UM34C, 1e-2, 1e-3)]),
    st.integers(0, 65535),
    st.integers(0, 65535),
)
def test_what_the_meter_sends_is_read_back(model: tuple[int, float, float], volts: int, amps: int):
    """Any voltage and current of a model, with the power that it makes of them."""
    number, volt_unit, ampere_unit = model
    assume(0.4 <= volts * volt_unit <= 30)
    watts = volts * volt_unit * amps * ampere_unit
    assert parse_frame(frame(number, volts, amps, round(watts * 1000)))[1] == pytest.approx(watts, abs=5.1e-4)


@given(st.binary(max_size=200) | st.binary(min_size=128, max_size=128).map(b"\x09\xc9".__add__))
def test_any_bytes_are_a_reading_or_a_failed_one(data: bytes):
    """Nothing that a port sends is more than a reading that failed."""
    with contextlib.suppress(ReadingError):
        assert parse_frame(data)[1] >= 0


def test_the_facts_are_of_a_meter_in_a_usb_lead(tmp_path: Path):
    """It is asked twice a second, shows 1 mW, and its port is in no fact."""
    meter = find(answering(tmp_path, GOOD), PORT)
    facts = meter.facts
    assert (facts.boundary, facts.period_s, facts.step) == ("usb-input", 0.5, 1e-3)
    assert facts.sensor == {"model": "UM25C"}
    assert meter.read().t_s == 1000.0


def test_the_first_answers_may_be_of_an_earlier_reader(tmp_path: Path):
    """Two may be cut off, as bytes that were on their way when the port was opened."""
    meter = find(answering(tmp_path, GOOD[:50], GOOD[80:], GOOD), PORT)
    assert meter.read().values == pytest.approx((6.187,))


@pytest.mark.parametrize("answer", [b"", GOOD[:50], b"\0" * FRAME_BYTES])
def test_a_port_on_which_no_meter_answers_is_no_meter(tmp_path: Path, answer: bytes):
    """After three tries."""
    with pytest.raises(NoMeterError, match=r"power.port /dev/rfcomm0: no UM24C, UM25C or UM34C answers: "):
        find(answering(tmp_path, answer, answer, answer, GOOD), PORT)


def test_another_meter_on_the_port_is_a_failed_reading(tmp_path: Path):
    """The facts are of the one that was found."""
    meter = find(answering(tmp_path, GOOD, frame(UM24C, 502, 1230, 6174), GOOD), PORT)
    with pytest.raises(ReadingError, match="UM24C answers, where UM25C did"):
        meter.read()
    assert meter.read().values == pytest.approx((6.187,))


def test_the_port_has_to_be_named():
    """No port is tried by itself: another device may be on it."""
    with pytest.raises(AgentError, match=r"power\.port is missing"):
        check_options(KIND, {})
    assert not KIND.auto


class Refusing:
    """Surroundings whose port cannot be opened."""

    def __init__(self, problem: OSError) -> None:
        self._problem = problem

    def port(self, path: str, baud: int) -> Port:
        """Never."""
        assert (path, baud) == ("/dev/rfcomm0", 9600)
        raise self._problem


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOENT, "No such file or directory; bind the meter first"),
        (errno.EACCES, "Permission denied; add the user to the group dialout"),
        (errno.EBUSY, "Device or resource busy$"),
    ],
)
def test_a_port_that_cannot_be_opened_says_what_would_do(number: int, reason: str):
    """Missing, without rights, in use."""
    with pytest.raises(NoMeterError, match=f"power.port /dev/rfcomm0: {reason}"):
        find(Refusing(OSError(number, os.strerror(number))), PORT)  # type: ignore[arg-type]


@contextlib.contextmanager
def meter_on_a_terminal(*answers: bytes) -> Iterator[tuple[str, int]]:
    """A pseudo-terminal whose other end answers each F0, in pieces as a slow line sends them; then it hangs up."""
    controller, port = os.openpty()

    def serve() -> None:
        for answer in answers:
            assert os.read(controller, 1) == b"\xf0"
            for place in range(0, len(answer), 20):
                os.write(controller, answer[place : place + 20])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield os.ttyname(port), controller
    finally:
        thread.join(5)
        os.close(port)


@pytest.mark.real
def test_a_real_terminal_is_asked_and_read():
    """Bytes that a terminal would translate (0A, 0D, 11, 13, 03, 04, FF) arrive as they were sent."""
    awkward = GOOD[:20] + bytes([0x0A, 0x0D, 0x11, 0x13, 0x03, 0x04, 0xFF, 0x7F]) + GOOD[28:]
    with meter_on_a_terminal(awkward, awkward, GOOD[:100], awkward) as (path, controller):
        meter = find(Board(), {"port": path})
        assert meter.read().values == pytest.approx((6.187,))
        begin_s = time.monotonic()
        with pytest.raises(ReadingError, match="100 of 130 bytes came"):
            meter.read()
        assert time.monotonic() - begin_s < 1.9  # whoever stops a meter waits for 2 s
        assert meter.read().values == pytest.approx((6.187,))
        os.close(controller)
        with pytest.raises(ReadingError):
            meter.read()
        meter.close()


@pytest.mark.real
def test_a_file_that_is_no_terminal_is_no_meter(tmp_path: Path):
    """And is told so."""
    (tmp_path / "port").write_bytes(GOOD)
    with pytest.raises(NoMeterError, match="is no serial port"):
        find(Board(), {"port": str(tmp_path / "port")})
