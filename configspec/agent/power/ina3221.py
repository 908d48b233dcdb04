"""TI INA3221 as the kernel's hwmon driver shows it: the meter on NVIDIA Jetson boards, JetPack 5 and later.

https://docs.kernel.org/hwmon/ina3221.html: in[123]_input in mV, curr[123]_input in mA, shunt[123]_resistor in µOhm;
in4 to in7 are shunt voltages. https://docs.nvidia.com/jetson/archives/r36.4/DeveloperGuide/SD/PlatformPowerAndPerformance.html
VDD_IN is the whole module and contains the other rails of its board, as POM_5V_IN is the whole board; a board without
such a rail shows parts. VDDQ_VDD2_1V8AO of AGX Orin is a part of VIN_SYS_5V0. VDD_MUX feeds the carrier of a TX1 or
TX2, beside VDD_IN: https://forums.developer.nvidia.com/t/tx2-power-rail-relationships/201037

The chip averages: a low-pass with the time constant `update_interval`. Neither that nor `samples` is ever written,
since the board's over-current limits use them.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple, final

from ..protocol import usage_error
from .channels.kernel_files import FASTEST_S, HIGH_V, LOW_V, Chip, hwmon_chips, interval_s, named_rails, reason
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
    chosen_channels,
)
from .surroundings import Surroundings, optional_text, optional_whole, whole

TOTALS = {"VDD_IN": "module", "POM_5V_IN": "board"}  # a rail that contains the others of its board
BESIDE_TOTALS = ("VDD_MUX",)  # but for these
CONTAINED = {"VDDQ_VDD2_1V8AO": "VIN_SYS_5V0"}  # a part of a rail that is counted
UNUSED = ("", "nc", "not_connected", "unused")
SHUNT_V = 40e-6  # one step of the shunt voltage
LEAST_W = -0.5  # of an idle rail: the chip's offset, 80 µV over 2 mOhm, at 12 V
RAILS = Option(
    "rails", "The rails to add up; default: the rail of the whole if there is one, otherwise all parts", "texts"
)


@dataclass(frozen=True)
class Rail:
    """One channel of a chip. `step_w`: one step of its current, at the voltage of when it was found; 0: not known."""

    name: str
    voltage: Path
    current: Path
    shunt_uohm: int
    step_w: float


@final
class Ina3221:
    """All chips of the board."""

    def __init__(self, around: Surroundings, rails: Sequence[Rail], facts: MeterFacts) -> None:
        self._around = around
        self._rails = rails
        self.facts = facts

    def read(self) -> Reading:
        """The power of each rail."""
        # Two files a rail, so two moments: a load step between them makes one odd sample, which the trapezoid rule
        # forgives.
        begin_s = self._around.now_s()
        values = [self._watts(rail) for rail in self._rails]
        return Reading((begin_s + self._around.now_s()) / 2, checked(self.facts.channels, values))

    def close(self) -> None:
        """Nothing is held."""

    def _watts(self, rail: Rail) -> float:
        try:
            return watts(whole(self._around.text(rail.voltage)), whole(self._around.text(rail.current)))
        except (OSError, ValueError) as problem:
            raise ReadingError(f"{rail.name}: {reason(problem)}") from None


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The rails of every chip whose name is ina3221.

    Raises:
        NoMeterError: There is none, or a rail cannot be read.
        AgentError: `rails` names one that is not there, or two of which one contains the other.
    """
    chips = hwmon_chips(around, ("ina3221",))
    if not chips:
        raise NoMeterError("no hwmon chip is named ina3221")
    rails = [rail for chip in chips for rail in _rails(around, chip)]
    if not rails:
        raise NoMeterError("every channel of the board's ina3221 is unused or disabled")
    channels, boundary = counted("ina3221", [rail.name for rail in rails], options)
    lag_s = max(interval_s(around, chip) for chip in chips)
    facts = MeterFacts(
        meter="ina3221",
        shows=WATTS,
        boundary=boundary,
        channels=channels,
        period_s=max(FASTEST_S, lag_s / 4),
        lag_s=lag_s,
        step=sum(rails[place].step_w for place, channel in enumerate(channels) if channel.adds),
        sensor=_sensor(around, chips, rails),
    )
    return Ina3221(around, rails, facts)


