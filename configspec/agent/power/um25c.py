"""RDTech UM24C, UM25C and UM34C: meters in a USB lead, on a serial port (their Bluetooth, bound to /dev/rfcomm0).

https://sigrok.org/wiki/RDTech_UM_series

A byte F0 asks; the answer is 130 bytes, numbers with their high byte first: at 0 the model, at 2 the voltage, at 4 the
current (two bytes each), at 6 the power in mW (four bytes). The model tells the units of voltage and current: UM25C
1 mV and 0.1 mA, the others 10 mV and 1 mA. UM24C and UM25C end in FF F1; how UM34C's last bytes are made is not
documented. Voltage times current has to be the power: that catches a wrong unit, and bytes that were lost.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional, Tuple, final

from .channels.serial_port import Port
from .meter import WATTS, Channel, Meter, MeterFacts, MeterKind, NoMeterError, Option, Reading, ReadingError
from .surroundings import Surroundings, option_text

BAUD = 9600
ASK = b"\xf0"
FRAME_BYTES = 130
FRAME = struct.Struct(">HHHI")
ANSWER_S = 1.0  # the bytes alone take 0.14 s
PERIOD_S = 0.5
LEAST_V, MOST_V = 0.4, 30.0
APART_W, APART_SHARE = 0.03, 0.02  # how far voltage times current may be from the power: what rounding makes of it
TRIES = 3  # at first: what an earlier reader asked for may still arrive


@dataclass(frozen=True)
class Model:
    """A model: its name, the units of its voltage and current, and how its answers end, where that is known."""

    name: str
    volt_unit: float
    ampere_unit: float
    end: bytes


MODELS = {
    0x0963: Model("UM24C", 1e-2, 1e-3, b"\xff\xf1"),
    0x09C9: Model("UM25C", 1e-3, 1e-4, b"\xff\xf1"),
    0x0D4C: Model("UM34C", 1e-2, 1e-3, b""),
}


def parse_frame(frame: bytes) -> Tuple[str, float]:
    """The model's name and the power in watts.

    Raises:
        ReadingError: It is no whole answer of one of the models, or its figures cannot be.
    """
    if len(frame) != FRAME_BYTES:
        raise ReadingError(f"{len(frame)} of {FRAME_BYTES} bytes came")
    number, raw_volts, raw_amps, milliwatts = FRAME.unpack_from(frame)
    model = MODELS.get(number)
    if model is None:
        raise ReadingError(f"the answer is of a model {number:#06x}; known are UM24C, UM25C and UM34C")
    if not frame.endswith(model.end):
        raise ReadingError(f"the answer of {model.name} ends in {frame[-2:].hex()}, and not in {model.end.hex()}")
    volts, amps, watts = raw_volts * model.volt_unit, raw_amps * model.ampere_unit, milliwatts * 1e-3
    if not LEAST_V <= volts <= MOST_V:
        raise ReadingError(f"{model.name} shows {volts:g} V")
    if abs(volts * amps - watts) > APART_W + APART_SHARE * watts:
        raise ReadingError(f"{model.name} shows {volts:g} V, {amps:g} A and {watts:g} W, which do not fit")
    return model.name, watts


@final
class Um25c:
    """A meter on an open port."""

    def __init__(self, around: Surroundings, port: Port, model: str) -> None:
        self._around = around
        self._port = port
        self.facts = MeterFacts(
            meter="um25c",
            shows=WATTS,
            boundary="usb-input",
            channels=(Channel("usb"),),
            period_s=PERIOD_S,
            step=1e-3,
            sensor={"model": model},
        )

    def read(self) -> Reading:
        """The power."""
        begin_s = self._around.now_s()
        model, watts = _ask(self._port)
        end_s = self._around.now_s()
        known = (self.facts.sensor or {})["model"]
        if model != known:
            raise ReadingError(f"{model} answers, where {known} did")
        return Reading((begin_s + end_s) / 2, (watts,))

    def close(self) -> None:
        """Close the port."""
        self._port.close()


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The meter on the port `power.port`."""
    path = option_text(options, "port")
    try:
        port = around.port(path, BAUD)
    except OSError as problem:
        raise NoMeterError(f"power.port {path}: {problem.strerror or problem}{_remedy(problem)}") from None
    try:
        return Um25c(around, port, _first_answer(port))
    except ReadingError as problem:
        port.close()
        raise NoMeterError(f"power.port {path}: no UM24C, UM25C or UM34C answers: {problem}") from None
    except BaseException:
        port.close()
        raise


def _first_answer(port: Port) -> str:
    """The name of the model that answers."""
    problem: Optional[ReadingError] = None
    for _ in range(TRIES):
        try:
            return _ask(port)[0]
        except ReadingError as this:
            problem = this
    assert problem is not None
    raise problem


def _ask(port: Port) -> Tuple[str, float]:
    try:
        port.write(ASK)
        frame = port.read(FRAME_BYTES, ANSWER_S)
    except OSError as problem:
        raise ReadingError(problem.strerror or str(problem)) from None
    return parse_frame(frame)


def _remedy(problem: OSError) -> str:
    return {
        errno.ENOENT: "; bind the meter first: rfcomm bind 0 and its address makes /dev/rfcomm0",
        errno.EACCES: "; add the user to the group dialout (sudo usermod -aG dialout USER), and log in again",
    }.get(problem.errno or 0, "")


KIND = MeterKind(
    name="um25c",
    find=find,
    page="https://sigrok.org/wiki/RDTech_UM_series",
    options=(Option("port", "The serial port, such as /dev/rfcomm0", needed=True),),
    boundary="usb-input",
)
