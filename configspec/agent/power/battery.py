"""The battery of a laptop, while it is what feeds it.

https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-class-power: below /sys/class/power_supply each supply has a
`type`; a Battery has a `status`, and power_now in µW, or current_now in µA and voltage_now in µV; a charger has
`online`, which is 0 where it is unplugged. A supply whose `scope` is Device feeds a mouse or a pen.

The sign of a current is the driver's own matter: negative while discharging, says the document; positive, say older
drivers. `status` tells the direction, so the sign is dropped. A battery computes its figures itself, about once a
second, and says nothing of how it averages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import List, Tuple, final

from .channels.kernel_files import HIGH_V, LOW_V, reason
from .meter import WATTS, Channel, Meter, MeterFacts, MeterKind, NoMeterError, Reading, ReadingError
from .surroundings import Surroundings, optional_text, whole

FEEDS = "Discharging"
RESTS = ("Not charging", "Full", "Unknown")  # the second battery of a laptop, while the first one feeds it
CHARGERS = ("Mains", "USB", "Wireless")
PERIOD_S = 1.0


@final
class Battery:
    """All batteries of the machine."""

    def __init__(self, around: Surroundings, batteries: Sequence[Path], chargers: Sequence[Path]) -> None:
        self._around = around
        self._batteries = batteries
        self._chargers = chargers
        self.facts = MeterFacts(
            meter="battery",
            shows=WATTS,
            boundary="board",
            channels=tuple(Channel(battery.name) for battery in batteries),
            period_s=PERIOD_S,
        )

    def read(self) -> Reading:
        """What each battery gives."""
        begin_s = self._around.now_s()
        # A charger that is plugged in gives a part of the power, even where the battery is still being emptied.
        for charger in self._chargers:
            if optional_text(self._around, charger / "online") != "0":
                raise ReadingError(f"{charger.name} is plugged in: the battery shows the whole only without it")
        values = tuple(self._watts(battery) for battery in self._batteries)
        if not sum(values):
            raise ReadingError("no battery gives anything, and this program runs: there is no figure yet")
        return Reading((begin_s + self._around.now_s()) / 2, values)

    def close(self) -> None:
        """Nothing is held."""

    def _watts(self, battery: Path) -> float:
        status = optional_text(self._around, battery / "status")
        if status != FEEDS and status not in RESTS:
            raise ReadingError(f"{battery.name} is {status or 'in no known state'}: it must be {FEEDS}")
        try:
            watts = watts_of(self._around, battery)
        except (OSError, ValueError) as problem:
            raise ReadingError(f"{battery.name}: {reason(problem)}") from None
        if watts and status != FEEDS:
            raise ReadingError(f"{battery.name} shows {watts:g} W while it is {status}")
        return watts


def watts_of(around: Surroundings, battery: Path) -> float:
    """What goes in or out of a battery, without sign; OSError or ValueError where it does not show that."""
    try:
        text = around.text(battery / "power_now")
    except FileNotFoundError:
        microamps, microvolts = whole(around.text(battery / "current_now")), whole(around.text(battery / "voltage_now"))
        volts = microvolts / 1e6
        if not LOW_V <= volts <= HIGH_V:
            raise ValueError(f"{volts:g} V is no voltage of a battery") from None
        return abs(microamps) / 1e6 * volts
    return abs(whole(text)) / 1e6  # from µW


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """All batteries; NoMeterError where there is none, one cannot be read, or a charger is plugged in."""
    batteries, chargers = _supplies(around)
    if not batteries:
        raise NoMeterError("no power supply here is a battery")
    meter = Battery(around, batteries, chargers)
    try:
        meter.read()
    except ReadingError as problem:
        raise NoMeterError(str(problem)) from None
    return meter


def _supplies(around: Surroundings) -> Tuple[List[Path], List[Path]]:
    """The batteries that feed the machine, and its chargers."""
    batteries: List[Path] = []
    chargers: List[Path] = []
    for supply in sorted(around.root.glob("sys/class/power_supply/*")):
        kind = optional_text(around, supply / "type")
        if kind is None or optional_text(around, supply / "scope") == "Device":
            continue
        if kind == "Battery" and optional_text(around, supply / "present") != "0":
            batteries.append(supply)
        elif kind in CHARGERS and optional_text(around, supply / "online") is not None:
            chargers.append(supply)
    return batteries, chargers


KIND = MeterKind(
    name="battery",
    find=find,
    page="https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-class-power",
    boundary="board",
    auto=True,
)
