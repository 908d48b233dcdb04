"""TI INA3221 as NVIDIA's own IIO driver shows it: the meter on Jetson boards with JetPack 4.

https://docs.nvidia.com/jetson/archives/l4t-archived/l4t-3261/index.html, "Clock Frequency and Power Management":
rail_name_N and in_powerN_input in mW, below /sys/bus/i2c/drivers/ina3221x; channels count from 0. The rails are those
of `ina3221.py`. Reading in_powerN_input starts a conversion where the chip sleeps;
in_powerN_trigger_input would show 0.

In its continuous mode the driver averages 64 conversions of both voltages of three channels, 1.1 ms each. The device
tree of a board may set something else, which nothing shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Dict, List, Optional, Tuple, final

from .channels.kernel_files import FASTEST_S, reason
from .ina3221 import RAILS, checked, counted, unused
from .meter import WATTS, Meter, MeterFacts, MeterKind, NoMeterError, Reading, ReadingError
from .surroundings import Surroundings, optional_whole, whole

LAG_S = 64 * 2 * 3 * 1.1e-3
ROOT_ONLY = "only root may read {0}: run as root, or let a udev rule open it with `chmod a+r`"
Rail = Tuple[str, Path]  # name, power


@final
class Ina3221x:
    """All chips of the board."""

    def __init__(self, around: Surroundings, rails: Sequence[Rail], facts: MeterFacts) -> None:
        self._around = around
        self._rails = rails
        self.facts = facts

    def read(self) -> Reading:
        """The power of each rail: one conversion of voltage and current each."""
        begin_s = self._around.now_s()
        values = [self._watts(name, power) for name, power in self._rails]
        return Reading((begin_s + self._around.now_s()) / 2, checked(self.facts.channels, values))

    def close(self) -> None:
        """Nothing is held."""

    def _watts(self, name: str, power: Path) -> float:
        try:
            return whole(self._around.text(power)) / 1e3  # from mW
        except (OSError, ValueError) as problem:
            raise ReadingError(f"{name}: {reason(problem)}") from None


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The rails of every chip that the driver ina3221x has.

    Raises:
        NoMeterError: There is none, or a rail cannot be read.
        AgentError: `rails` names one that is not there, or two of which one contains the other.
    """
    chips = sorted(around.root.glob("sys/bus/i2c/drivers/ina3221x/*/iio[:_]device*"))
    if not chips:
        raise NoMeterError("no chip belongs to the driver ina3221x")
    rails = [rail for chip in chips for rail in _rails(around, chip)]
    if not rails:
        raise NoMeterError("every channel of the board's ina3221x is unused")
    channels, boundary = counted("ina3221x", [name for name, _ in rails], options)
    modes: List[Optional[int]] = [optional_whole(around, chip / "running_mode") for chip in chips]
    sensor: Dict[str, object] = {"i2c": " ".join(chip.parent.name for chip in chips), "running_mode": modes}
    facts = MeterFacts(
        meter="ina3221x",
        shows=WATTS,
        boundary=boundary,
        channels=channels,
        period_s=max(FASTEST_S, LAG_S / 4),
        lag_s=LAG_S,
        sensor=sensor,
    )
    return Ina3221x(around, rails, facts)


def _rails(around: Surroundings, chip: Path) -> List[Rail]:
    found: List[Rail] = []
    for number in (0, 1, 2):
        name, power = _name(around, chip / f"rail_name_{number}"), chip / f"in_power{number}_input"
        if unused(name):
            continue
        try:
            whole(around.text(power))
        except PermissionError:
            raise NoMeterError(ROOT_ONLY.format(name)) from None
        except (OSError, ValueError) as problem:
            raise NoMeterError(f"{name} cannot be read: {reason(problem)}") from None
        found.append((name, power))
    return found


def _name(around: Surroundings, path: Path) -> str:
    try:
        return around.text(path)
    except PermissionError:
        raise NoMeterError(ROOT_ONLY.format(path.name)) from None
    except OSError:
        return ""


KIND = MeterKind(
    name="ina3221x",
    find=find,
    page="https://docs.nvidia.com/jetson/archives/l4t-archived/l4t-3261/index.html",
    options=(RAILS,),
    auto=True,
)
