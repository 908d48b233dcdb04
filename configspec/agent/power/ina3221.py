"""TI INA3221 as the kernel's hwmon driver shows it: the meter on NVIDIA Jetson boards, JetPack 5 and later.

https://docs.kernel.org/hwmon/ina3221.html: in[123]_input in mV, curr[123]_input in mA, shunt[123]_resistor in µOhm;
in4 to in7 are shunt voltages. https://docs.nvidia.com/jetson/archives/r36.4/DeveloperGuide/SD/PlatformPowerAndPerformance.html
VDD_IN is the whole module and contains the other rails of its chip, as POM_5V_IN is the whole board; a chip without
such a rail shows parts. VDDQ_VDD2_1V8AO of AGX Orin is a part of VIN_SYS_5V0.

The chip averages: a low-pass with the time constant `update_interval`. Neither that nor `samples` is ever written,
since the board's over-current limits use them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Dict, List, Optional, Tuple, final

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

TOTALS = {"VDD_IN": "module", "POM_5V_IN": "board"}  # a rail that contains the others of its chip
INSIDE_OTHERS = ("VDDQ_VDD2_1V8AO",)  # parts of a rail that is counted
UNUSED = ("", "NC")
FASTEST_S = 0.05  # sampling faster shows nothing new to anybody
SHUNT_V = 40e-6  # one step of the shunt voltage
BUS_V = 8e-3  # one step of the bus voltage
Rail = Tuple[str, Path, Path, Optional[float]]  # name, voltage, current, shunt in ohm


@final
class Ina3221:
    """All chips of the board."""

    def __init__(self, around: Surroundings, rails: List[Rail], facts: MeterFacts) -> None:
        self._around = around
        self._rails = rails
        self.facts = facts

    def read(self) -> Reading:
        """The power of each rail."""
        # Two files a rail, so two moments: a load step between them makes one odd sample, which the trapezoid rule
        # forgives.
        begin_s = self._around.now_s()
        values = tuple(self._watts(voltage, current) for _, voltage, current, _ in self._rails)
        return Reading((begin_s + self._around.now_s()) / 2, values)

    def close(self) -> None:
        """Nothing is held."""

    def _watts(self, voltage: Path, current: Path) -> float:
        try:
            milliwatts = whole(self._around.text(voltage)) * whole(self._around.text(current)) * 1e-3
        except (OSError, ValueError) as problem:
            raise ReadingError(f"{voltage.parent.name}: {getattr(problem, 'strerror', None) or problem}") from None
        return milliwatts * 1e-3


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The rails of every chip whose name is ina3221."""
    rails: List[Rail] = []
    sensor: Dict[str, object] = {}
    problems: List[str] = []
    lag_s = 0.0
    for chip in sorted(around.root.glob("sys/class/hwmon/hwmon*")):
        if optional_text(around, chip / "name") != "ina3221":
            continue
        address = chip.resolve().parents[1].name
        known = re.fullmatch(r"\d+-[0-9a-f]{4}", address)
        milliseconds = optional_whole(around, chip / "update_interval")
        lag_s = max(lag_s, (milliseconds or 0) / 1000)
        for name, what in (("samples", "chip_samples"), ("update_interval", "update_interval_ms")):
            value = optional_whole(around, chip / name)
            if value is not None:
                sensor[what] = value
        if known:
            sensor.setdefault("i2c", "")
            sensor["i2c"] = " ".join(filter(None, [str(sensor["i2c"]), address]))
        rails += _rails(around, chip, problems)
    if not rails:
        raise NoMeterError("; ".join(problems) or "no hwmon chip is named ina3221")
    names = [name for name, _, _, _ in rails]
    totals = [name for name in names if name in TOTALS]
    asked = options.get("rails") or ()
    assert isinstance(asked, (list, tuple))
    counted = totals[:1] or [name for name in names if name not in INSIDE_OTHERS]
    channels = chosen_channels(
        "ina3221", [str(one) for one in asked], [Channel(name, name in counted) for name in names]
    )
    added = [channel.name for channel in channels if channel.adds]
    whole_of = TOTALS.get(added[0], "rail") if len(added) == 1 else "rail"
    return Ina3221(
        around,
        rails,
        MeterFacts(
            meter="ina3221",
            shows=WATTS,
            boundary=whole_of,
            channels=channels,
            period_s=max(FASTEST_S, lag_s / 4),
            lag_s=lag_s,
            step=sum(_step_w(around, rails[place]) for place, one in enumerate(channels) if one.adds),
            sensor=sensor,
        ),
    )


def _rails(around: Surroundings, chip: Path, problems: List[str]) -> List[Rail]:
    found: List[Rail] = []
    for number in (1, 2, 3):
        label = optional_text(around, chip / f"in{number}_label")
        if label is None or label in UNUSED or optional_whole(around, chip / f"in{number}_enable") == 0:
            continue
        rail = (label, chip / f"in{number}_input", chip / f"curr{number}_input")
        try:
            whole(around.text(rail[1])), whole(around.text(rail[2]))
        except (OSError, ValueError) as problem:
            problems.append(f"{label} cannot be read: {getattr(problem, 'strerror', None) or problem}")
            continue
        micro_ohm = optional_whole(around, chip / f"shunt{number}_resistor")
        found.append((*rail, None if not micro_ohm else micro_ohm * 1e-6))
    return found


def _step_w(around: Surroundings, rail: Rail) -> float:
    """The smallest difference of the rail's power, at its present voltage: one step of its current."""
    _, voltage, _, shunt_ohm = rail
    return 0.0 if shunt_ohm is None else SHUNT_V / shunt_ohm * whole(around.text(voltage)) * 1e-3


KIND = MeterKind(
    name="ina3221",
    find=find,
    page="https://docs.kernel.org/hwmon/ina3221.html",
    options=(
        Option("rails", "The rails that add up; default: the whole where a rail is that, else all parts", "texts"),
    ),
    auto=True,
)