def watts(millivolts: int, milliamps: int) -> float:
    """The power of a rail; ValueError where no board has that voltage. A rail that is off carries nothing, at 0 V."""
    volts = millivolts / 1e3
    if milliamps and not LOW_V <= volts <= HIGH_V:
        raise ValueError(f"{volts:g} V is no voltage of a board's rail")
    return volts * milliamps / 1e3


def checked(channels: Sequence[Channel], values: Sequence[float]) -> Tuple[float, ...]:
    """The values; ReadingError where one, or the sum, flows backwards by more than an offset."""
    for place, value in enumerate(values):
        if value < LEAST_W:
            raise ReadingError(f"{channels[place].name} shows {value:g} W: the current flows backwards")
    total = sum(value for place, value in enumerate(values) if channels[place].adds)
    if total < 0:
        raise ReadingError(f"the rails add up to {total:g} W, and a board that runs takes some")
    return tuple(values)


def counted(meter: str, names: Sequence[str], options: Mapping[str, object]) -> Tuple[Tuple[Channel, ...], str]:
    """Which of a Jetson's rails add up, and what is inside the sum: no rail is counted twice.

    Raises:
        AgentError: `rails` names one that is not there, or two of which one contains the other.
    """
    asked = named_rails(options)
    for name in asked:
        refuse_twice(name, asked)
    totals = [name for name in names if name in TOTALS]
    parts = [name for name in names if CONTAINED.get(name) not in names]
    default = totals[:1] or parts
    channels = chosen_channels(meter, asked, [Channel(name, name in default) for name in names])
    added = [channel.name for channel in channels if channel.adds]
    return channels, TOTALS.get(added[0], "rail") if len(added) == 1 else "rail"


def refuse_twice(name: str, asked: Sequence[str]) -> None:
    """A usage error where another of those that are asked for is a part of this one."""
    for other in asked:
        if other == name:
            continue
        if CONTAINED.get(other) == name or (name in TOTALS and other not in BESIDE_TOTALS):
            raise usage_error(f"power.rails: {name} contains {other}", hint="Name the whole, or its parts, not both.")


def unused(label: str) -> bool:
    """Whether a channel of that label is connected to nothing."""
    return label.lower() in UNUSED


def _rails(around: Surroundings, chip: Chip) -> List[Rail]:
    found: List[Rail] = []
    for number in (1, 2, 3):
        label = optional_text(around, chip.folder / f"in{number}_label")
        if label is None or unused(label) or optional_whole(around, chip.folder / f"in{number}_enable") == 0:
            continue
        shunt_uohm = optional_whole(around, chip.folder / f"shunt{number}_resistor") or 0
        voltage, current = chip.folder / f"in{number}_input", chip.folder / f"curr{number}_input"
        try:
            volts = whole(around.text(voltage)) / 1e3
            whole(around.text(current))
        except (OSError, ValueError) as problem:
            if isinstance(problem, OSError) and problem.errno == errno.ENODATA:
                continue  # a channel that is disabled, of a driver without in[123]_enable
            # Without this rail a sum would be smaller, and would look like one.
            raise NoMeterError(f"{label} cannot be read: {reason(problem)}") from None
        step_w = SHUNT_V / (shunt_uohm / 1e6) * volts if shunt_uohm > 0 else 0.0
        found.append(Rail(label, voltage, current, shunt_uohm, step_w))
    return found


def _sensor(around: Surroundings, chips: Sequence[Chip], rails: Sequence[Rail]) -> Dict[str, object]:
    sensor: Dict[str, object] = {
        "i2c": " ".join(chip.address for chip in chips),
        "shunt_uohm": [rail.shunt_uohm for rail in rails],
    }
    for name, what in (("samples", "chip_samples"), ("update_interval", "update_interval_ms")):
        values = [optional_whole(around, chip.folder / name) for chip in chips]
        if any(value is not None for value in values):
            sensor[what] = values
    return sensor


KIND = MeterKind(
    name="ina3221", find=find, page="https://docs.kernel.org/hwmon/ina3221.html", options=(RAILS,), auto=True
)
