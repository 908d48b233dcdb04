"""A TI INA2xx that somebody put into the supply lead of a board, as the kernel's hwmon drivers show it.

https://docs.kernel.org/hwmon/ina2xx.html and https://docs.kernel.org/hwmon/ina238.html: in1_input in mV, curr1_input in
mA, shunt_resistor in µOhm, update_interval in ms. power1_input is not read: that of an INA219 has coarse steps and no
sign, so that wires the wrong way round would show a plausible power
(https://github.com/networkupstools/nut/issues/2960).

INA226, INA230 and INA231 average a block of `update_interval`, and then show it. A wrong `shunt_resistor` scales every
figure: it is kept beside them. What lies behind the chip only its owner knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Dict, final

from ..protocol import usage_error
from .channels.kernel_files import FASTEST_S, HIGH_V, LOW_V, Chip, hwmon_chips, interval_s, reason
from .meter import (
    WATTS,
    Channel,
    Meter,
    MeterFacts,
    MeterKind,
    NoMeterError,
    Option,
    Reading,
    ReadingError,
    did_you_mean,
)
from .surroundings import Surroundings, option_text, optional_whole, whole

# One step of the shunt voltage in V, from the chips' data sheets: https://www.ti.com/lit/gpn/ina219, and so on.
SHUNT_V = {"ina219": 10e-6, "ina220": 10e-6, "ina226": 2.5e-6, "ina230": 2.5e-6, "ina231": 2.5e-6, "ina238": 5e-6}
NAMES = (*SHUNT_V, "ina260")
SHOWN_A = 1e-3  # curr1_input is a whole number of mA


@final
class Ina2xx:
    """One chip, of one channel."""

    def __init__(self, around: Surroundings, chip: Chip, facts: MeterFacts) -> None:
        self._around = around
        self._chip = chip
        self.facts = facts

    def read(self) -> Reading:
        """Voltage times current."""
        begin_s = self._around.now_s()
        millivolts, milliamps = self._whole("in1_input"), self._whole("curr1_input")
        return Reading((begin_s + self._around.now_s()) / 2, (watts(millivolts, milliamps),))

    def close(self) -> None:
        """Nothing is held."""

    def _whole(self, file: str) -> int:
        try:
            return whole(self._around.text(self._chip.folder / file))
        except (OSError, ValueError) as problem:
            raise ReadingError(f"{file}: {reason(problem)}") from None


def watts(millivolts: int, milliamps: int) -> float:
    """The power; ReadingError where the current flows backwards, or no board is fed with that voltage."""
    volts = millivolts / 1e3
    if milliamps < 0:
        raise ReadingError(f"{milliamps} mA: the current flows backwards. Swap the wires at the shunt, IN+ and IN-")
    if not LOW_V <= volts <= HIGH_V:
        raise ReadingError(f"{volts:g} V feeds no board: {LOW_V:g} to {HIGH_V:g} V do")
    return volts * milliamps / 1e3


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The chip that `chip` names, or the only one.

    Raises:
        NoMeterError: There is none, or it cannot be read.
        AgentError: `chip` names none, or there are several.
    """
    found = hwmon_chips(around, NAMES)
    if not found:
        raise NoMeterError(f"no hwmon chip is named {', '.join(NAMES)}: its driver needs a device-tree overlay")
    chip = chosen_chip(found, option_text(options, "chip"))
    return one_chip(around, chip, meter="ina2xx", channel=chip.name)


def chosen_chip(found: Sequence[Chip], asked: str) -> Chip:
    """The one of that address or name; where none is asked for, the only one. AgentError where that is not one."""
    fitting = [chip for chip in found if asked in ("", chip.address, chip.name)]
    if not fitting:
        known = [chip.address for chip in found] + sorted({chip.name for chip in found})
        raise usage_error(f"power.chip: no chip is {asked!r:.40}", hint=did_you_mean(asked, known))
    if len(fitting) > 1:
        known = [f"{chip.address} ({chip.name})" for chip in fitting]
        raise usage_error(
            f"power.chip: {len(fitting)} chips fit", hint=f"Name one by its I2C address: {', '.join(known)}."
        )
    return fitting[0]


def one_chip(around: Surroundings, chip: Chip, *, meter: str, channel: str) -> Meter:
    """The meter that this chip is, after a first reading; NoMeterError where that fails."""
    lag_s = interval_s(around, chip)
    facts = MeterFacts(
        meter=meter,
        shows=WATTS,
        boundary="board",
        channels=(Channel(channel),),
        period_s=max(FASTEST_S, lag_s),
        lag_s=lag_s,
        step=_step_w(around, chip),
        sensor=_sensor(around, chip),
    )
    found = Ina2xx(around, chip, facts)
    try:
        found.read()
    except ReadingError as problem:
        raise NoMeterError(f"{chip.name} at {chip.address}: {problem}") from None
    return found


def _step_w(around: Surroundings, chip: Chip) -> float:
    """One step of the current, at the present voltage; 0 where one of them is not known."""
    millivolts = optional_whole(around, chip.folder / "in1_input") or 0
    micro_ohm = optional_whole(around, chip.folder / "shunt_resistor") or 0
    if chip.name not in SHUNT_V or micro_ohm <= 0:
        return 0.0
    return max(SHOWN_A, SHUNT_V[chip.name] / (micro_ohm / 1e6)) * millivolts / 1e3


def _sensor(around: Surroundings, chip: Chip) -> Dict[str, object]:
    sensor: Dict[str, object] = {"chip": chip.name, "i2c": chip.address}
    for file, what in (("shunt_resistor", "shunt_uohm"), ("update_interval", "update_interval_ms")):
        value = optional_whole(around, chip.folder / file)
        if value is not None:
            sensor[what] = value
    return sensor


KIND = MeterKind(
    name="ina2xx",
    find=find,
    page="https://docs.kernel.org/hwmon/ina2xx.html",
    options=(
        Option("chip", "Which one, if there are several: its I2C address, such as 1-0040, or its name, such as ina226"),
    ),
    asks_boundary=True,
)
